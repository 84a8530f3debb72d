"""The person who acts, with today's rights: read afresh for every request, so that a change of role counts at once (#12)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Grant:
    """A role held at a branch; ``for_whom`` names the absent person whose deputy the holder is.

    ``manager``: asks for a second factor. ``label``: the role in people's words.
    """

    role: str
    branch_id: int
    everywhere: bool
    for_whom: str = ""
    for_whom_id: int | None = None
    manager: bool = False
    label: Any = field(default="", compare=False)


@dataclass(frozen=True)
class Actor:
    """Who does something, through which channel, with which rights.

    ``device_at`` is what the device's clock said, when it said anything. A system actor (``person_id`` None)
    holds no roles; steps it takes are marked as the system's.
    """

    name: str
    person_id: int | None = None
    grants: tuple[Grant, ...] = ()
    channel: str = "web"
    device_at: datetime | None = None
    request_id: str = ""
    proved_at: datetime | None = None  # when the person last proved who they are (approvals need it fresh)
    person: Any = field(default=None, compare=False, repr=False)

    @property
    def is_system(self) -> bool:
        return self.person_id is None

    @property
    def roles(self) -> frozenset[str]:
        """Codes of all roles held anywhere."""
        return frozenset(grant.role for grant in self.grants)

    @property
    def role_names(self) -> str:
        """The roles in people's words, own ones first; a deputy's with the name of the absent person."""
        ordered = sorted(self.grants, key=lambda g: g.for_whom != "")
        words = (
            _("%(name)s（代 %(absent)s）") % {"name": g.label, "absent": g.for_whom} if g.for_whom else str(g.label)
            for g in ordered
            if g.label
        )
        return _("、").join(dict.fromkeys(words))

    @property
    def sees_everything(self) -> bool:
        """Whether headquarters' view applies: at least one role that reaches every branch."""
        return any(grant.everywhere for grant in self.grants)

    @property
    def branch_ids(self) -> frozenset[int]:
        """The branches the actor belongs to (empty for the system)."""
        return frozenset(grant.branch_id for grant in self.grants)

    def grant_for(self, role: str, branch_id: int | None) -> Grant | None:
        """The grant that lets the actor act as *role* for *branch_id*: an own one before a deputy's."""
        fitting = [g for g in self.grants if g.role == role and (g.everywhere or g.branch_id == branch_id)]
        return min(fitting, key=lambda g: g.for_whom != "", default=None)

    def holds(self, role: str, branch_id: int | None) -> bool:
        return self.grant_for(role, branch_id) is not None

    def may_see(self, branch_id: int | None) -> bool:
        """Branch isolation: headquarters sees all, a branch sees its own, no branch sees nothing."""
        return self.sees_everything or branch_id in self.branch_ids

    def through(self, channel: str, *, device_at: datetime | None = None, request_id: str = "") -> Actor:
        return replace(self, channel=channel, device_at=device_at or self.device_at, request_id=request_id or self.request_id)

    def proved(self, at: datetime) -> Actor:
        """The same actor, having just proved who they are; see access.proof."""
        return replace(self, proved_at=at)


def system(name: str) -> Actor:
    """The actor for jobs that no person asked for, named so that the journal says which."""
    return Actor(name=name, channel="system")


def actor_for(person: Any, *, channel: str = "web", **more: Any) -> Actor:
    """*person* with the roles in force at this moment, own ones and those as deputy. One statement."""
    person_model = apps.get_model(settings.AUTH_USER_MODEL)
    return Actor(
        name=person.name, person_id=person.pk, grants=tuple(person_model.grants_of(person)), channel=channel, person=person, **more
    )
