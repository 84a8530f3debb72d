"""One request's story, from the call on, told with the verbs of the main job. Every time limit in it is kept or missed for real."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from bihuan.equipment.models import Unit
from bihuan.kernel import journal
from bihuan.kernel.files.store import attach
from bihuan.service.domain import request as requests
from bihuan.service.models import ServiceRequest

from . import pictures
from .cast import Cast
from .stage import Cue, Stage

MINUTE = dt.timedelta(minutes=1)
UNFINISHED = {"waiting_parts", "back_to_works", "return_visit"}


@dataclass
class Plan:
    """What is to happen: to which machine, in whose words, and which turns it takes (``turns``).

    ``arrival`` fixes the visit for what is going on right now; without it the engineer's diary decides. ``quick``: no
    waiting for office hours.
    """

    called_at: dt.datetime
    unit: Unit
    case: dict[str, Any]
    said: str
    turns: frozenset[str] = frozenset()
    channel: str = "phone"
    arrival: dt.datetime | None = None
    engineer: str = ""
    quick: bool = False
    work: int = 0  # minutes on site; 0: as it comes
    number: int = 0
    visits: int = field(default=0, init=False)

    def has(self, turn: str) -> bool:
        return turn in self.turns


class Teller:
    """Tells one plan. Each method is a stretch of the story and yields before every step."""

    def __init__(self, cast: Cast, stage: Stage, plan: Plan, phrases: dict[str, Any]) -> None:
        self.cast, self.stage, self.plan, self.phrases = cast, stage, plan, phrases
        self.chance = cast.chance
        self.request: Any = None

    def pick(self, name: str) -> Any:
        """One of the phrases for *name*; always the same one for the same plan."""
        options = self.phrases[name]
        return options[self.plan.number % len(options)]

    def soon(self, least: int, most: int) -> dt.datetime:
        """In so many minutes: of office hours, unless the matter is urgent."""
        return self.cast.minutes(least, most) if self.plan.quick else self.cast.office_minutes(least, most)

    @property
    def outcome(self) -> str:
        """How the present visit ends: the first one of a story with two leaves work to do."""
        said = self.plan.case.get("outcome", "repaired")
        if self.plan.has("second") and self.plan.visits == 1:
            return said if said in UNFINISHED else "waiting_parts"
        return "repaired" if said in UNFINISHED else said

    def call(self) -> Generator[Cue, None, bool]:
        """From the call to the end of the conversation with the engineer; True when there is nothing more to do."""
        yield self.plan.called_at + self.chance.randint(60, 200) * MINUTE / 60, "register"
        self.register()
        yield from self._passed_on()
        return (yield from self._over_on_the_phone())

    def register(self) -> None:
        plan, desk = self.plan, self.cast.desk()
        contact = (
            plan.unit.site.contacts.prefetch_related("phones").order_by("id").first() or plan.unit.customer.contacts.order_by("id").first()
        )
        phone = contact.phones.first().written if contact else ""
        request = ServiceRequest(
            customer=plan.unit.customer, site=plan.unit.site, unit=plan.unit, contact_person=contact, channel=plan.channel,
            caller_name=contact.name if contact else "", caller_phone=phone, called_at=plan.called_at, fault=plan.said,
            first_answer=self.pick("first_answer"), is_overseas=plan.unit.is_overseas,
        )  # fmt: skip
        with journal.unit():
            self.request = requests.register(request, by=desk, at=timezone.now())
            if plan.channel == "fax":
                page = pictures.fax(plan.unit.customer.name, [f"设备：{plan.unit}", f"联系人：{request.caller_name}", *_wrapped(plan.said)])
                attach(request, page, kind="fax", by=desk, at=timezone.now(), name="传真.png")

    def _passed_on(self) -> Iterator[Cue]:
        cast = self.cast
        if self.request.status == "registered":
            yield cast.minutes(3, 8), "forward"
            requests.forward(self.request, by=cast.desk(), at=timezone.now(), branch=cast.branches["HD"])
        if self.plan.has("reroute"):
            yield cast.minutes(4, 9), "reroute"
            other = cast.branches["HN" if self.request.branch.code != "HN" else "HD"]
            requests.reroute(self.request, by=cast.desk(), at=timezone.now(), branch=other, reason=self.pick("reroute"))

    def _over_on_the_phone(self) -> Generator[Cue, None, bool]:
        """Assigned, spoken with; returns whether that was the end of it."""
        cast, plan = self.cast, self.plan
        if plan.has("desk"):
            yield cast.minutes(4, 15), "solve"
            requests.solve_by_phone(self.request, by=cast.desk(), at=timezone.now(), answer=plan.case["answer"])
            return True
        yield cast.minutes(3, 11), "assign"
        self._assign()
        if plan.has("reassign"):
            yield cast.minutes(3, 8), "reassign"
            self._reassign()
        yield from self._contact()
        if plan.has("cancel"):
            yield self.soon(20, 200), "cancel"
            requests.cancel(self.request, by=cast.lead(self.request), at=timezone.now(), reason=self.pick("cancel"))
        return plan.has("phone") or plan.has("cancel")

    def _assign(self) -> None:
        request = self.request
        engineer = self.cast.people[self.plan.engineer] if self.plan.engineer else self.cast.engineer_for(request.branch_id)
        requests.assign(request, by=self.cast.lead(request), at=timezone.now(), engineer=engineer)

    def _reassign(self) -> None:
        request = self.request
        other = self.cast.engineer_for(request.branch_id, other_than=request.engineer_id)
        if other.pk != request.engineer_id:
            requests.reassign(request, by=self.cast.lead(request), at=timezone.now(), engineer=other, reason=self.pick("reassign"))

    def _contact(self) -> Iterator[Cue]:
        """Within the hour as a rule; ``late``: after it; ``late_entry``: within it, and written down too late."""
        least, most = (66, 140) if self.plan.has("late") else (20, 54)
        said_at = max(self.plan.called_at + self.chance.randint(least, most) * MINUTE, timezone.now() + 3 * MINUTE)
        yield said_at + (self.chance.randint(80, 160) * MINUTE if self.plan.has("late_entry") else 0 * MINUTE), "contact"
        verb = requests.solve_by_phone if self.plan.has("phone") else requests.contact
        verb(self.request, by=self.cast.engineer_of(self.request), at=said_at, answer=self.plan.case["answer"])


def _wrapped(text: str, width: int = 24) -> list[str]:
    return [text[start : start + width] for start in range(0, len(text), width)]
