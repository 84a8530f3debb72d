"""The figures: kept, late entry, missed, open; and the tallies always give what a recount gives (#94)."""

import datetime as dt
from collections import Counter

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bihuan.evidence import tally
from bihuan.evidence.models import Tally
from bihuan.evidence.period import Period, month_of
from bihuan.kernel.deadlines.models import Deadline, State, Verdict
from bihuan.kernel.deadlines.stands import stand, with_stand

NOW = dt.datetime(2026, 11, 22, 4, tzinfo=dt.UTC)
WHOLE = Period(dt.date(2026, 6, 1), dt.date(2026, 12, 1))
CLOCKS = [("service.ServiceRequest", "first_contact"), ("service.DispatchOrder", "arrival")]


def recount(now, period=WHOLE, branches=(1, 2, 3)):
    """The slow way: every deadline looked at, one by one."""
    found = {}
    for row in Deadline.objects.filter(branch_id__in=branches):
        month = month_of(row.started_at)
        if period.holds(month):
            found.setdefault((row.record_type, row.clock, row.branch_id, month), Counter())[stand(row, now).value] += 1
    return found


def figures(now, period=WHOLE, branches=(1, 2, 3)):
    found = {}
    for cell in tally.cells(branches, period, now=now):
        counts = found.setdefault((cell.record_type, cell.clock, cell.branch_id, cell.month), Counter())
        for verdict in Verdict.values:
            counts[verdict] += getattr(cell.figures, verdict)
    return {key: Counter({name: count for name, count in counts.items() if count}) for key, counts in found.items()}


moments = st.integers(0, 170 * 24 * 60).map(lambda minutes: NOW - dt.timedelta(minutes=minutes))


@st.composite
def lives(draw):
    """A deadline as the engine and the sweep may leave it: running, paused, met early or late, entered late, ended, missed."""
    started = draw(moments)
    due = started + dt.timedelta(minutes=draw(st.integers(1, 3000)))
    state = draw(st.sampled_from(State.values))
    row = Deadline(
        record_id=draw(st.integers(1, 5)), record_number="BX-HD-2026-000001", branch_id=draw(st.integers(1, 3)), procedure_revision=1,
        started_at=started, due_at=due, state=state,
    )  # fmt: skip
    row.record_type, row.clock = draw(st.sampled_from(CLOCKS))
    if state in (State.MET, State.ENDED):
        row.stopped_at = started + dt.timedelta(minutes=draw(st.integers(0, 4000)))
        row.stop_recorded_at = row.stopped_at + dt.timedelta(minutes=draw(st.integers(0, 600)))
        row.stopped_by = "contact"
        row.breached_at = due if row.stop_recorded_at > due else None
    elif state == State.RUNNING and due < NOW and draw(st.booleans()):
        row.breached_at = due  # the sweep has come by
    return row


@pytest.mark.django_db
@pytest.mark.both
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.lists(lives(), max_size=12), later=st.lists(lives(), max_size=12), settled=st.data())
def test_tallies_and_what_is_not_yet_counted_are_the_recount_at_every_moment(first, later, settled):
    sid = transaction.savepoint()
    try:
        Deadline.objects.bulk_create(first)
        assert figures(NOW) == recount(NOW)
        tally.fold(limit=3)
        assert figures(NOW) == recount(NOW)

        Deadline.objects.bulk_create(later)  # among them some that started in months long counted
        for row in Deadline.objects.filter(state=State.RUNNING):
            if settled.draw(st.booleans()):
                row.state, row.stopped_by = State.MET, "contact"
                row.stopped_at = row.stop_recorded_at = row.started_at + dt.timedelta(minutes=settled.draw(st.integers(0, 4000)))
                row.branch_id = settled.draw(st.integers(1, 3))  # passed on meanwhile
                row.save()
        assert figures(NOW) == recount(NOW)
        tally.fold(limit=3)
        assert tally.fold() == 0
        assert figures(NOW) == recount(NOW)
        assert not Deadline.objects.filter(counted=False, state__in=[State.MET, State.ENDED]).exists()
        assert sum(t.kept + t.late_entry + t.missed + t.void for t in Tally.objects.all()) == Deadline.objects.filter(counted=True).count()
    finally:
        transaction.savepoint_rollback(sid)


