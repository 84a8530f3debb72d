"""Whatever is typed is text and stays text: on every page, in every form that comes back, in prints, files and mails (#24)."""

import datetime as dt

import pytest
from django.core import mail
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from bihuan.equipment.models import Bulletin, ChecklistItem
from bihuan.kernel.access import tokens
from bihuan.kernel.lists.declare import registry
from bihuan.kernel.lists.models import SavedView
from bihuan.kernel.notify.deliver import hand_out, send_mails
from bihuan.kernel.testing.verdicts import verdicts
from bihuan.organisation.models import Branch, Deputy, Person

from .answers import Page, pdf_words, words_of
from .naming import CASES
from .payloads import COMPUTED, PAYLOADS, Writer, harm, texts_of
from .story import job_of, lettered
from .test_foreign_rows import forms_on, post
from .world import ROLE, World, untouched

pytestmark = pytest.mark.django_db  # the world is built once; each test is a savepoint inside it
NAMES = [f"payload {at}" for at in range(len(PAYLOADS))]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def written(world, payload):
    """A whole company in which somebody typed *payload* wherever words may be typed."""
    company, words = world.company, Writer(payload)
    lettered(company.unit, words)
    Branch.objects.filter(pk=company.east.pk).update(
        name=words("branch.name", 60), city=words("branch.city", 40), address=words("branch.address", 200)
    )
    Person.objects.filter(pk=company.engineer.pk).update(name=words("person.name", 60), phone=payload[:20], email="zhang@example.com")
    model, line = company.model, company.line
    model.name, model.description = words("model.name", 60), words("model.description", 200)
    line.name, line.major_faults = words("line.name", 60), words("line.major_faults", 2000)
    model.save(), line.save()
    ChecklistItem.objects.filter(model=model, position=1).update(text=words("checklist.text", 120))
    ChecklistItem.objects.filter(model=model, position=2).update(unit="Pa<b>")
    bulletin = Bulletin.objects.create(
        number="TB-77",
        title=words("bulletin.title", 120),
        body=words("bulletin.body", 2000),
        issued_on="2026-01-05",
        issued_by=words("bulletin.by", 60),
    )
    bulletin.models_concerned.add(model)
    SavedView.objects.create(person=company.desk, list="requests", name=words("view.name", 40), query="")
    tokens.issue(company.desk, words("token.name", 60))
    now = timezone.now()
    reason = words("deputy.reason", 200)
    Deputy.objects.create(
        absent=company.desk, deputy=company.head, starts_at=now + dt.timedelta(days=1), ends_at=now + dt.timedelta(days=2), reason=reason
    )
    company.unit.refresh_from_db(), company.engineer.refresh_from_db()
    jobs = [
        getattr(job_of(company, words, phone=payload[:40]), stage)()
        for stage in ("closed", "refused", "filled", "released", "submitted", "contacted")
    ]
    hand_out()
    return words, jobs


def reader(code):
    """Who may read that list: reviews of the journal are for those who read evidence."""
    return "head" if code == "reviews" else "desk"


def pages(world, jobs):
    """(who, address) of every page that shows any of it."""
    unit = world.company.unit
    for job in jobs:
        for number in job.numbers:
            yield from (("desk", f"/r/{number}/"), ("desk", f"/r/{number}/history/"))
    filled, submitted, contacted = jobs[2], jobs[4], jobs[5]
    yield from (("engineer", f"/my/records/{filled.record.number}/{page}") for page in ("", "sign/", "refuse/", "photos/photo_after/"))
    yield from (
        ("engineer", address) for address in ("/my/", f"/my/orders/{filled.order.number}/", f"/my/requests/{contacted.request.number}/")
    )
    yield ("engineer", f"/my/records/{jobs[0].record.number}/done/")
    from urllib.parse import quote

    yield from (
        ("desk", f"/customers/{unit.customer.number}/"),
        ("desk", f"/units/{quote(unit.serial)}/"),
        ("desk", f"/units/{quote(unit.serial)}/edit/"),
    )
    yield from (
        ("head", f"/units/{quote(unit.serial)}/warranty/"),
        ("desk", f"/customers/{unit.customer.number}/edit/"),
        ("nobody", f"/u/{unit.label_token}/"),
    )
    yield from (("technical", f"/models/{unit.model_id}/{page}") for page in ("", "edit/"))
    yield from (("technical", f"/lines/{unit.model.line.code}/{page}") for page in ("", "edit/"))
    yield from (
        ("technical", "/bulletins/TB-77/"),
        ("admin", "/people/engineer/"),
        ("admin", "/people/engineer/edit/"),
        ("admin", "/organisation/"),
    )
    yield from (("admin", f"/branches/HD/{page}") for page in ("", "edit/"))
    yield from (
        ("desk", address)
        for address in ("/", "/?tab=open", "/account/", "/deputies/", "/overview/", "/board/?branch=HD", "/lists/requests/views/")
    )
    yield from (
        ("lead", address)
        for address in (
            "/",
            "/inbox/",
            "/board/",
            f"/r/{submitted.order.number}/steps/submit/",
            f"/requests/{contacted.request.number}/order/",
        )
    )
    yield from (
        ("head", "/approvals/"),
        ("engineer", "/inbox/"),
        ("desk", f"/requests/lookup/?unit={unit.pk}"),
        ("desk", f"/requests/new/?phone={quote(jobs[0].phone)}"),
    )
    yield from (("desk", f"/search/?q={quote(text)}") for text in ("hit", "1337", "高压"))
    yield from ((reader(code), f"/lists/{code}/") for code in registry)


