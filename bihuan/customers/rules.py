"""Who may keep customers, and who sees a telephone number in full."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import NotAllowed
from bihuan.organisation.roles import AFTER_SALES_HEAD, AUDITOR, BRANCH_LEAD, BRANCH_MANAGER, EXPORT_DESK, SERVICE_DESK

KEEPERS = (SERVICE_DESK, EXPORT_DESK, AFTER_SALES_HEAD, BRANCH_LEAD, BRANCH_MANAGER)
ROUTERS = (SERVICE_DESK, AFTER_SALES_HEAD)
REPORTERS = (SERVICE_DESK, EXPORT_DESK)


def may_keep(actor: Actor, branch_ids: Iterable[int | None]) -> bool:
    """Whether *actor* keeps what belongs to one of these branches (None: to no branch, headquarters' alone)."""
    return actor.is_system or any(actor.holds(role.code, branch_id) for role in KEEPERS for branch_id in {None, *branch_ids})


def may_open(actor: Actor) -> bool:
    """Whether *actor* may register customers at all."""
    return any(role.code in actor.roles for role in KEEPERS)


def may_import(actor: Actor) -> bool:
    """Whole files concern every branch: headquarters only."""
    return any(actor.holds(role.code, None) for role in KEEPERS)


def may_route(actor: Actor) -> bool:
    """Whether *actor* may give a site another branch than its region's (AS-4.2)."""
    return actor.is_system or any(actor.holds(role.code, None) for role in ROUTERS)


def may_report(actor: Actor) -> bool:
    """Whether *actor* registers calls, so that a page offers the way to the call form."""
    return any(role.code in actor.roles for role in REPORTERS)


def require_keeper(actor: Actor, branch_ids: Iterable[int | None]) -> None:
    """Refuse whoever does not keep what belongs to these branches. Raises NotAllowed."""
    if not may_keep(actor, branch_ids):
        raise NotAllowed(_("客户资料由客服和负责该地区的分公司维护。需要更改时，请转告他们。"))


def sees_phones(actor: Actor) -> bool:
    """Whether telephone numbers show in full: for everyone but a mere auditor (#10)."""
    return actor.is_system or actor.roles != {AUDITOR.code}


def masked(phone: str) -> str:
    """A number of which only the ends show."""
    plain = "".join(phone.split())
    return f"{plain[:3]}****{plain[-4:]}" if len(plain) > 7 else "****"
