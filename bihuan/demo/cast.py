"""Who plays: people as actors with the rights they have at that moment, engineers' diaries, and how long things take in an office."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from functools import cached_property
from typing import Any

from django.utils import timezone

from bihuan.kernel.access.actors import Actor, actor_for
from bihuan.kernel.calendars.business import BusinessCalendar
from bihuan.kernel.calendars.models import calendar_in_force
from bihuan.organisation import roles
from bihuan.organisation.models import Branch, Deputy, Person

from .people import PEOPLE

HOURS = (9, 13.5, 10.5, 15, 14)  # when visits begin, the favourite ones first
LONGEST_SEARCH = 40  # days


class Cast:
    """The company's people on stage. ``chance`` decides everything that is left to chance, the same each time."""

    def __init__(self, people: dict[str, Person], chance: random.Random) -> None:
        self.people, self.chance = people, chance
        self.branches = {branch.code: branch for branch in Branch.objects.all()}
        self.codes = {branch.pk: code for code, branch in self.branches.items()}
        self.actors: dict[tuple[int, int], Actor] = {}
        self.busy: dict[int, list[tuple[dt.datetime, dt.datetime]]] = defaultdict(list)

    @cached_property
    def office(self) -> BusinessCalendar:
        return calendar_in_force("CN")[0]

    @cached_property
    def absences(self) -> list[Deputy]:
        return list(Deputy.objects.select_related("deputy"))

    def by(self, username: str) -> Actor:
        """That person, with today's rights; whoever stands in for them while they are away."""
        person, now = self.people[username], timezone.now()
        away = (absence for absence in self.absences if absence.absent_id == person.pk and absence.starts_at <= now < absence.ends_at)
        return self.actor(next((absence.deputy for absence in away), person))

    def actor(self, person: Person) -> Actor:
        """*person* with the rights of this moment. They change only when someone's absence begins or ends, so they are looked up then."""
        now = timezone.now()
        key = person.pk, sum((absence.starts_at <= now) + (absence.ends_at <= now) for absence in self.absences)
        if key not in self.actors:
            self.actors[key] = actor_for(person)
        return self.actors[key]

    def desk(self) -> Actor:
        return self.by(self.chance.choice(["zhoumin", "zhoumin", "xujing"]))

    def head(self) -> Actor:
        """The head, having just entered the password."""
        return self.by("chenzq").proved(timezone.now())

    def lead(self, record: Any) -> Actor:
        """Who leads after-sales where *record* belongs: the branch lead, for overseas the export desk."""
        code = self.codes[record.branch_id]
        role = roles.EXPORT_DESK if code == "JC" else roles.BRANCH_LEAD
        return self.by(next(someone.username for someone in PEOPLE if someone.office == code and someone.role is role))

    def engineers(self, branch_id: int) -> list[Person]:
        code = self.codes[branch_id]
        return [self.people[someone.username] for someone in PEOPLE if someone.office == code and someone.role is roles.FIELD_ENGINEER]

    def engineer_of(self, record: Any) -> Actor:
        """The engineer whose turn it is."""
        return self.actor(record.engineer)

    def engineer_for(self, branch_id: int, other_than: int | None = None) -> Person:
        rest = [person for person in self.engineers(branch_id) if person.pk != other_than] or self.engineers(branch_id)
        return self.chance.choice(rest)

    def book(self, engineer: Person, earliest: dt.datetime, hours: float, days: int = 1) -> dt.datetime:
        """The first visit's beginning from *earliest* on that *engineer*, who can be in one place only, has free; it is kept."""
        zone = self.office.zone
        first = earliest.astimezone(zone).date()
        for offset in range(LONGEST_SEARCH):
            day = first + dt.timedelta(days=offset)
            if not self.office.is_workday(day):
                continue
            for hour in HOURS:
                start = dt.datetime.combine(day, dt.time(), zone) + dt.timedelta(hours=hour, minutes=self.chance.choice([0, 0, 15, 30]))
                end = start + dt.timedelta(days=days - 1, hours=hours + 1.5)
                if start >= earliest and all(end <= taken[0] or start >= taken[1] for taken in self.busy[engineer.pk]):
                    self.busy[engineer.pk].append((start, end))
                    return start.astimezone(dt.UTC)
        raise LookupError(f"{engineer} has no free hour within {LONGEST_SEARCH} days")

    def minutes(self, least: int, most: int) -> dt.datetime:
        """So many minutes from now, round the clock."""
        return timezone.now() + dt.timedelta(minutes=self.chance.randint(least, most), seconds=self.chance.randrange(60))

    def office_minutes(self, least: int, most: int) -> dt.datetime:
        """So many minutes of office hours from now."""
        length = dt.timedelta(minutes=self.chance.randint(least, most), seconds=self.chance.randrange(60))
        return self.office.add(timezone.now(), length)