@pytest.mark.django_db
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(row=lives(), minutes=st.integers(-5000, 5000))
def test_the_database_and_the_program_agree_how_a_deadline_stands(row, minutes):
    sid = transaction.savepoint()
    now = NOW + dt.timedelta(minutes=minutes)
    row.pk = None
    row.save(force_insert=True)
    assert with_stand(Deadline.objects.filter(pk=row.pk), now).get().stands == stand(row, now)
    transaction.savepoint_rollback(sid)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "entered", "verdict"),
    [(0, 0, "kept"), (-1, 0, "kept"), (0, 1, "late_entry"), (1, 1, "missed"), (-5, 1, "late_entry")],
)
def test_the_very_second_of_the_due_time_still_counts(said, entered, verdict):
    row = Deadline.objects.create(
        record_type="service.ServiceRequest", record_id=1, record_number="BX-HD-2026-000001", branch_id=1, clock="first_contact",
        procedure_revision=1, started_at=NOW - dt.timedelta(hours=1), due_at=NOW, state=State.MET, stopped_by="contact",
        stopped_at=NOW + dt.timedelta(seconds=said), stop_recorded_at=NOW + dt.timedelta(seconds=entered),
    )  # fmt: skip
    assert stand(row, NOW) == with_stand(Deadline.objects.all(), NOW).get().stands == verdict


@pytest.mark.django_db
def test_an_open_deadline_is_missed_from_its_due_second_on():
    row = Deadline.objects.create(
        record_type="service.ServiceRequest", record_id=1, record_number="BX-HD-2026-000001", branch_id=1, clock="first_contact",
        procedure_revision=1, started_at=NOW - dt.timedelta(hours=1), due_at=NOW, state=State.RUNNING,
    )  # fmt: skip
    for now, verdict in ((NOW - dt.timedelta(seconds=1), "open"), (NOW, "missed")):
        assert stand(row, now) == with_stand(Deadline.objects.all(), now).get().stands == verdict


def test_a_contact_within_the_hour_is_kept_a_later_one_missed_and_one_entered_late_stands_apart(company, contacted_after, period):
    contacted_after(20)
    contacted_after(75)
    contacted_after(40, entered=90)
    company.registered(at=timezone.now())

    found = tally.cells([company.east.pk], period, record_type="service.ServiceRequest", clock="first_contact")
    whole = tally.total(found)

    assert (whole.kept, whole.missed, whole.late_entry, whole.open, whole.population) == (1, 1, 1, 1, 4)
    assert round(whole.rate, 1) == 33.3
    assert tally.total(tally.cells([company.north.pk], period)).population == 0


def test_a_deadline_past_its_time_is_missed_before_the_sweep_has_come(company, period):
    request = company.registered(at=timezone.now() - dt.timedelta(minutes=61))
    assert Deadline.objects.get(record_id=request.pk, clock="first_contact").breached_at is None

    whole = tally.total(tally.cells([company.east.pk], period, record_type="service.ServiceRequest", clock="first_contact"))

    assert (whole.missed, whole.open) == (1, 0)


def test_figures_cost_one_statement_and_nothing_of_what_is_counted(company, period):
    company.closed()
    tally.fold()
    with CaptureQueriesContext(connection) as asked:
        tally.cells([company.east.pk], period)
    assert len(asked) == 1


def test_the_month_is_the_companys_not_utcs():
    assert month_of(dt.datetime(2026, 10, 31, 17, tzinfo=dt.UTC)) == dt.date(2026, 11, 1)
    assert month_of(dt.datetime(2026, 10, 31, 15, tzinfo=dt.UTC)) == dt.date(2026, 10, 1)
