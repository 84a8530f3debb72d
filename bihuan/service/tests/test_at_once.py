"""What happens at the same instant: one winner, the others told who; numbers unique; jobs done once; nobody sees a locked database."""

import os
import sqlite3
import threading
import time
from collections import Counter as Counts
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from bihuan.kernel.access.actors import actor_for
from bihuan.kernel.access.middleware import repeated
from bihuan.kernel.access.refusals import Conflict, Refusal
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.deadlines.sweep import sweep
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences
from bihuan.kernel.notify.deliver import hand_out
from bihuan.kernel.notify.models import Message, Notice
from bihuan.kernel.numbering.draw import draw
from bihuan.kernel.numbering.models import Counter
from bihuan.kernel.testing.overlap import together
from bihuan.organisation.models import Appointment, Person
from bihuan.service.access import access_requests
from bihuan.service.domain import request as requests
from bihuan.service.models import ServiceRequest

ROUNDS = int(os.environ.get("ROUNDS", "12"))  # the acceptance figure is 200; see docs/testing.md


def test_of_eight_dispatchers_at_once_one_assigns_and_the_others_hear_who(committed_company):
    company = committed_company
    leads = []
    for index in range(8):
        person = Person.objects.create_person(f"lead{index}", f"负责人{index}", None, home_branch=company.east)
        Appointment.objects.create(person=person, role="branch_lead", branch=company.east, starts_at=timezone.now() - timedelta(days=1))
        leads.append(person)

    def act(index, request):
        mine = access_requests.one(actor_for(leads[index]), pk=request.pk)
        if index == 7:
            return requests.cancel(mine, by=actor_for(leads[7]), at=timezone.now(), reason="客户撤回") or "cancelled"
        engineer = (company.engineer, company.colleague)[index % 2]
        return requests.assign(mine, by=actor_for(leads[index]), at=timezone.now(), engineer=engineer) or f"assigned {index}"

    for _round in range(ROUNDS):
        done = together(8, act, fresh=company.registered)
        request = ServiceRequest.objects.get(pk=done.subject.pk)
        assigned = [result for result in done.results if isinstance(result, str) and result.startswith("assigned")]
        assert len(assigned) <= 1
        assert all(isinstance(failure, Refusal) for failure in done.failures), done.failures
        entries = Entry.objects.filter(record_id=request.pk, record_type="service.ServiceRequest", action="BX.assign")
        assert entries.count() == len(assigned)
        told = [failure.sentence for failure in done.failures if isinstance(failure, Conflict)]
        assert all("负责人" in sentence for sentence in told)
        assert request.status == ("cancelled" if "cancelled" in done.results else "assigned")
    assert list(differences()) == []


def test_numbers_drawn_at_once_are_unique_and_without_gaps_even_with_rollbacks(committed_company):
    zone, now = committed_company.east.zone, timezone.now()

    def act(index):
        mine = []
        for turn in range(25):
            try:
                with transaction.atomic():
                    number = draw("TT", "HD", zone, now)
                    if turn % 5 == 4:
                        raise ZeroDivisionError
                    mine.append(number)
            except ZeroDivisionError:
                pass
        return mine

    done = together(8, act)
    assert not done.failures
    numbers = [number for mine in done.results for number in mine]
    assert len(set(numbers)) == len(numbers) == 160
    running = sorted(int(number[-6:]) for number in numbers)
    last = Counter.objects.get(form="TT").last
    assert running[-160:] == list(range(last - 159, last + 1))


def test_the_year_of_a_number_is_the_branch_s(company):
    midnight = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # New Year in Shanghai
    assert draw("BX", "HD", company.east.zone, midnight - timedelta(seconds=1)).startswith("BX-HD-2026-")
    assert draw("BX", "HD", company.east.zone, midnight).startswith("BX-HD-2027-000001")


def test_three_sweeps_at_once_tell_everybody_once(committed_company):
    company = committed_company
    long_ago = timezone.now() - timedelta(hours=5)
    for _index in range(6):
        company.assigned(at=long_ago)
    Notice.objects.all().delete()
    done = together(3, lambda index: (repeated(sweep), repeated(hand_out)))
    assert not done.failures, done.failures
    sweep(), hand_out()
    missed = Notice.objects.filter(kind="deadline_missed", facts__clock="first_contact")
    assert missed.count() == 6 * 3
    assert (
        Message.objects.filter(notice__in=missed).values("notice", "person").distinct().count()
        == Message.objects.filter(notice__in=missed).count()
    )
    assert Entry.objects.filter(action="deadline.missed").count() == Deadline.objects.filter(breached_at__isnull=False).count()


WRITES = int(os.environ.get("WRITES", "6"))  # transactions of each writer; the acceptance figure is 200


