"""Who sees the shelf and what they do with it; how long things stay, and how a person goes from it."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bihuan.api.tests.callers import Caller
from bihuan.kernel.access.refusals import Conflict
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.notify.deliver import hand_out
from bihuan.kernel.notify.models import Message, Notice
from bihuan.kernel.shelf import settle
from bihuan.kernel.shelf.access import access_shelf, waiting_for
from bihuan.kernel.shelf.models import Shelved
from bihuan.kernel.testing.overlap import together
from bihuan.privacy import forget
from bihuan.privacy.person import of_contact
from bihuan.service.domain import record as records
from bihuan.service.domain import request as requests
from bihuan.service.models import ServiceRecord
from bihuan.service.tests.company import Company

pytestmark = pytest.mark.both
WORDS = "王工说皮带也要换，电话 13800005678"


def shelved(company, text=WORDS):
    """What the engineer has sent for a record signed meanwhile."""
    record = company.signed(unit=company.machine(f"W-{Shelved.objects.count()}", "某厂", company.jiangsu, company.east))
    Caller(company.engineer).post(f"records/{record.number}/steps/fill_in", {"advice": text, "outcome": "return_visit"})
    return Shelved.objects.latest("pk")


def browser(person):
    client = Client()
    client.force_login(person)
    return client


SIGHT = [
    ("engineer", True),
    ("lead", True),
    ("head", True),
    ("colleague", False),
    ("other_lead", False),
    ("desk", False),
    ("auditor", False),
]


@pytest.mark.parametrize(("who", "sees"), SIGHT)
def test_the_sender_and_those_who_decide_see_it_and_nobody_else(company, who, sees):
    item, client = shelved(company), browser(company.people[who])

    assert access_shelf.all(company.by(who)).exists() == sees
    assert client.get(f"/shelf/{item.pk}/").status_code == (200 if sees else 404)
    assert client.get("/shelf/987654321/").status_code == 404
    page = client.get("/lists/shelf/").content.decode()
    assert (item.record_number in page) == sees
    assert WORDS not in page


def test_whoever_decides_finds_it_on_the_home_page_until_it_is_decided(company, django_assert_num_queries):
    def tab(who):
        return ">待处理来件<" in browser(company.people[who]).get("/").content.decode().split('class="tabs"')[1].split("</nav>")[0]

    assert not tab("lead"), "nothing waits"
    item = shelved(company)
    assert [who for who in ("lead", "head", "other_lead", "desk", "auditor") if tab(who)] == ["lead", "head"]
    assert (waiting_for(company.by("lead")), waiting_for(company.by("engineer"))) == (1, 0), "the sender has nothing to decide"
    desk = company.by("desk")
    assert desk.grants
    with django_assert_num_queries(0):
        waiting_for(desk)
    Shelved.objects.filter(pk=item.pk).update(state=Shelved.State.DROPPED)
    assert not tab("lead")


def test_the_page_says_in_readable_labels_what_was_sent_and_how_the_record_stands(company):
    item = shelved(company)

    page = browser(company.lead).get(f"/shelf/{item.pk}/").content.decode()

    for words in ("给客户的建议", WORDS, "需再次上门", "张伟", "已签字", f"/r/{item.record_number}/", "退回更正", "不能再“填写”"):
        assert words in page, words
    assert f"/r/{item.record_number}/steps/fill_in/" not in page, "the lead may not fill in"


def test_it_is_taken_over_with_the_number_where_the_words_stand_now(company):
    item, lead = shelved(company), browser(company.lead)
    assert lead.post(f"/shelf/{item.pk}/take/", {}).status_code == 422
    assert lead.post(f"/shelf/{item.pk}/take/", {"number": "BX-HB-2026-000001"}).status_code == 422

    assert lead.post(f"/shelf/{item.pk}/take/", {"number": item.record_number}).status_code == 302

    item.refresh_from_db()
    assert (item.state, item.into_number, item.settled_by) == ("taken", item.record_number, company.lead)
    entry = Entry.objects.get(action="shelf.taken")
    assert (entry.record_number, entry.actor_id, entry.said["data"]["shelved"]) == (item.record_number, company.lead.pk, item.pk)
    assert lead.post(f"/shelf/{item.pk}/take/", {"number": item.record_number}).status_code == 409
    assert "来件已补录" in lead.get(f"/r/{item.record_number}/history/").content.decode()


def test_it_is_dropped_with_a_reason_by_those_who_decide(company):
    item, lead = shelved(company), browser(company.lead)
    assert browser(company.engineer).post(f"/shelf/{item.pk}/drop/", {"reason": "我的"}).status_code == 403
    assert browser(company.colleague).post(f"/shelf/{item.pk}/drop/", {"reason": "别人的"}).status_code == 403, (
        "the role is asked for first"
    )
    assert browser(company.other_lead).post(f"/shelf/{item.pk}/drop/", {"reason": "别人的"}).status_code == 404
    assert lead.post(f"/shelf/{item.pk}/drop/", {"reason": " "}).status_code == 422
    assert Shelved.objects.get().is_waiting

    lead.post(f"/shelf/{item.pk}/drop/", {"reason": "记录里已有"})

    item.refresh_from_db()
    assert (item.state, item.reason) == ("dropped", "记录里已有")
    entry = Entry.objects.get(action="shelf.dropped")
    assert entry.record_number == item.record_number
    assert "记录里已有" not in entry.body, "the chain holds a commitment, not the words"


def test_nobody_enters_from_the_shelf_what_they_do_not_see(company):
    item = shelved(company)
    assert settle.waiting(company.by("colleague"), str(item.pk), "FW.fill_in") is None
    assert settle.waiting(company.by("engineer"), str(item.pk), "PG.report") is None
    for text in ("x", "-1", "9" * 30, "²", ""):
        assert settle.waiting(company.by("engineer"), text, "FW.fill_in") is None
    assert settle.waiting(company.by("engineer"), str(item.pk), "FW.fill_in") == item


def test_of_six_who_decide_at_once_one_is_heard(committed):
    company = Company()
    by = company.by("lead")

    def decide(_index, item):
        settle.drop(item, by=by, at=timezone.now(), reason="重复")

    done = together(6, decide, fresh=lambda: shelved(company))

    assert sum(result is None for result in done.results) == 1
    assert sum(isinstance(result, Conflict) for result in done.results) == 5
    assert Entry.objects.filter(action="shelf.dropped", record_number=done.subject.record_number).count() == 1


def test_the_lead_is_told_at_once_and_the_head_after_a_day(company):
    item = shelved(company)
    hand_out()
    first = Message.objects.get(notice__kind="shelved")
    assert first.person == company.lead
    inbox = browser(company.lead).get("/inbox/").content.decode()
    assert "张伟 发来的“售后服务记录单：填写”没能办成" in inbox
    assert browser(company.lead).get(f"/inbox/{first.pk}/")["Location"] == f"/shelf/{item.pk}/"

    later = timezone.now() + dt.timedelta(hours=25)
    assert (settle.remind(), settle.remind(later), settle.remind(later)) == (0, 1, 0)
    hand_out()
    assert [one.person for one in Message.objects.filter(notice__kind="shelved_late")] == [company.head]
    assert "已等了一天" in browser(company.head).get("/inbox/").content.decode()


def test_what_was_settled_goes_after_thirty_days_and_what_waits_stays(company):
    settled, waits = shelved(company), shelved(company)
    settle.drop(settled, by=company.by("lead"), at=timezone.now() - dt.timedelta(days=31), reason="重复")
    Shelved.objects.filter(pk=waits.pk).update(arrived_at=timezone.now() - dt.timedelta(days=400))

    assert (settle.forget_settled(), settle.forget_settled()) == (1, 0)
    assert Shelved.objects.get() == waits


def test_a_person_who_asks_for_it_goes_from_the_shelf_too(company):
    item = shelved(company)
    record = ServiceRecord.objects.get(pk=item.record_id)
    records.review(record, by=company.by("lead"), at=timezone.now(), review_note="好")
    requests.close(record.order.request, by=company.by("desk"), at=timezone.now())

    forget.forget(of_contact(record.order.request.customer.contacts.get().pk), by=company.by("admin"), at=timezone.now(), reason="本人要求")

    item.refresh_from_db()
    assert item.words["advice"] == "【已删除】说皮带也要换，电话 【已删除】"


def test_list_and_page_take_as_many_statements_however_much_lies_there(company):
    client, item = browser(company.lead), shelved(company)
    client.get("/lists/shelf/")
    counts = []
    for more in (0, 4):
        for _n in range(more):
            shelved(company)
        counts.append([statements(client, address) for address in ("/lists/shelf/", f"/shelf/{item.pk}/")])
    assert counts[0] == counts[1]
    assert counts[0][0] <= 12 and counts[0][1] <= 14, counts


def statements(client, address):
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


def test_keeping_costs_a_refusal_a_few_statements_and_a_success_none(company):
    record, caller = company.signed(), Caller(company.engineer)
    path = f"records/{record.number}/steps/fill_in"
    caller.post(path, {"advice": "一"})
    with CaptureQueriesContext(connection) as refused:
        caller.post(path, {"advice": "二"})
    shelf = [entry["sql"] for entry in refused if "shelf_shelved" in entry["sql"]]
    assert len(shelf) == 2, shelf  # how many wait, and the row
    assert Notice.objects.filter(kind="shelved").count() == 2
