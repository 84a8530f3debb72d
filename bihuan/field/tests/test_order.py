"""The order: taken or declined, the carry list, the road, the arrival, the daily report."""

import datetime as dt

import pytest
from django.utils import timezone

from bihuan.equipment.models import Acknowledgement, Bulletin
from bihuan.kernel.journal.models import Entry
from bihuan.service.domain import order as orders
from bihuan.service.models import DailyReport, DispatchOrder


def url(order):
    return f"/my/orders/{order.number}/"


def accepted(company):
    order = company.approved()
    orders.accept(order, by=company.by("engineer"), at=timezone.now())
    return order


def travelling(company):
    order = accepted(company)
    orders.depart(order, by=company.by("engineer"), at=timezone.now(), carried=[item.pk for item in order.carry_items.all()])
    return order


def status(order):
    return DispatchOrder.objects.get(pk=order.pk).status


def test_an_approved_order_is_taken(phone, company):
    order = company.approved()
    assert "接单" in phone.get(url(order)).content.decode()
    assert phone.post(url(order), {"step": "accept"})["Location"] == url(order)
    assert status(order) == "accepted"


def test_an_order_not_yet_approved_offers_nothing_to_do(phone, company):
    order = company.drafted()
    orders.submit(order, by=company.by("lead"), at=timezone.now())
    text = phone.get(url(order)).content.decode()
    assert "尚未生效" in text and 'name="step"' not in text


def test_declining_needs_the_reason_and_keeps_what_was_typed(phone, company):
    order = company.approved()
    refused = phone.post(url(order), {"step": "decline", "reason": " "})
    assert refused.status_code == 422 and "data-open" in refused.content.decode()
    assert phone.post(url(order), {"step": "decline", "reason": "车坏在半路"})["Location"] == "/my/"
    assert status(order) == "drafted"


def test_a_release_by_phone_says_that_the_approval_is_still_to_come(phone, company):
    order = company.drafted()
    now = timezone.now()
    orders.release_by_phone(order, by=company.by("lead"), at=now, phone_approver="陈部长", phone_approved_at=now, reason="停产")
    assert "凭陈部长电话同意放行" in phone.get(url(order)).content.decode()


def test_setting_out_with_everything_ticked(phone, company):
    order = accepted(company)
    items = [str(item.pk) for item in order.carry_items.all()]
    phone.post(url(order), {"step": "depart", "carried": items})
    assert status(order) == "travelling"
    assert all(item.carried for item in order.carry_items.all())


def test_what_is_left_behind_needs_its_reason(phone, company):
    order = accepted(company)
    form, gauge = order.carry_items.all()
    refused = phone.post(url(order), {"step": "depart", "carried": [form.pk]})
    text = refused.content.decode()
    assert refused.status_code == 422 and "“压力表”未带，请勾选或写明原因" in text
    assert f'value="{form.pk}" checked' in text and f'value="{gauge.pk}" checked' not in text
    phone.post(url(order), {"step": "depart", "carried": [form.pk], f"remark_{gauge.pk}": "借给王磊了"})
    gauge.refresh_from_db()
    assert status(order) == "travelling" and gauge.remark == "借给王磊了" and not gauge.carried


def test_arriving_with_time_and_place_opens_the_record(phone, company):
    order = travelling(company)
    text = phone.get(url(order)).content.decode()
    assert "附上定位" in text and 'value="二号厂房"' in text
    answer = phone.post(url(order), {"step": "arrive", "arrival_place": "东门", "latitude": "31.300000", "longitude": "120.700000"})
    order = DispatchOrder.objects.get(pk=order.pk)
    assert answer["Location"] == f"/my/records/{order.service_record.number}/"
    assert (order.arrival_place, str(order.latitude)) == ("东门", "31.300000")