def test_sixteen_writers_with_readers_and_an_export_never_see_a_locked_database(committed_company, capsys):
    """Six kinds of transactions, two who look at the list, one who takes it home as a spreadsheet, again and again (#63)."""
    company, stop, troubles, waits = committed_company, threading.Event(), [], []

    def going_on(look):
        try:
            while not stop.is_set():
                look()
        except Exception as trouble:  # noqa: BLE001  (handed to the test, which judges it)
            troubles.append(trouble)
        finally:
            connection.close()

    desk = Client()
    desk.force_login(company.desk)
    exports = []

    def take_home():
        answer = desk.get("/lists/requests/export.xlsx")
        assert answer.status_code == 200
        exports.append(len(b"".join(answer.streaming_content) if answer.streaming else answer.content))

    looks = [lambda: list(access_requests.all(company.by("desk"))[:50])] * 2 + [take_home]
    others = [threading.Thread(target=going_on, args=(look,)) for look in looks]
    for other in others:
        other.start()

    def write(index):
        for _name, act in islice(_mixed(company), WRITES):
            began = time.monotonic()
            act()
            waits.append(time.monotonic() - began)

    try:
        done = together(16, write, limit=0.05, hangs=120 + 10 * WRITES)  # each writes for seconds: what matters is that they go on at once
    finally:
        stop.set()
        for other in others:
            other.join()
    assert not done.failures, done.failures
    assert not troubles
    assert exports
    for name, number in Counts(name for name, _act in islice(_mixed(company), WRITES)).items():
        entries = Entry.objects.filter(action=f"BX.{name}").count()
        assert entries and entries % (16 * number) == 0, name  # a round that did not start together was repeated
    slowest, p99 = max(waits), sorted(waits)[len(waits) * 99 // 100 - 1]
    assert p99 <= 5
    assert list(differences()) == []
    with capsys.disabled():
        print(f"\n16 × {WRITES} transactions: p99 {p99:.2f} s, slowest {slowest:.2f} s; {len(exports)} exports meanwhile; 0 errors")


def _mixed(company):
    """(step, what takes it) without end: a request goes from its call through waiting to its cancellation, then the next."""
    desk, lead, engineer = (company.by(who) for who in ("desk", "lead", "engineer"))

    def called():
        return ServiceRequest(
            customer=company.unit.customer, site=company.unit.site, unit=company.unit, fault="并发", called_at=timezone.now()
        )

    while True:
        request = called()
        for name, by, said in (
            ("register", desk, {}), ("assign", lead, {"engineer": company.engineer}), ("contact", engineer, {"answer": "明早上门"}),
            ("hold", lead, {"hold_reason": "parts"}), ("resume", lead, {}), ("cancel", desk, {"reason": "客户撤回"}),
        ):  # fmt: skip
            yield name, partial(getattr(requests, name), request, by=by, at=timezone.now(), **said)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite's one writer")
def test_who_waits_for_the_writer_too_long_is_asked_to_send_it_again(committed_company, monkeypatch):
    """Not an error page (#63): nothing is half done, and a second time goes through."""
    company, desk = committed_company, Client()
    request = company.registered()
    desk.force_login(company.desk)
    page, words, before = f"/r/{request.number}/", {"reason": "客户撤回", "version": request.version}, request.status
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {**connection.settings_dict["OPTIONS"], "timeout": 0.2})
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        busy = desk.post(f"{page}steps/cancel/", words)
        assert (busy.status_code, busy["Retry-After"]) == (503, "2")
        assert desk.get(page).status_code == 200  # who reads waits for nobody
        other.execute("ROLLBACK")
    request.refresh_from_db()
    assert request.status == before
    assert desk.post(f"{page}steps/cancel/", words).status_code == 302
    request.refresh_from_db()
    assert request.status == "cancelled"


class _Cut(Exception):
    """Stands for the process dying or the database failing at a statement."""


CUTS = int(os.environ.get("CUTS", "40"))  # statements of the journey at which it is cut, spread over all of them


def test_a_change_and_its_journal_entry_stand_or_fall_together_whatever_statement_fails(committed_company):
    """The whole journey, cut at the N-th statement: afterwards every record agrees with its last entry (#44)."""
    company = committed_company
    company.closed()  # the first one of a kind needs a few statements more
    total = _statements(company.closed)
    cuts = sorted({*range(1, total, max(1, total // CUTS)), total - 1, total})
    for cut in cuts:
        with pytest.raises(_Cut), connection.execute_wrapper(_cutter(cut)):
            company.closed()
        assert _unpaired() == [], f"cut at statement {cut} of {total}"
    assert len(cuts) >= min(CUTS, total)
    assert list(differences()) == []


def _statements(act):
    seen = []
    with connection.execute_wrapper(lambda execute, *statement: (seen.append(statement), execute(*statement))[1]):
        act()
    return len(seen)


def _cutter(at):
    count = 0

    def wrapper(execute, sql, params, many, context):
        nonlocal count
        count += 1
        if count == at:
            raise _Cut
        return execute(sql, params, many, context)

    return wrapper


def _unpaired():
    """Records whose version or state is not that of their latest entry, and entries of records that are not there."""
    from bihuan.service.models import DispatchOrder, ServiceRecord

    wrong = []
    for model in (ServiceRequest, DispatchOrder, ServiceRecord):
        last = {}
        for entry in Entry.objects.filter(record_type=model._meta.label, action__regex=r"^[A-Z]{2}\.").order_by("id"):
            last[entry.record_id] = entry.said
        rows = {row.pk: row for row in model.objects.all()}
        wrong += [f"{model.__name__} {pk} without entry" for pk in rows.keys() - last.keys()]
        wrong += [f"entry without {model.__name__} {pk}" for pk in last.keys() - rows.keys()]
        wrong += [
            f"{row.number}: {row.version} {row.status}"
            for pk, row in rows.items()
            if pk in last and (last[pk]["record"]["version"], last[pk]["data"]["to"]) != (row.version, row.status)
        ]
    return wrong
