"""What belongs to the north is read nowhere in the east: not on a page, in a file, a cell, a header, a figure (#4)."""

import datetime as dt
import re
from urllib.parse import quote, unquote, urlsplit

import pytest
from django.db import transaction
from django.utils import timezone

from bihuan.customers.models import Contact, Phone, Site
from bihuan.customers.public import index_customer
from bihuan.equipment.models import Unit
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.deadlines.sweep import sweep
from bihuan.kernel.lists.declare import registry
from bihuan.kernel.lists.models import SavedView
from bihuan.kernel.notify.deliver import hand_out
from bihuan.kernel.testing.verdicts import verdicts
from bihuan.service.models import ServiceRequest

from .answers import Page, words_of
from .story import foreign_job_of
from .world import World

pytestmark = pytest.mark.django_db  # the world is built once; each test is a savepoint inside it
MARK, WORD = "ZQX7731", "奎木狼"  # what is looked for, and what is searched by: a page says what was searched for
PHONE, ASKED = "137 7773 1773", "137-7773-1773"  # as it is written down, and as it is asked for
SHARED_PHONE = "136 6662 6662"


class Marker:
    """Texts that carry the mark and say which field they were written into."""

    def __init__(self) -> None:
        self.fields: set[str] = set()

    def __call__(self, field: str, most: int) -> str:
        self.fields.add(field)
        return f"{WORD} {MARK}.{field}"[:most] if most >= 30 else MARK

    def seen_in(self, text: str) -> set[str]:
        return {field for field in self.fields if f"{MARK}.{field}" in text}


@pytest.fixture(scope="module")
def marked(django_db_setup, django_db_blocker):
    """The world with a marked north: jobs at every stage, everything late, and a customer who has sites in both branches."""
    with django_db_blocker.unblock(), transaction.atomic():
        words = Marker()
        world = World(foreign_words=words)
        company = world.company
        world.words = words
        world.others = [
            getattr(foreign_job_of(company, words), stage)()
            for stage in ("closed", "refused", "released", "submitted", "assigned", "registered")
        ]
        engineer = company.other_engineer
        type(engineer).objects.filter(pk=engineer.pk).update(name=words("person.name", 60), phone=MARK, email=f"{MARK}@example.com")
        SavedView.objects.create(person=company.other_lead, list="requests", name=words("view.name", 40), query="")
        world.shared = _shared_customer(company, words)
        late = timezone.now() - dt.timedelta(hours=3)
        Deadline.objects.filter(branch_id=company.north.pk, state="running").update(due_at=late)
        ServiceRequest.objects.filter(branch=company.north, next_due_at__isnull=False).update(next_due_at=late)
        sweep()
        hand_out()
        yield world
        transaction.set_rollback(True)


def _shared_customer(company, words):
    """The east's own customer also has a site, a contact, a machine and a call in the north."""
    customer = company.unit.customer
    site = Site.objects.create(
        customer=customer, name=words("shared.site", 80), address=words("shared.address", 200), region=company.beijing, branch=company.north
    )
    contact = Contact.objects.create(customer=customer, site=site, name=words("shared.contact", 60), title=words("shared.title", 60))
    Phone.objects.create(contact=contact, written=SHARED_PHONE)
    unit = Unit.objects.create(
        serial=words("shared.serial", 40), model=company.model, customer=customer, site=site, place=words("shared.place", 80)
    )
    index_customer(customer)
    job = foreign_job_of(company, words)
    job.unit = unit
    job.closed()
    return {"customer": customer, "site": site, "contact": contact, "unit": unit, "job": job}


