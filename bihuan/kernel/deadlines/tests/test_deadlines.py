"""The one-hour clock to the millisecond, warnings once, breaches for good, pauses counted once (#67, #68, #73, #75)."""

import datetime as dt

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from bihuan.kernel.access.refusals import Conflict, Invalid
from bihuan.kernel.deadlines.compute import daily, hours, minutes, schedule, verdict
from bihuan.kernel.deadlines.models import Deadline, Pause, State, Verdict
from bihuan.kernel.deadlines.sweep import sweep
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.notify.deliver import hand_out
from bihuan.kernel.notify.models import Message, Notice
from bihuan.service.domain import order as orders
from bihuan.service.domain import request as requests

CALL = dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC)  # Monday 09:00 in Shanghai
HOUR = dt.timedelta(hours=1)
MS = dt.timedelta(milliseconds=1)


def contact_of(request):
    return Deadline.objects.get(record_type="service.ServiceRequest", record_id=request.pk, clock="first_contact")


@pytest.mark.parametrize(("after", "expected"), [(HOUR - MS, Verdict.KEPT), (HOUR, Verdict.KEPT), (HOUR + MS, Verdict.MISSED)])
def test_the_hour_is_exact_to_the_millisecond(company, after, expected):
    with time_machine.travel(CALL, tick=False) as clock:
        request = company.assigned(at=CALL)
        clock.move_to(CALL + after)
        requests.contact(request, by=company.by("engineer"), at=CALL + after, answer="已联系")
    assert contact_of(request).verdict == expected
    assert contact_of(request).due_at == CALL + HOUR


def test_the_hour_runs_from_the_call_and_not_from_its_entry(company):
    with time_machine.travel(CALL + dt.timedelta(minutes=50), tick=False):
        request = company.registered(at=CALL)
    assert contact_of(request).due_at == CALL + HOUR
    assert request.next_due_at == CALL + HOUR


def test_a_call_entered_after_its_hour_is_late_from_the_start(company):
    with time_machine.travel(CALL + 2 * HOUR, tick=False):
        request = company.registered(at=CALL)
        sweep()
    assert contact_of(request).breached_at == CALL + HOUR


def test_a_contact_said_to_be_in_time_but_entered_after_the_hour_is_a_late_entry_and_the_breach_stays(company):
    with time_machine.travel(CALL, tick=False) as clock:
        request = company.assigned(at=CALL)
        clock.move_to(CALL + HOUR + dt.timedelta(minutes=16))
        sweep()
        requests.contact(request, by=company.by("engineer"), at=CALL + dt.timedelta(minutes=20), answer="已联系")
    deadline = contact_of(request)
    assert deadline.verdict == Verdict.LATE_ENTRY
    assert deadline.breached_at == CALL + HOUR
    assert deadline.late_by == dt.timedelta(minutes=16)


def test_opening_the_page_is_no_contact(company, client):
    request = company.assigned()
    client.force_login(company.engineer)
    client.get(f"/r/{request.number}/")
    assert contact_of(request).state == State.RUNNING


def test_warnings_come_at_30_45_and_55_minutes_and_the_breach_climbs_each_once_to_the_right_people(company):
    told = []
    with time_machine.travel(CALL, tick=False) as clock:
        company.assigned(at=CALL)
        hand_out()
        Message.objects.all().delete()
        for minute in [29, 30, 31, 44, 45, 54, 55, 59, 60, 61, 89, 90, 119, 120, 121, 500]:
            clock.move_to(CALL + dt.timedelta(minutes=minute))
            sweep()
            sweep()
            hand_out()
            told.append((minute, sorted(Message.objects.values_list("person__username", flat=True))))
            Message.objects.all().delete()
    assert {minute: who for minute, who in told if who} == {
        30: ["engineer"],
        45: ["engineer", "lead"],
        55: ["engineer", "lead"],
        60: ["engineer", "lead"],
        90: ["head", "lead"],
        120: ["head", "lead", "sales_gm"],
    }


def test_after_days_of_standstill_each_thing_is_told_once_and_no_deadline_moves(company):
    with time_machine.travel(CALL, tick=False) as clock:
        request = company.assigned(at=CALL)
        clock.move_to(CALL + dt.timedelta(days=3))
        assert sweep() >= 1
        assert sweep() == 0
        clock.move_to(CALL + dt.timedelta(days=3) - 2 * HOUR)
        assert sweep() == 0
    mine = Notice.objects.filter(record_id=request.pk, record_type="service.ServiceRequest", facts__clock="first_contact")
    assert sorted(mine.values_list("kind", flat=True)) == ["deadline_missed"] * 3
    assert all(notice.facts["noticed_late"] for notice in mine)
    assert contact_of(request).due_at == CALL + HOUR
    assert Entry.objects.filter(action="deadline.missed", record_id=request.pk).count() == 1


