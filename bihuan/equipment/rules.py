"""Who keeps the installed base, the catalogue and the bulletins; what a stranger may read of a machine."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import NotAllowed
from bihuan.organisation.roles import (
    ADMINISTRATOR,
    AFTER_SALES_HEAD,
    AUDITOR,
    BRANCH_LEAD,
    BRANCH_MANAGER,
    EXPORT_DESK,
    SERVICE_DESK,
    TECHNICAL,
)

UNIT_KEEPERS = (SERVICE_DESK, EXPORT_DESK, AFTER_SALES_HEAD, BRANCH_LEAD, BRANCH_MANAGER)
CATALOGUE_KEEPERS = (TECHNICAL, AFTER_SALES_HEAD, ADMINISTRATOR)
WARRANTY_DECIDERS = (AFTER_SALES_HEAD, EXPORT_DESK)
READERS_SEEN_BY = (TECHNICAL, AUDITOR, AFTER_SALES_HEAD)


def may_keep_unit(actor: Actor, branch_id: int | None) -> bool:
    """Whether *actor* keeps the machines of a branch."""
    return actor.is_system or any(actor.holds(role.code, branch_id) for role in UNIT_KEEPERS)


def may_open_units(actor: Actor) -> bool:
    return any(role.code in actor.roles for role in UNIT_KEEPERS)


def may_import(actor: Actor) -> bool:
    """Whole files concern every branch: headquarters only."""
    return any(actor.holds(role.code, None) for role in UNIT_KEEPERS)


def require_unit_keeper(actor: Actor, branch_id: int | None) -> None:
    """Raises NotAllowed."""
    if not may_keep_unit(actor, branch_id):
        raise NotAllowed(_("设备资料由客服和负责该地区的分公司维护。需要更改时，请转告他们。"))


def may_decide_warranty(actor: Actor, branch_id: int | None) -> bool:
    """Whether *actor* may set a warranty other than the term in force gives."""
    return actor.is_system or any(actor.holds(role.code, branch_id) for role in WARRANTY_DECIDERS)


def keeps_catalogue(actor: Actor) -> bool:
    """Whether *actor* keeps lines, models, checklists and warranty terms."""
    return actor.is_system or any(role.code in actor.roles for role in CATALOGUE_KEEPERS)


def require_catalogue_keeper(actor: Actor) -> None:
    """Raises NotAllowed."""
    if not keeps_catalogue(actor):
        raise NotAllowed(_("产品资料由技术部和售后服务部维护。需要更改时，请转告他们。"))


def issues_bulletins(actor: Actor) -> bool:
    """Whether *actor* issues and withdraws technical bulletins (AS-4.5)."""
    return TECHNICAL.code in actor.roles


def require_technical(actor: Actor) -> None:
    """Raises NotAllowed."""
    if not issues_bulletins(actor):
        raise NotAllowed(_("技术通报由技术部发布和撤回。有需要通报的内容，请转告技术部。"))


def sees_readers(actor: Actor) -> bool:
    """Whether *actor* sees who has read a bulletin."""
    return any(role.code in actor.roles for role in READERS_SEEN_BY)


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day some months later, or the last one of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    first = dt.date(day.year + years, month + 1, 1)
    last = (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
    return min(first + dt.timedelta(days=day.day - 1), last)


def limits_text(low: Decimal | None, high: Decimal | None) -> str:
    """Limits as people write them: 0.6–0.85, ≥ 70, ≤ 4.5; nothing without any."""
    ends = ["" if end is None else f"{end.normalize():f}" for end in (low, high)]
    if all(ends):
        return "–".join(ends)
    return f"≥ {ends[0]}" if ends[0] else f"≤ {ends[1]}" if ends[1] else ""
