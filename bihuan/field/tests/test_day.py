"""The day: whom to call first, where to go in which order, and nothing of anybody else's."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bihuan.service.domain import order as orders
from bihuan.service.domain import request as requests
from bihuan.service.models import DispatchOrder


def page(client):
    return client.get("/my/").content.decode()


def planned(order, **ahead):
    """Another agreed time: what was agreed lies in the past by now."""
    DispatchOrder.objects.filter(pk=order.pk).update(planned_arrival=timezone.now() + dt.timedelta(**ahead))


def numbers(text, *wanted):
    """Those of *wanted* that *text* links to, in the order in which it does."""
    return sorted((number for number in wanted if f"/{number}/" in text), key=lambda number: text.index(f"/{number}/"))


def test_a_customer_who_waits_for_the_call_stands_on_top_with_the_clock_and_the_number(phone, company):
    order = company.approved()
    waiting = company.assigned(caller_name="赵主任")
    text = page(phone)
    assert numbers(text, order.number, waiting.number) == [waiting.number, order.number]
    top = text[: text.index(order.number)]
    assert "首次联系" in top and "data-due=" in top
    assert 'href="tel:13800005678"' in top and "赵主任" in top


def test_the_visits_stand_in_the_order_of_the_day_and_late_ones_above(phone, company):
    afternoon, morning, late = company.approved(), company.approved(), company.approved()
    planned(afternoon, minutes=3)
    planned(morning, minutes=2)
    planned(late, hours=-1)
    DispatchOrder.objects.update(next_due_at=timezone.now() + dt.timedelta(hours=1))
    text = page(phone)
    assert numbers(text, afternoon.number, morning.number, late.number) == [late.number, morning.number, afternoon.number]
    assert "已过约定时间" in text


def test_tomorrow_is_folded_away_once_accepted_and_not_counted_as_today(phone, company):
    order = company.approved()
    planned(order, hours=30)
    text = page(phone)
    assert "今天没有要去的单" in text
    assert re.search(r"<section class=\"panel\"><header><h2>明天和以后", text), "it is to be accepted today"
    orders.accept(DispatchOrder.objects.get(pk=order.pk), by=company.by("engineer"), at=timezone.now())
    assert re.search(r"<details class=\"panel\"><summary>明天和以后", page(phone))


def test_what_is_done_today_stands_at_the_end(phone, company):
    record = company.signed()
    text = page(phone)
    assert "今天已完成" in text and f"/my/records/{record.number}/" in text


def test_a_job_under_way_leads_straight_to_its_record(phone, company):
    record = company.on_site()
    assert f"/my/records/{record.number}/" in page(phone)


def test_a_promised_visit_waits_for_its_order_and_a_planned_one_is_shown_once(phone, company):
    promised = company.contacted()
    order = company.drafted(unit=company.machine("23X1", "太仓新材", company.jiangsu, company.east))
    orders.submit(order, by=company.by("lead"), at=timezone.now())
    text = page(phone)
    assert "已联系，等派工" in text and promised.number in text
    assert "待部长批准，尚未生效" in text and f"/my/requests/{order.request.number}/" not in text


def test_drafts_and_other_peoples_jobs_are_not_my_day(phone, company):
    draft = company.drafted()
    other = company.registered(unit=company.machine("23X2", "昆山电子", company.jiangsu, company.east))
    requests.assign(other, by=company.by("lead"), at=timezone.now(), engineer=company.colleague)
    text = page(phone)
    assert draft.number not in text and other.number not in text


def test_the_map_is_asked_for_by_the_address(phone, company):
    company.approved()
    assert "geo:0,0?q=%E5%B7%A5%E4%B8%9A%E5%9B%AD%E5%8C%BA%201%20%E5%8F%B7" in page(phone)


def test_an_empty_day_says_what_will_come(phone):
    text = page(phone)
    assert "今天没有要去的单" in text and "派给您的单会出现在这里" in text


def test_nobody_sees_a_day_without_signing_in(client, company):
    assert client.get("/my/")["Location"].startswith("/login/")


@pytest.mark.both
def test_ten_jobs_take_as_many_statements_as_one(phone, company):
    def fill(times):
        for n in range(times):
            company.assigned(unit=company.machine(f"S{n}{times}", f"客户{n}{times}", company.jiangsu, company.east))
            company.approved(unit=company.machine(f"T{n}{times}", f"客户甲{n}{times}", company.jiangsu, company.east))

    def statements():
        with CaptureQueriesContext(
            connection,
        ) as counted:
            assert phone.get("/my/").status_code == 200
        return len(counted)

    fill(1)
    phone.get("/my/")
    one = statements()
    fill(9)
    assert statements() == one
    assert one <= 15
