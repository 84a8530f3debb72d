"""Customers, sites and contacts: kept by those who serve them, journalled, found, never deleted."""

import pytest
from django.utils import timezone

from bihuan.customers import domain as verbs
from bihuan.customers.models import Contact, Customer, Phone, Site
from bihuan.kernel.access.refusals import Conflict, Invalid, NotAllowed
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences, history
from bihuan.kernel.lists import search

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def opened(company, by="desk", **fields):
    given = {"region": company.jiangsu, "contact": "刘工", "phones": ["0512-6600 1234", "139 0000 1111"]} | fields
    return verbs.open_customer(given.pop("name", "无锡长江纺织有限公司"), by=company.by(by), at=timezone.now(), **given)


def test_a_new_customer_is_served_by_its_regions_branch_and_found_at_once(company):
    customer, site = opened(company)
    assert site.branch == company.east
    lead = company.by("lead")
    for text in ("长江纺织", customer.number, "wxcj", "13900001111", "刘工"):
        assert (customer._meta.label, customer.pk) in search.find(lead, text), text
    assert search.find(company.by("other_lead"), "长江纺织") == []
    assert history(customer)[0].said["after"]["name"] == "无锡长江纺织有限公司"


def test_the_journal_keeps_names_and_numbers_of_people_as_commitments_only(company):
    customer, _site = opened(company)
    contact = customer.contacts.get()
    verbs.change_contact(contact, {"name": "刘大力"}, ["137 1111 2222"], by=company.by("desk"), at=timezone.now())
    bodies = "".join(Entry.objects.values_list("body", flat=True))
    assert "刘" not in bodies and "13711112222" not in bodies.replace(" ", "") and "139 0000 1111" not in bodies
    assert "hmac:" in bodies
    assert [phone.written for phone in contact.phones.all()] == ["137 1111 2222"]
    assert search.find(company.by("lead"), "13711112222") and not search.find(company.by("lead"), "13900001111")
    assert list(differences()) == []


def test_overseas_customers_belong_to_the_export_company(company):
    _customer, site = opened(company, by="export", name="PT Batu", region=None, is_overseas=True)
    assert site.branch == company.overseas


@pytest.mark.parametrize("key", ["auditor", "engineer", "admin", "sales_gm"])
def test_who_keeps_no_customers_changes_none(company, key):
    by, now, customer = company.by(key), timezone.now(), company.unit.customer
    contact = customer.contacts.get()
    before = Entry.objects.count()
    for act in (
        lambda: verbs.open_customer("某某", by=by, at=now, region=company.jiangsu),
        lambda: verbs.change_customer(customer, {"name": "某某"}, by=by, at=now),
        lambda: verbs.add_site(customer, {"name": "新厂", "region": company.jiangsu}, by=by, at=now),
        lambda: verbs.change_site(company.unit.site, {"name": "新厂"}, by=by, at=now),
        lambda: verbs.add_contact(customer, {"name": "某人"}, [], by=by, at=now),
        lambda: verbs.change_contact(contact, {"name": "某人"}, [], by=by, at=now),
        lambda: verbs.switch_contact(contact, False, by=by, at=now),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert Entry.objects.count() == before


def test_a_branch_keeps_its_own_and_registers_nothing_in_a_foreign_territory(company):
    lead, now = company.by("lead"), timezone.now()
    with pytest.raises(Invalid) as refused:
        opened(company, by="lead", region=company.beijing)
    assert refused.value.field == "region" and "华北分公司" in refused.value.sentence
    assert not Customer.objects.filter(name__startswith="无锡").exists()
    verbs.change_customer(company.unit.customer, {"note": "门口登记"}, by=lead, at=now)
    with pytest.raises(NotAllowed):
        verbs.change_customer(company.other_unit.customer, {"note": "门口登记"}, by=lead, at=now)
    with pytest.raises(Invalid):
        verbs.change_site(company.unit.site, {"region": company.beijing}, by=lead, at=now)


def test_a_site_follows_its_region_unless_headquarters_says_otherwise_with_a_reason(company):
    site, desk, now = company.unit.site, company.by("desk"), timezone.now()
    verbs.change_site(site, {"region": company.beijing}, by=desk, at=now)
    assert Site.objects.get(pk=site.pk).branch == company.north
    with pytest.raises(Invalid) as refused:
        verbs.change_site(site, {}, by=desk, at=now, branch=company.east)
    assert refused.value.field == "reason"
    verbs.change_site(site, {}, by=desk, at=now, branch=company.east, reason="客户要求由苏州服务")
    entry = history(site)[0]
    assert (entry.actor_name, entry.said["reason"]) == ("周敏", "客户要求由苏州服务")
    assert (entry.said["before"], entry.said["after"]) == ({"branch": "华北分公司"}, {"branch": "华东分公司"})
    with pytest.raises(NotAllowed):
        verbs.change_site(site, {}, by=company.by("lead"), at=now, branch=company.overseas, reason="不想跑")


def test_a_contact_is_switched_off_never_deleted_and_their_number_rings_no_bell_any_more(company):
    contact, desk = company.unit.customer.contacts.get(), company.by("desk")
    verbs.index_customer(company.unit.customer)
    verbs.switch_contact(contact, False, by=desk, at=timezone.now())
    assert Contact.objects.filter(pk=contact.pk, is_active=False).exists()
    assert search.find(desk, "13800005678", types=["customers.Customer"]) == []
    with pytest.raises(Conflict):
        verbs.switch_contact(contact, False, by=desk, at=timezone.now())
    verbs.switch_contact(contact, True, by=desk, at=timezone.now())
    assert [entry.action for entry in history(contact)] == ["contact.on", "contact.off"]


@pytest.mark.parametrize("phone", ["abc", "12", "1" * 25, "电话：无"])
def test_a_number_nobody_can_call_is_quoted(company, phone):
    with pytest.raises(Invalid) as refused:
        verbs.add_contact(company.unit.customer, {"name": "某人"}, [phone], by=company.by("desk"), at=timezone.now())
    assert refused.value.field == "phones"
    assert not Contact.objects.filter(name="某人").exists()


def test_the_same_number_written_twice_is_kept_once(company):
    made = verbs.add_contact(
        company.unit.customer, {"name": "丁工"}, ["138-1234-5678", "+86 13812345678", ""], by=company.by("desk"), at=timezone.now()
    )
    assert Phone.objects.filter(contact=made).count() == 1


def test_a_change_made_on_top_of_somebody_elses_is_refused(company):
    mine, theirs = Customer.objects.get(pk=company.unit.customer_id), Customer.objects.get(pk=company.unit.customer_id)
    verbs.change_customer(theirs, {"note": "先"}, by=company.by("desk"), at=timezone.now())
    with pytest.raises(Conflict):
        verbs.change_customer(mine, {"note": "后"}, by=company.by("head"), at=timezone.now())
    assert Customer.objects.get(pk=mine.pk).note == "先"


def test_saying_nothing_new_writes_nothing(company):
    before = Entry.objects.count()
    verbs.change_customer(company.unit.customer, {"note": "", "name": company.unit.customer.name}, by=company.by("desk"), at=timezone.now())
    assert Entry.objects.count() == before


def test_a_renamed_customers_machines_are_found_by_the_new_name(company):
    desk = company.by("desk")
    verbs.change_customer(company.unit.customer, {"name": "苏州宏图精密", "short_name": "宏图"}, by=desk, at=timezone.now())
    assert ("equipment.Unit", company.unit.pk) in search.find(desk, "宏图精密")
    assert ("equipment.Unit", company.unit.pk) in search.find(desk, "szht")
