"""Who may change the organisation."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import NotAllowed

from .roles import ADMINISTRATOR


def administers(actor: Actor) -> bool:
    """Whether *actor* keeps people, appointments, branches, territories and calendars."""
    return ADMINISTRATOR.code in actor.roles


def require_administrator(actor: Actor) -> None:
    """Refuse whoever is not the administrator. Raises NotAllowed."""
    if not administers(actor):
        raise NotAllowed(_("组织资料由系统管理员维护。需要更改时，请告诉系统管理员。"))


def require_for_absent(actor: Actor, absent_id: int) -> None:
    """One names one's own deputy; for others only the administrator does. Raises NotAllowed."""
    if actor.person_id != absent_id and not administers(actor):
        raise NotAllowed(_("只能给自己指定代理人。给别人指定，请系统管理员办理。"))
