"""Everybody of the company at a browser of their own, and a thing of every kind: an own one, a foreign one, an absent one."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from copy import copy
from http.cookies import SimpleCookie
from typing import Any

from django.db import transaction
from django.test import Client
from django.utils import timezone

from bihuan.equipment.models import Bulletin
from bihuan.evidence.models import Deviation, Draw
from bihuan.evidence.period import month_of
from bihuan.kernel.access import tokens
from bihuan.kernel.access.actors import actor_for
from bihuan.kernel.access.models import Passkey, SignIn, Token
from bihuan.kernel.files.models import Announced
from bihuan.kernel.lists.models import ImportRun, SavedView
from bihuan.kernel.notify.models import Message, Notice
from bihuan.kernel.printing.runs import print_record, prints_of
from bihuan.kernel.shelf.models import Shelved
from bihuan.kernel.testing.verdicts import Verdict
from bihuan.organisation.models import Appointment, Deputy, Person
from bihuan.privacy.domain.request import receive
from bihuan.privacy.models import PersonRequest
from bihuan.quality.public import Nonconformity, declare
from bihuan.quality.tests.test_review import review_of
from bihuan.service.prints import record_form
from bihuan.service.tests.company import PEOPLE, Company

from .answers import body_of
from .story import Job, Words, foreign_job_of, job_of, lettered, plain

PLACES = ("own", "foreign", "absent")
PERSONAL = {"session", "token", "view", "message", "run", "deputy", "passkey", "upload", "shelved"}  # belong to a person, not to a branch
ABSENT = {
    "request": "BX-HD-2026-999999", "order": "PG-HD-2026-999999", "record": "FW-HD-2026-999999", "customer": "C-ZB-2026-999999",
    "unit": "99Z9999", "photo": "x" * 32, "unit_token": "x" * 24, "print_token": "x" * 22, "person": "no-such-person", "branch": "XX", "region": "999999",
    "calendar": "XX", "line": "XX", "bulletin": "TB-999", "nonconformity": "BH-HD-2026-999999", "review": "RZ-HD-2026-999999",
    "person_request": "GR-HD-2026-999999", "entry": "999-1",
}  # fmt: skip
ROLE = {key: role.code for key, (_name, _branch, role) in PEOPLE.items()} | {"technical": "technical", "roleless": ""}
HOME = {key: branch for key, (_name, branch, _role) in PEOPLE.items()} | {"technical": "ZB", "roleless": "HD"}
HOLDER = {"own": "engineer", "foreign": "other_engineer"}
BRANCH = {"own": "HD", "foreign": "HB"}
EMPTY_FORM = ("csrfmiddlewaretoken=x", "application/x-www-form-urlencoded")
EVERYBODY = [*ROLE, "nobody"]


class World:
    """Two jobs on site, one in the east (own) and one in the north (foreign); everybody signed in."""

    def __init__(self, foreign_words: Words | None = None) -> None:
        self.company = Company()
        if foreign_words is not None:
            lettered(self.company.other_unit, foreign_words)
        self.jobs = {"own": job_of(self.company).filled(), "foreign": foreign_job_of(self.company, foreign_words or plain).filled()}
        self.people = dict(self.company.people)
        self.people["roleless"] = Person.objects.create_person("roleless", "无岗", home_branch=self.company.east)
        self.people["technical"] = Person.objects.create_person("technical", "钱工", home_branch=self.company.hq)
        Appointment.objects.create(person=self.people["technical"], role="technical", branch=self.company.hq)
        self.things = {place: self._things(job) for place, job in self.jobs.items()}
        self.clients = {key: self._client(person) for key, person in self.people.items()} | {
            "nobody": Client(raise_request_exception=False)
        }
        self.jars = {key: copy(client.cookies) for key, client in self.clients.items()}
        self.belongings = {key: self._belongings(person) for key, person in self.people.items()}

    def _client(self, person: Person) -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(person)
        return client

    def _things(self, job: Job) -> dict[str, Any]:
        """The keys of a thing of every kind at one place."""
        unit, holder = job.unit, self.company.people[job.engineer]
        bulletin = Bulletin.objects.create(
            number=f"TB-{unit.pk}", title="压力开关", body="检查", issued_on="2026-01-05", issued_by="技术部"
        )
        bulletin.models_concerned.add(unit.model)
        return {
            "request": job.request.number, "order": job.order.number, "record": job.record.number, "photo": job.photo.handle,
            "customer": unit.customer.number, "site": unit.site.pk, "contact": unit.site.contacts.latest("pk").pk, "unit": unit.serial,
            "unit_token": unit.label_token, "person": holder.username, "appointment": holder.appointments.get().pk,
            "branch": unit.site.branch.code, "region": unit.site.region.code, "calendar": "CN", "model": unit.model.pk, "line": unit.model.line.code,
            "bulletin": bulletin.number, "deviation": self._deviation(job).pk, "draw": self._draw(job).pk,
            "print_token": self._printed(job), "nonconformity": self._nonconformity(job), "review": review_of(self.company, unit.site.branch).number,
            "person_request": self._person_request(job), "entry": f"{job.request.branch_id}-1",
        }  # fmt: skip

    def _deviation(self, job: Job) -> Deviation:
        now, holder = timezone.now(), self.company.people[job.engineer]
        return Deviation.objects.create(
            key=f"late:{job.request.number}", kind="late", clause="AS-5.2.1", subject="BX.contact", record_type="service.ServiceRequest",
            record_id=job.request.pk, record_number=job.request.number, branch_id=job.request.branch_id, entry=f"{job.request.branch_id}-1",
            actor_id=holder.pk, actor_name=holder.name, happened_at=now, month=month_of(now), found_at=now, facts={"minutes": 700},
        )  # fmt: skip

    def _nonconformity(self, job: Job) -> str:
        """One that the job's engineer answers for."""
        now, words = timezone.now(), job.words
        made = Nonconformity(
            branch=job.request.branch, source_number=job.request.number, subject="BX.contact", clause="AS-5.2.1",
            description=words("nonconformity.description", 2000), responsible=self.company.people[job.engineer],
        )  # fmt: skip
        return declare(made, by=self.company.by("head"), at=now).number

    def _person_request(self, job: Job) -> str:
        """A deletion asked for by the contact at the job's site."""
        made = PersonRequest(branch=job.request.branch, contact=job.unit.site.contacts.latest("pk"), wish="deletion", identity="callback")
        return receive(made, by=self.company.by("desk"), at=timezone.now()).number

    def _draw(self, job: Job) -> Draw:
        now = timezone.now()
        return Draw.objects.create(
            form="BX", first_month=month_of(now), last_month=month_of(now), branches=[job.request.branch_id], size=1, seed="7", population=1,
            population_sha256="0" * 64, numbers=[job.request.number], drawn_by="沈思", drawn_at=now,
        )  # fmt: skip

    def _printed(self, job: Job) -> str:
        """The token of a paper of the job's record."""
        by = actor_for(self.company.people[job.engineer])
        print_record(record_form(job.record, by), job.record, by=by)
        return prints_of(job.record).latest("pk").token

    def _belongings(self, person: Person) -> dict[str, Any]:
        record = self.jobs["own"].record
        tokens.issue(person, "盘点程序")
        notice = Notice.objects.create(
            key=f"matrix:{person.pk}", kind="signed", record_type=record._meta.label, record_id=record.pk, record_number=record.number,
            branch_id=record.branch_id, facts={"record": record.number},
        )  # fmt: skip
        return {
            "session": SignIn.objects.filter(person=person).latest("pk").pk,
            "token": Token.objects.get(person=person).pk,
            "passkey": Passkey.objects.create(person=person, name="手机", credential_id=f"matrix-{person.pk}", public_key=b"key").pk,
            "upload": self._announced(person).handle,
            "view": SavedView.objects.create(person=person, list="requests", name="我的", query="").pk,
            "message": Message.objects.create(notice=notice, person=person).pk,
            "run": ImportRun.objects.create(
                kind="customers", person=person, file_name="客户.xlsx", sha256=f"{person.pk:064}", created_at=timezone.now(), status="done"
            ).pk,
            "deputy": self._deputy(person).pk,
            "shelved": self._shelved(person).pk,
        }

    def _announced(self, person: Person) -> Announced:
        """A file that has come, for something that everybody sees."""
        record, now = self.company.model, timezone.now()
        return Announced.objects.create(
            record_type=record._meta.label, record_id=record.pk, kind="photo_after", client_key=f"matrix-{person.pk}", size=9, sha256="0" * 64,
            announced_by=person.pk, announced_at=now, touched_at=now, arrived_at=now,
        )  # fmt: skip

    def _shelved(self, person: Person) -> Shelved:
        """Something that person sent and that waits, for a record that everybody may have heard of."""
        return Shelved.objects.create(
            person=person, branch_id=person.home_branch_id, record_number=ABSENT["record"], action="FW.fill_in", route="api:records_fill_in",
            channel="api", fingerprint=f"{person.pk:064}", sent='{"findings":"在现场写的话"}', kind="out_of_sight", sentence="没有找到这条记录。",
            arrived_at=timezone.now(),
        )  # fmt: skip

    def _deputy(self, absent: Person) -> Deputy:
        now, deputy = timezone.now(), self.people["auditor" if absent.username != "auditor" else "desk"]
        return Deputy.objects.create(
            absent=absent, deputy=deputy, starts_at=now + dt.timedelta(days=30), ends_at=now + dt.timedelta(days=31)
        )

    def key(self, kind: str, place: str, who: str) -> Any:
        """The key of the thing of that *kind* that is own, foreign or absent to *who*."""
        if place == "absent":
            return ABSENT.get(kind, 987_654_321)
        if kind in PERSONAL:
            others = "lead" if who == "other_lead" else "other_lead"
            return self.belongings[who if place == "own" and who != "nobody" else others][kind]
        return self.things[place][kind]

    def address(self, verdict: Verdict, place: str, who: str) -> str:
        return verdict.address.format(**{kind: self.key(kind, place, who) for kind in verdict.keys})

    def ask(self, who: str, method: str, address: str, *, then: Any = None, **more: Any) -> Any:
        """The answer to *who*; whatever it changed is taken back, after *then* was called."""
        client = self.clients[who]
        with untouched():
            answer = client.generic(method, address, *(EMPTY_FORM if method == "POST" else ()), **more)
            body_of(answer)
            if then is not None:
                then()
        client.cookies = self.cookies_of(who)
        return answer

    def cookies_of(self, who: str) -> SimpleCookie:
        """What the browser of *who* keeps after signing in."""
        return SimpleCookie(self.jars[who].output(header="", sep=";"))

    def sees(self, verdict: Verdict, place: str, who: str) -> bool:
        """Whether a thing of that place is in sight of *who*, by the written rule alone."""
        if place == "absent":
            return False
        if verdict.scope == "person":
            return f"all:{ROLE[who]}" in verdict.who or (place == "own" if PERSONAL & set(verdict.keys) else HOLDER[place] == who)
        return verdict.scope in {"open", "office"} or (who != "roleless" and HOME[who] in ("ZB", BRANCH[place]))

    def may(self, verdict: Verdict, place: str, who: str) -> bool:
        """Whether *who* is among those whom the line names."""
        if verdict.who & {"anybody", "signed-in", ROLE[who]}:
            return True
        return ("with-a-role" in verdict.who and ROLE[who] != "") or ("@assignee" in verdict.who and HOLDER.get(place) == who)

    def expected(self, verdict: Verdict, method: str, place: str, who: str) -> set[int | str]:
        """The status, or ``"door"`` for being sent to sign in, by the written rule alone."""
        if who == "nobody":
            if "anybody" not in verdict.who:
                return {"door"}
            return {verdict.gone} if verdict.keys and place == "absent" else verdict.allowed(method, signed_in=False)
        if who == "roleless" and "with-a-role" in verdict.who:
            return {403, 404}
        if verdict.scope in {"office", "person"} and "@assignee" not in verdict.who and not self.may(verdict, place, who):
            return {403}
        if verdict.keys and not self.sees(verdict, place, who):
            return {verdict.gone}
        return verdict.allowed(method, signed_in=True) if self.may(verdict, place, who) else {403}


@contextmanager
def untouched():
    """Whatever happens inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def outcome(answer: Any) -> int | str:
    """The status; ``"door"`` for being sent to sign in and back."""
    if answer.status_code == 302 and answer["Location"].startswith("/login/?next="):
        return "door"
    return answer.status_code