def probes(world):
    """Questions put to every output that takes one."""
    company, shared, foreign = world.company, world.shared, world.things["foreign"]
    unit = company.other_unit
    yield from (f"/search/?q={quote(text)}" for text in (WORD, ASKED, "13777731773", "kml", world.jobs["foreign"].request.number, "1773"))
    asked = (
        "find=" + quote(WORD),
        f"caller_phone={ASKED}",
        f"unit={unit.pk}",
        f"customer={unit.customer_id}",
        f"unit={shared['unit'].pk}",
    )
    yield from (
        f"/requests/lookup/?{query}"
        for query in (*asked, f"customer={shared['customer'].pk}&site={shared['site'].pk}", "caller_phone=13666626662")
    )
    yield from (f"/requests/new/?phone={ASKED}", f"/board/?branch=HB&day={timezone.localdate()}", "/board/?branch=HB")
    yield from (
        "/?tab=open",
        "/?tab=overdue",
        "/overview/?period=quarter",
        "/overview/?period=week",
        "/lists/units/?model=" + str(company.model.pk),
    )
    for code, declared in registry.items():
        for query in (f"q={quote(WORD)}", f"q={ASKED}", *(f"tab={tab.code}" for tab in declared.tabs)):
            yield f"/lists/{code}/?{query}"
        for tab in declared.tabs[1:]:
            yield f"/lists/{code}/export.xlsx?tab={tab.code}"
            yield f"/lists/{code}/export.csv?tab={tab.code}"
    yield from (
        f"/units/new/?customer={unit.customer_id}",
        f"/units/new/?q={quote(WORD)}",
        f"/units/{company.unit.serial}/edit/?customer={unit.customer_id}",
    )
    yield from (f"/units/{company.unit.serial}/edit/?q={quote(WORD)}", f"/r/{world.jobs['own'].request.number}/?p={foreign['request']}")
    yield f"/customers/{shared['customer'].number}/"


def addresses(world, who, place):
    """What the table knows to look at, with the keys of that place."""
    for verdict in verdicts():
        if "GET" in verdict.methods and verdict.kind != "public":
            yield world.address(verdict, place, who)


def outputs(world, who, *, asked, follow=0):
    """(address, answer) for each address asked for, then for some of what those pages lead to."""
    seen, waiting, followed = set(), list(asked), 0
    while waiting:
        address = waiting.pop(0)
        if address in seen:
            continue
        seen.add(address)
        answer = world.ask(who, "GET", address)
        yield address, answer
        if not follow or answer.status_code != 200 or "html" not in answer.get("Content-Type", "") or "/gallery/" in address:
            continue
        for link in Page(answer.content.decode()).links:
            link = urlsplit(link)._replace(fragment="").geturl()
            if link not in seen and link not in waiting and followed < follow and not link.startswith(("/static/", "/logout", "/gallery/")):
                followed += 1
                waiting.append(link)


def read(address, answer):
    """Everything the answer says, but not the address that was asked for, which a page repeats."""
    text = words_of(answer)
    for said in {address, unquote(address), address.replace("&", "&amp;"), quote(unquote(address))}:
        text = text.replace(said, "…")
    return text


@pytest.mark.parametrize("who", ["lead", "engineer", "export"])
def test_the_mark_is_read_nowhere_by_those_of_another_branch(marked, who):
    asked = [*addresses(marked, who, "foreign"), *probes(marked)]
    if who == "lead":
        asked += addresses(marked, who, "own")
    found, count = {}, 0
    for address, answer in outputs(marked, who, asked=asked, follow=120 if who == "lead" else 30):
        count += 1
        assert answer.status_code < 500, address
        text = read(address, answer)
        for told in {*re.findall(rf"{MARK}[.\w]*", text), *(phone for phone in (PHONE, SHARED_PHONE) if phone in text)}:
            found.setdefault(told, []).append(address)
    assert found == {}
    assert count > 150


def test_the_mark_is_read_by_those_of_its_own_branch_in_every_kind_of_output(marked):
    """So that the test above cannot pass for want of anything to find."""
    kinds, fields = set(), set()
    for who in ("other_lead", "desk", "other_engineer"):
        asked = (
            [*addresses(marked, who, "foreign"), *probes(marked)]
            if who != "other_engineer"
            else ["/my/", f"/my/records/{marked.things['foreign']['record']}/"]
        )
        if who == "desk":
            asked += [
                f"/r/{number}/{page}" for job in (*marked.others, marked.shared["job"]) for number in job.numbers for page in ("", "print/")
            ]
        for address, answer in outputs(marked, who, asked=asked):
            text = read(address, answer)
            if MARK in text:
                kinds.add((answer["Content-Type"].partition(";")[0], address.split("/")[1].partition("?")[0]))
                fields |= marked.words.seen_in(text)
    wanted = {("text/html", place) for place in ("r", "lists", "search", "requests", "board", "inbox", "customers", "units", "people", "")}
    wanted |= {
        ("application/pdf", "r"),
        ("text/csv", "lists"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "lists"),
        ("image/png", "files"),
    }
    assert wanted - kinds == set()
    assert marked.words.fields - fields == set()
