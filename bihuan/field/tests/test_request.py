"""Before there is an order: the call, and what came of it."""

import datetime as dt

import pytest
from django.utils import timezone

from bihuan.service.models import ServiceRequest


def url(request):
    return f"/my/requests/{request.number}/"


def test_the_page_shows_the_customers_words_and_calls_at_a_touch(phone, company):
    request = company.assigned(fault="早上开机就报高压", caller_name="王工", first_answer="请先断电")
    text = phone.get(url(request)).content.decode()
    assert "早上开机就报高压" in text and "请先断电" in text and 'href="tel:13800005678"' in text
    assert "记录已联系" in text and "电话里已解决" in text


def test_the_contact_is_recorded_with_what_was_said_and_when(phone, company):
    request = company.assigned(at=timezone.now() - dt.timedelta(minutes=40))
    spoken = timezone.localtime() - dt.timedelta(minutes=10)
    answer = phone.post(url(request), {"step": "contact", "answer": "下午两点到", "at": spoken.strftime("%Y-%m-%dT%H:%M")})
    assert answer["Location"] == "/my/"
    kept = ServiceRequest.objects.get(pk=request.pk)
    assert kept.status == "contacted" and kept.answer == "下午两点到"
    assert kept.contacted_at == spoken.replace(second=0, microsecond=0)


def test_times_are_read_by_the_branchs_clock(phone, company):
    company.east.time_zone = "Asia/Urumqi"  # two hours behind Shanghai's sun, the same hour on the wall elsewhere
    company.east.save()
    request = company.assigned(at=timezone.now() - dt.timedelta(minutes=40))
    spoken = timezone.localtime(timezone=company.east.zone) - dt.timedelta(minutes=10)
    phone.post(url(request), {"step": "contact", "answer": "好的", "at": spoken.strftime("%Y-%m-%dT%H:%M")})
    assert ServiceRequest.objects.get(pk=request.pk).contacted_at == spoken.replace(second=0, microsecond=0)


def test_solved_by_phone_closes_the_request(phone, company):
    request = company.assigned()
    phone.post(url(request), {"step": "solve_by_phone", "answer": "复位后正常"})
    assert ServiceRequest.objects.get(pk=request.pk).status == "closed"
    text = phone.get(url(request)).content.decode()
    assert "复位后正常" in text and "记录已联系" not in text


def test_a_refused_contact_keeps_every_word(phone, company):
    request = company.assigned()
    tomorrow = (timezone.localtime() + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    answer = phone.post(url(request), {"step": "contact", "answer": "客户说先不要来", "at": tomorrow})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "客户说先不要来" in text and tomorrow in text and "请改成实际发生的时间" in text
    assert ServiceRequest.objects.get(pk=request.pk).status == "assigned"


def test_for_htmx_a_refusal_is_shown_and_success_leads_on(phone, company):
    request = company.assigned()
    refused = phone.post(url(request), {"step": "contact", "answer": ""}, headers={"HX-Request": "true"})
    assert refused.status_code == 422 and refused["HX-Fragment"] == "page"
    taken = phone.post(url(request), {"step": "contact", "answer": "两点到"}, headers={"HX-Request": "true"})
    assert taken.status_code == 204 and taken["HX-Redirect"] == "/my/"


def test_what_happened_meanwhile_is_said_and_the_words_stay(phone, company):
    request = company.contacted()
    answer = phone.post(url(request), {"step": "contact", "answer": "又打了一次"})
    assert answer.status_code == 409
    assert "不能再" in answer.content.decode() and "又打了一次" in answer.content.decode()


def test_an_order_in_force_is_one_touch_away(phone, company):
    order = company.approved()
    assert f"/my/orders/{order.number}/" in phone.get(url(order.request)).content.decode()


@pytest.mark.parametrize("step", ["cancel", "assign", "", "nonsense"])
def test_only_the_phones_own_steps_are_taken_here(phone, company, step):
    request = company.assigned()
    assert phone.post(url(request), {"step": step, "reason": "x", "answer": "x"}).status_code == 422
    assert ServiceRequest.objects.get(pk=request.pk).status == "assigned"


def test_a_colleagues_request_and_an_absent_one_get_the_same_answer(colleagues_phone, company):
    request = company.assigned()
    foreign, absent = colleagues_phone.get(url(request)), colleagues_phone.get("/my/requests/BX-HD-2026-999999/")
    assert foreign.status_code == absent.status_code == 404
    assert colleagues_phone.post(url(request), {"step": "contact", "answer": "x"}).status_code == 404


def test_not_even_headquarters_acts_in_an_engineers_place(client, company):
    request = company.assigned()
    client.force_login(company.head)
    assert client.get(url(request)).status_code == 404