def test_first_contact_never_pauses_but_planning_does_and_the_pause_counts_once(company):
    with time_machine.travel(CALL, tick=False) as clock:
        request = company.contacted(at=CALL)
        plan = Deadline.objects.get(record_id=request.pk, clock="plan_visit")
        due = plan.due_at
        clock.move_to(CALL + HOUR)
        requests.hold(request, by=company.by("engineer"), at=CALL + HOUR, hold_reason="parts")
        with pytest.raises(Conflict):
            requests.hold(request, by=company.by("lead"), at=CALL + HOUR, hold_reason="customer")
        plan.refresh_from_db()
        assert plan.state == State.PAUSED
        request.refresh_from_db()
        assert request.next_due_at is None
        clock.move_to(CALL + 3 * HOUR)
        requests.resume(request, by=company.by("engineer"), at=CALL + 3 * HOUR)
    plan.refresh_from_db()
    assert plan.state == State.RUNNING
    # Held 10:00-12:00 working time: 8 working hours from 09:00 fall at 09:30 next day, two more make 11:30.
    assert due == dt.datetime(2026, 11, 24, 1, 30, tzinfo=dt.UTC)
    assert plan.due_at == dt.datetime(2026, 11, 24, 3, 30, tzinfo=dt.UTC)
    pause = Pause.objects.get(deadline=plan)
    assert (pause.reason, pause.by_name, pause.until_at) == ("parts", "张伟", CALL + 3 * HOUR)


def test_a_hold_does_not_rescue_what_is_already_late(company):
    with time_machine.travel(CALL, tick=False) as clock:
        request = company.contacted(at=CALL)
        clock.move_to(CALL + dt.timedelta(days=4))
        sweep()
        requests.hold(request, by=company.by("engineer"), at=CALL + HOUR, hold_reason="customer")
    plan = Deadline.objects.get(record_id=request.pk, clock="plan_visit")
    assert plan.state == State.RUNNING and plan.breached_at is not None
    assert not Pause.objects.exists()


def test_a_daily_report_is_due_at_20_00_each_day_until_the_visit_is_over(company):
    with time_machine.travel(CALL, tick=False) as clock:
        record = company.on_site(at=CALL)
        order = record.order

        def due():
            rows = Deadline.objects.filter(record_id=order.pk, record_type="service.DispatchOrder", clock="daily_report").order_by("id")
            return [(timezone.localtime(row.due_at).strftime("%d %H:%M"), str(row.verdict)) for row in rows]

        assert due() == [("23 20:00", "open")]
        clock.move_to(CALL + 5 * HOUR)
        orders.report(order, by=company.by("engineer"), at=CALL + 5 * HOUR, progress="拆检完成")
        assert due() == [("23 20:00", "kept"), ("24 20:00", "open")]
        clock.move_to(CALL + dt.timedelta(days=2))
        sweep()
        assert due() == [("23 20:00", "kept"), ("24 20:00", "missed"), ("25 20:00", "open")]
        order.refresh_from_db()
        assert (timezone.localtime(order.next_due_at).strftime("%d %H:%M"), order.next_clock) == ("25 20:00", "daily_report")


def test_a_time_ahead_of_the_server_s_is_refused_and_one_before_the_call_too(company):
    with time_machine.travel(CALL + HOUR / 2, tick=False):
        request = company.assigned(at=CALL)
        for at in (CALL + dt.timedelta(days=1), CALL - MS):
            with pytest.raises(Invalid) as refused:
                requests.contact(request, by=company.by("engineer"), at=at, answer="已联系")
            assert refused.value.field == "at"


def test_the_device_s_clock_is_kept_as_claimed_and_decides_nothing(company):
    claimed = CALL + dt.timedelta(days=900)
    with time_machine.travel(CALL + HOUR / 2, tick=False):
        request = company.assigned(at=CALL)
        by = company.by("engineer").through("phone", device_at=claimed)
        requests.contact(request, by=by, at=CALL + HOUR / 3, answer="已联系")
    assert contact_of(request).verdict == Verdict.KEPT
    assert Entry.objects.get(action="BX.contact").said["device_at"].startswith("2029-")


def test_an_unpublished_year_is_flagged_and_nothing_breaks(company):
    with time_machine.travel(dt.datetime(2027, 3, 1, 1, tzinfo=dt.UTC), tick=False):
        request = company.contacted(at=timezone.now())
        assert Deadline.objects.get(record_id=request.pk, clock="plan_visit").provisional


MOMENTS = st.datetimes(min_value=dt.datetime(2020, 1, 1), max_value=dt.datetime(2032, 1, 1), timezones=st.just(dt.UTC))
LENGTHS = st.timedeltas(min_value=dt.timedelta(0), max_value=dt.timedelta(days=9))


@given(start=MOMENTS, done=LENGTHS, entered=LENGTHS)
def test_whatever_happens_the_verdict_follows_from_the_two_times_alone(start, done, entered):
    due = start + HOUR
    stopped = start + done
    recorded = stopped + entered
    told = verdict(due, stopped, recorded)
    assert told == (Verdict.MISSED if stopped > due else Verdict.KEPT if recorded <= due else Verdict.LATE_ENTRY)


@given(start=MOMENTS, warn=st.lists(st.integers(1, 600), max_size=5), climbs=st.integers(0, 5))
def test_a_schedule_never_runs_backwards_and_warns_only_before_it_is_due(start, warn, climbs):
    due = hours(1).after(start, None)
    moments = schedule(due, [minutes(count) for count in warn], climbs, dt.timedelta(minutes=30))
    assert moments == sorted(moments)
    assert sum(moment < due for moment in moments) == len(warn)
    assert moments[len(warn)] == due


@given(start=MOMENTS, at=st.times(), zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York"]))
def test_a_daily_time_is_the_next_one_on_the_wall(start, at, zone):
    from zoneinfo import ZoneInfo

    due = daily(start, at.replace(microsecond=0), ZoneInfo(zone))
    assert start < due <= start + dt.timedelta(hours=25)