@pytest.mark.parametrize("payload", PAYLOADS, ids=NAMES)
def test_a_page_shows_what_was_typed_and_does_nothing_else(world, payload):
    wrong, seen = {}, set()
    with untouched():
        words, jobs = written(world, payload)
        for who, address in pages(world, jobs):
            answer = world.clients[who].get(address)
            assert answer.status_code == 200, (who, address, answer.status_code)
            html = answer.content.decode()
            if found := harm(html):
                wrong[address] = found
            seen |= words.seen_in(Page(html).text)
    assert wrong == {}
    assert set(words.tags.values()) - seen == set(), "typed somewhere and shown on none of these pages"


@pytest.mark.parametrize("payload", PAYLOADS, ids=NAMES)
def test_a_print_and_an_export_say_what_was_typed(world, payload):
    with untouched():
        words, jobs = written(world, payload)
        said = ""
        for job in jobs[:2]:
            for number in job.numbers:
                answer = world.clients["desk"].get(f"/r/{number}/print/")
                assert answer.status_code == 200
                assert answer.content.startswith(b"%PDF")
                said += pdf_words(answer.content)
        assert COMPUTED not in said
        assert {"request.fault", "record.findings", "order.task", "part.name", "signer.name", "record.refusal_reason"} <= words.seen_in(
            said
        )
        for code in ("requests", "units", "contacts"):
            for kind in ("xlsx", "csv"):
                said = words_of(world.clients["desk"].get(f"/lists/{code}/export.{kind}"))
                assert COMPUTED not in said
                assert "customer.name" in words.seen_in(said)


def fill(form, payload, *, spoil):
    """What is sent: *payload* in every text, everything else as it was offered, and one thing wrong so that the form comes back."""
    data = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "")}
    data |= dict.fromkeys(texts_of(form), payload)
    return data | spoil


SPOILED = {
    "at": "no moment",
    "called_at": "no moment",
    "planned_arrival": "x",
    "serial": "a b",
    "username": "a b",
    "labour_minutes": "x",
    "shipped_on": "x",
}


def test_a_form_that_comes_back_holds_what_was_typed_as_text(world):
    """Each form of the product, sent with each payload in all its texts and something wrong."""
    wrong, back = [], 0
    for verdict in verdicts():
        if verdict.kind not in {"step", "public"} or not {"GET", "POST"} <= set(verdict.methods) or "200" not in verdict.answers["GET"]:
            continue
        who = next(key for key in ROLE if world.may(verdict, "own", key) and (not verdict.keys or world.sees(verdict, "own", key)))
        who = "nobody" if verdict.kind == "public" else who
        address = world.address(verdict, "own", who)
        for form in forms_on(world.ask(who, "GET", address)):
            for payload in PAYLOADS if verdict.address in CASES else PAYLOADS[:2]:
                with untouched():
                    answer = world.clients[who].post(address, fill(form, payload, spoil=SPOILED))
                assert answer.status_code < 500, (address, payload)
                if "html" in answer["Content-Type"]:
                    back += payload in Page(answer.content.decode()).text
                    wrong += [(address, found) for found in harm(answer.content.decode())]
    world.clients["nobody"].cookies.clear()
    assert wrong == []
    assert back > 150, "most forms come back with what was typed"


@override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend")
def test_a_mail_is_text_and_its_subject_one_line(world):
    with untouched():
        Person.objects.update(email="somebody@example.com")
        job = job_of(world.company, lambda field, most: "第一行\r\nBcc: all@example.com\r\n\r\n<script>hit()</script>"[:most])
        job.submitted()
        hand_out()
        assert send_mails() > 2
    for message in mail.outbox:
        assert message.content_subtype == "plain"
        assert "\n" not in message.subject
        assert message.recipients() == ["somebody@example.com"]
        assert "bcc" not in {name.lower() for name in dict(message.message().items())}
    assert any("hit()" in message.body for message in mail.outbox)


def test_what_is_looked_for_is_found_when_it_is_there():
    for payload in PAYLOADS:
        if payload not in {PAYLOADS[7], PAYLOADS[8]}:
            page = f"<p title=\"\"></p><a href='{payload}'>x</a>{payload}"
            assert harm(page), payload
    assert harm(f"<p>{COMPUTED}</p>")
    assert not harm("<p>&lt;script&gt;hit()&lt;/script&gt;</p>")


def test_a_call_with_a_payload_in_each_field_is_taken_and_shown(world):
    with untouched():
        filled = CASES["/requests/new/"][1](world)
        for payload in PAYLOADS:
            words = {"caller_name": payload, "caller_phone": payload, "fault": payload, "first_answer": payload}
            new = {"customer": "", "site": "", "contact": "", "unit": "", "new_name": payload, "new_address": payload, "is_overseas": "on"}
            assert post(world, "export", "/requests/new/", filled.data | words).status_code == 302, payload
            with untouched():
                answer = world.clients["export"].post("/requests/new/", filled.data | words | new, follow=True)
                if answer.redirect_chain:
                    assert payload in Page(answer.content.decode()).text
                assert harm(answer.content.decode()) == []
