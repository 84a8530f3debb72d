"""The customer's page and its forms, and the lists: what each role sees, and what nobody does."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bihuan.customers.models import Contact, Customer, Phone, Site

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def page_of(customer):
    return f"/customers/{customer.number}/"


def test_the_page_says_what_is_open_first_then_who_and_where(browse, company):
    request = company.registered()
    page = browse("desk").get(page_of(company.unit.customer)).content.decode()
    body = page[page.index('id="content"') :]
    places = [body.index(text) for text in ("<h2>未完事项", request.number, "<h2>现场", "二号厂房", "王工", "<h2>设备", "<h2>最近的报修")]
    assert places == sorted(places)
    assert f"/requests/new/?customer={company.unit.customer_id}" in page
    assert "华东分公司" in page and "tel:138" in page


def test_an_auditor_reads_masked_numbers_everywhere(browse, company):
    auditor = browse("auditor")
    for url in (page_of(company.unit.customer), "/lists/contacts/", "/lists/contacts/export.csv"):
        answer = auditor.get(url)
        text = answer.getvalue().decode("utf-8-sig") if answer.streaming else answer.content.decode()
        text = text.replace(" ", "")
        assert "138****5678" in text, url
        assert "13800005678" not in text, url


def test_own_foreign_and_absent(browse, company):
    lead = browse("lead")
    own, foreign = company.unit.customer, company.other_unit.customer
    site, contact = foreign.sites.get(), foreign.contacts.get()
    assert lead.get(page_of(own)).status_code == 200
    answers = [lead.get(url) for url in (page_of(foreign), "/customers/KH-999/")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert [answer.content.decode().count("没有找到这条记录") for answer in answers] == [2, 2]
    for url in (f"{page_of(foreign)}edit/", f"{page_of(foreign)}sites/new/", f"{page_of(foreign)}contacts/new/",
                f"/sites/{site.pk}/edit/", f"/contacts/{contact.pk}/edit/", "/sites/999999/edit/", "/contacts/999999/edit/"):  # fmt: skip
        assert lead.get(url).status_code == 404, url
    assert lead.post(f"/contacts/{contact.pk}/off/").status_code == 404
    assert browse("engineer").get(f"{page_of(own)}edit/").status_code == 403
    assert "京北" not in lead.get("/lists/customers/").content.decode() + lead.get("/lists/sites/").content.decode()


def test_a_shared_customers_foreign_sites_stay_out_of_sight(browse, company):
    Site.objects.create(customer=company.unit.customer, name="北京研发楼", region=company.beijing, branch=company.north)
    assert "北京研发楼" not in browse("lead").get(page_of(company.unit.customer)).content.decode()
    assert "北京研发楼" in browse("desk").get(page_of(company.unit.customer)).content.decode()


def test_the_desk_registers_a_customer_with_site_and_contact_on_one_page(browse, company):
    sent = {
        "name": "无锡长江纺织有限公司",
        "short_name": "长江纺织",
        "site": "一分厂",
        "region": "320000",
        "contact": "刘工",
        "phones": "0512-66001234",
    }
    desk = browse("desk")
    answer = desk.post("/customers/new/", sent)
    assert answer.status_code == 302, answer.context["form"].errors
    page = desk.get(answer["Location"]).content.decode()
    assert all(text in page for text in ("长江纺织", "一分厂", "刘工", "华东分公司"))
    twice = desk.post("/customers/new/", sent | {"short_name": "再来一次"})
    assert twice.status_code == 422 and "再来一次" in twice.content.decode()
    no_region = desk.post("/customers/new/", sent | {"name": "没有地区", "region": ""})
    assert no_region.status_code == 422 and "请选择地区" in no_region.content.decode()
    assert Customer.objects.filter(name__in=["没有地区", "无锡长江纺织有限公司"]).count() == 1


def test_the_branch_of_a_site_is_overridden_by_the_desk_but_not_by_a_lead(browse, company):
    site = company.unit.site
    url, sent = f"/sites/{site.pk}/edit/", {"name": "二号厂房", "region": "320000", "branch": company.north.pk}
    assert browse("desk").post(url, sent).status_code == 422
    assert browse("lead").post(url, sent | {"reason": "我想要"}).status_code == 302  # the field is not theirs: nothing of it counts
    site.refresh_from_db()
    assert site.branch == company.east
    assert browse("desk").post(url, sent | {"reason": "客户指定"}).status_code == 302
    site.refresh_from_db()
    assert site.branch == company.north
    page = browse("desk").get(url).content.decode()
    assert "客户指定" in page and "周敏" in page


def test_a_lead_who_edits_a_site_placed_by_hand_leaves_it_where_it_is(browse, company):
    site = company.other_unit.site  # in Beijing
    Site.objects.filter(pk=site.pk).update(branch=company.east)
    answer = browse("lead").post(f"/sites/{site.pk}/edit/", {"name": "新名称", "region": "110000"})
    assert answer.status_code == 302, answer.context["form"].errors
    site.refresh_from_db()
    assert (site.name, site.branch) == ("新名称", company.east)


def test_a_contact_with_several_numbers_is_kept_and_switched_off(browse, company):
    desk, customer = browse("desk"), company.unit.customer
    assert desk.post(f"{page_of(customer)}contacts/new/", {"name": "丁工", "phones": "139 1\n"}).status_code == 422
    assert desk.post(f"{page_of(customer)}contacts/new/", {"name": "丁工", "phones": "139 0000 2222\n0512-66001234-801"}).status_code == 302
    made = Contact.objects.get(name="丁工")
    assert Phone.objects.filter(contact=made).count() == 2
    assert desk.post(f"/contacts/{made.pk}/off/").status_code == 302
    assert "已停用" in desk.get(page_of(customer)).content.decode()


@pytest.mark.parametrize("url", ["/lists/customers/", "/lists/sites/", "/lists/contacts/"])
def test_a_list_costs_the_same_for_two_and_for_forty(browse, company, url):
    client = browse("desk")
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        assert client.get(url).status_code == 200
    for number in range(40):
        company.machine(f"X{number}", f"客户{number}", company.jiangsu, company.east)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few) <= 25


def test_the_page_costs_the_same_for_a_small_customer_and_a_large_one(browse, company):
    client, customer = browse("desk"), company.unit.customer
    company.registered()
    client.get(page_of(customer))
    with CaptureQueriesContext(connection) as few:
        client.get(page_of(customer))
    for number in range(20):
        site = Site.objects.create(customer=customer, name=f"厂房{number}", region=company.jiangsu, branch=company.east)
        contact = Contact.objects.create(customer=customer, site=site, name=f"人{number}")
        Phone.objects.create(contact=contact, written=f"1390000{number:04d}")
    for _ in range(4):
        company.registered()
    with CaptureQueriesContext(connection) as many:
        client.get(page_of(customer))
    assert len(many) == len(few) <= 25


def test_what_is_typed_is_shown_as_text(browse, company):
    Customer.objects.filter(pk=company.unit.customer_id).update(name="<script>alert(1)</script>", note="<b>粗</b>")
    page = browse("desk").get(page_of(company.unit.customer)).content.decode()
    assert "<script>alert" not in page and "<b>粗" not in page
