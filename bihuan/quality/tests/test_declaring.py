"""A nonconformity is opened from any record by those who judge, once however often it is sent (QM-2)."""

import re

import pytest
from django.test import Client

from bihuan.kernel.journal.models import Entry
from bihuan.kernel.testing.overlap import together
from bihuan.quality.models import Nonconformity

from .test_nonconformity import declared
from .test_review import opened

pytestmark = pytest.mark.both


def browser(company, key):
    client = Client()
    client.force_login(company.people[key])
    return client


def address(record):
    return f"/r/{record.number}/nonconformity/"


def filled(page, company, **more):
    (once,) = re.findall(r'name="once" value="([0-9a-f]{32})"', page)
    return {"description": "到场晚两小时，未通知客户", "subject": "", "responsible": company.people["lead"].pk, "once": once} | more


MAKERS = {
    "request": lambda company: company.registered(),
    "order": lambda company: company.approved(),
    "record": lambda company: company.on_site(),
    "review": opened,
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", MAKERS)
def test_from_each_kind_of_record_one_click_leads_to_a_report_that_names_it(company, kind):
    source, head = MAKERS[kind](company), browser(company, "head")
    assert address(source) in head.get(f"/r/{source.number}/").content.decode()
    page = head.get(address(source)).content.decode()
    answer = head.post(address(source), filled(page, company))
    made = Nonconformity.objects.get()
    assert answer["Location"] == f"/r/{made.number}/"
    assert (made.status, made.branch, made.source_number, made.responsible) == ("declared", company.east, source.number, company.lead)
    assert (made.clause, made.subject) == ("", "")
    assert made.next_clock == "analysis" and made.next_due_at is not None
    entry = Entry.objects.get(action="BH.declare", record_number=made.number)
    assert entry.said["data"]["source"] == source.number
    assert made.number in head.get(address(source)).content.decode(), "who would open a second one is told of the first"


@pytest.mark.django_db
def test_the_rule_that_was_broken_is_chosen_from_the_procedure_and_earlier_reports_on_it_are_shown(company):
    declared(company)  # on the same time limit, by the nightly check
    source, head = company.registered(), browser(company, "head")
    page = head.get(address(source)).content.decode()
    assert '<option value="BX.first_contact">AS-5.2.1 ' in page
    answer = head.post(address(source), filled(page, company, subject="BX.first_contact"))
    made = Nonconformity.objects.latest("pk")
    assert (made.clause, made.subject) == ("AS-5.2.1", "BX.first_contact")
    assert "同一要求先前的不合格" in head.get(answer["Location"]).content.decode()
    wrong = head.post(address(source), filled(page, company, subject="PG.approve"))
    assert wrong.status_code == 422, "another procedure's"


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["lead", "engineer", "desk", "auditor"])
def test_who_does_not_judge_is_not_offered_it_and_is_refused(company, who):
    source, client = company.assigned(), browser(company, who)
    assert address(source) not in client.get(f"/r/{source.number}/").content.decode()
    assert client.get(address(source)).status_code == client.post(address(source)).status_code == 403
    assert not Nonconformity.objects.exists()


@pytest.mark.django_db
def test_what_is_missing_is_named_and_what_was_typed_stays(company):
    source, head = company.registered(), browser(company, "head")
    page = head.get(address(source)).content.decode()
    answer = head.post(address(source), filled(page, company, responsible=""))
    assert answer.status_code == 422
    assert "到场晚两小时，未通知客户" in answer.content.decode()
    foreign = head.post(address(source), filled(page, company, responsible=company.people["other_lead"].pk))
    assert foreign.status_code == 422, "who does not work at the branch is no choice"
    assert not Nonconformity.objects.exists()


@pytest.mark.django_db
def test_a_report_on_a_report_is_refused_with_the_way_that_helps(company):
    record, head = declared(company), browser(company, "head")
    assert address(record) not in head.get(f"/r/{record.number}/").content.decode()
    answer = head.get(address(record))
    assert answer.status_code == 409
    assert "验证无效，退回" in answer.content.decode()


@pytest.mark.django_db
def test_sent_twice_it_is_one_report_and_both_lead_to_it(company):
    source, head = company.registered(), browser(company, "head")
    sent = filled(head.get(address(source)).content.decode(), company)
    first, again = head.post(address(source), sent), head.post(address(source), sent)
    assert first["Location"] == again["Location"]
    assert Nonconformity.objects.count() == 1
    anew = filled(head.get(address(source)).content.decode(), company)
    assert anew["once"] != sent["once"]
    assert head.post(address(source), anew)["Location"] != first["Location"], "another form is another report"


def test_sent_at_once_it_is_one_report(committed_company):
    company = committed_company

    def fresh():
        source = company.registered()
        clients = [browser(company, "head") for _one in range(4)]
        return source, clients, filled(clients[0].get(address(source)).content.decode(), company)

    def send(index, subject):
        source, clients, sent = subject
        return clients[index].post(address(source), sent)["Location"]

    done = together(4, send, fresh=fresh)
    assert done.failures == []
    assert len(set(done.results)) == 1
    assert Nonconformity.objects.filter(source_number=done.subject[0].number).count() == 1