def test_arriving_needs_no_position_but_a_place(phone, company):
    order = travelling(company)
    assert phone.post(url(order), {"step": "arrive", "arrival_place": ""}).status_code == 422
    assert phone.post(url(order), {"step": "arrive", "arrival_place": "东门"}).status_code == 302


def test_an_arrival_before_the_departure_is_refused_with_the_place_kept(phone, company):
    order = travelling(company)
    before = (timezone.localtime() - dt.timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    refused = phone.post(url(order), {"step": "arrive", "arrival_place": "西门三号", "at": before})
    assert refused.status_code == 422
    assert "西门三号" in refused.content.decode() and "早于出发时间" in refused.content.decode()


@pytest.mark.both
def test_a_report_that_arrives_twice_is_one_report(phone, company):
    order = company.on_site().order
    sent = {"step": "report", "progress": "已拆主机", "plan": "明天装复", "client_key": "k1"}
    for _again in range(2):
        assert phone.post(url(order), sent).status_code == 302
    assert DailyReport.objects.count() == 1
    other = phone.post(url(order), sent | {"progress": "补充：缺一个垫片"})
    assert other.status_code == 409 and "补充：缺一个垫片" in other.content.decode()
    assert phone.post(url(order), sent | {"client_key": "k2"}).status_code == 302
    assert DailyReport.objects.count() == 2
    assert "已拆主机" in phone.get(url(order)).content.decode()


def test_a_refused_report_keeps_the_plan_and_its_key(phone, company):
    order = company.on_site().order
    refused = phone.post(url(order), {"step": "report", "progress": "", "plan": "明天装复", "client_key": "k1"})
    assert refused.status_code == 422
    assert "明天装复" in refused.content.decode() and 'value="k1"' in refused.content.decode()


def test_the_last_three_visits_to_the_unit_are_there(phone, company):
    for _visit in range(4):
        company.signed()
    order = company.approved()
    assert phone.get(url(order)).content.decode().count("压力开关失灵") == 3


def test_a_bulletin_is_shown_until_it_is_acknowledged(phone, company):
    bulletin = Bulletin.objects.create(
        number="JT-1", title="传感器漂移", body="先量信号", issued_on=dt.date(2026, 1, 5), issued_by="技术部"
    )
    bulletin.models_concerned.add(company.model)
    order = company.approved()
    assert "传感器漂移" in phone.get(url(order)).content.decode()
    for _again in range(2):
        assert phone.post("/my/bulletins/", {"number": "JT-1", "next": url(order)})["Location"] == url(order)
    assert Acknowledgement.objects.filter(bulletin=bulletin, person=company.engineer).count() == 1
    assert Entry.objects.filter(action="bulletin.read", record_number="JT-1").count() == 1
    assert "先量信号" not in phone.get(url(order)).content.decode()


def test_acknowledging_leads_nowhere_outside(phone, company):
    Bulletin.objects.create(number="JT-1", title="x", body="x", issued_on=dt.date(2026, 1, 5), issued_by="x")
    assert phone.post("/my/bulletins/", {"number": "JT-1", "next": "//evil.example/"})["Location"] == "/my/"
    assert phone.post("/my/bulletins/", {"number": "JT-9"}).status_code == 404


def test_a_colleagues_order_and_an_absent_one_get_the_same_answer(colleagues_phone, company):
    order = company.approved()
    assert colleagues_phone.get(url(order)).status_code == 404
    assert colleagues_phone.post(url(order), {"step": "accept"}).status_code == 404
    assert colleagues_phone.get("/my/orders/PG-HD-2026-999999/").status_code == 404
    assert status(order) == "approved"


@pytest.mark.parametrize("reach", [lambda company: company.approved(), accepted, travelling, lambda company: company.on_site().order])
def test_the_order_page_takes_few_statements(phone, company, reach, django_assert_max_num_queries):
    for _earlier in range(3):
        company.signed()
    order = reach(company)
    phone.get(url(order))
    with django_assert_max_num_queries(25):
        assert phone.get(url(order)).status_code == 200
