"""The machine's page answers what is it with this machine; the label's page tells strangers next to nothing; forms lose nothing."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bihuan.equipment.label import said_to_strangers
from bihuan.equipment.models import Bulletin, ProductLine, ProductModel, Unit, WarrantyTerm
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import history
from bihuan.organisation.models import Appointment, Person
from bihuan.service.models import ServiceRecord

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def page_of(unit):
    return f"/units/{unit.serial}/"


@pytest.fixture
def technical(company):
    person = Person.objects.create_person("tech", "潘伟", "x", home_branch=company.hq)
    Appointment.objects.create(person=person, role="technical", branch=company.hq)
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def bulletin(company):
    made = Bulletin.objects.create(number="JT-1", title="密封垫", body="不得涂胶", issued_on=dt.date(2026, 1, 1), issued_by="潘伟")
    made.models_concerned.add(company.model)
    return made


def visited(company, value, **record_fields):
    """A closed request whose visit measured *value*."""
    request = company.closed()
    record = ServiceRecord.objects.get(order__request=request)
    lines = [{**line, "value": value if line["measured"] else ""} for line in record.checklist]
    ServiceRecord.objects.filter(pk=record.pk).update(checklist=lines, **record_fields)
    return record


def test_the_page_tells_cover_open_matters_parts_readings_and_every_visit(browse, company, bulletin):
    part = {"name": "温控阀芯", "part_no": "KX-TV-02", "quantity": 1, "old_serial": "J057", "new_serial": "N057"}
    visited(company, "0.75")
    record = visited(company, "0.95", parts=[part])
    open_one = company.registered()
    page = browse("desk").get(page_of(company.unit)).content.decode()
    left = (company.unit.parts_until - timezone.localdate()).days
    wanted = (
        "2027-03-14",
        f"剩 {left} 天",
        "未登记",
        open_one.number,
        "近 90 天报修 3 次",
        "压力开关失灵",
        "更换压力开关并试机",
        record.number,
    )
    for text in (
        *wanted,
        "J057 → N057",
        "0.95 MPa",
        "超限",
        "0.6–0.9",
        "<polyline",
        "密封垫",
        "未读",
        f"/requests/new/?unit={company.unit.pk}",
    ):
        assert text in page, text


def test_own_foreign_and_absent_machines(browse, company):
    lead = browse("lead")
    for path in ("", "edit/", "warranty/"):
        foreign, absent = lead.get(page_of(company.other_unit) + path), lead.get(f"/units/99Z9999/{path}")
        assert (foreign.status_code, absent.status_code) == (404, 404), path
        assert "没有找到这条记录" in foreign.content.decode() and "没有找到这条记录" in absent.content.decode()
    assert lead.post(f"{page_of(company.other_unit)}label/").status_code == 404
    assert lead.get(page_of(company.unit)).status_code == 200
    assert lead.get(f"{page_of(company.unit)}warranty/").status_code == 403
    assert browse("engineer").get(f"{page_of(company.unit)}edit/").status_code == 403
    assert Client().get(page_of(company.unit)).status_code == 302
    assert company.other_unit.serial not in lead.get("/units/").content.decode()


def test_a_request_of_another_branch_on_ones_own_machine_stays_out_of_sight(browse, company):
    request = company.registered()
    type(request).objects.filter(pk=request.pk).update(branch=company.north)
    assert request.number not in browse("lead").get(page_of(company.unit)).content.decode()
    assert request.number in browse("desk").get(page_of(company.unit)).content.decode()


def test_the_page_costs_the_same_for_one_visit_and_for_many(browse, company, bulletin):
    client = browse("desk")
    visited(company, "0.7")
    client.get(page_of(company.unit))
    with CaptureQueriesContext(connection) as few:
        client.get(page_of(company.unit))
    for value in ("0.8", "0.85", "0.9"):
        visited(company, value, parts=[{"name": "油滤", "quantity": 1}])
    company.registered()
    with CaptureQueriesContext(connection) as many:
        client.get(page_of(company.unit))
    assert len(many) == len(few) <= 25


@pytest.mark.parametrize("url", ["/units/", "/models/", "/lists/lines/", "/bulletins/"])
def test_a_list_costs_the_same_for_two_and_for_forty(browse, company, bulletin, url):
    client = browse("desk")
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        assert client.get(url).status_code == 200
    for number in range(40):
        company.machine(f"X{number}", f"客户{number}", company.jiangsu, company.east)
        ProductModel.objects.create(line=ProductLine.objects.create(code=f"L{number}", name=f"线{number}"), name=f"M{number}")
        Bulletin.objects.create(number=f"B{number}", title="题", body="文", issued_on=dt.date(2026, 1, 2), issued_by="某")
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few) <= 25


# what the code on the machine tells


def test_a_stranger_reads_model_warranty_and_phone_and_nothing_else(company):
    company.east.phone = "0512-8888 0200"
    company.east.save()
    company.registered()
    answer = Client().get(f"/u/{company.unit.label_token}/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert all(text in page for text in ("KX-160", "保修期内", "0512-8888 0200", "设备有故障"))
    body = page[page.index("<main") :]
    for secret in ("22A0457", "华东精密", "二号厂房", "王工", "0000", "2027", "苏州", "工业园区", "BX-", "华东分公司", "螺杆机"):
        assert secret not in body, secret


def test_what_strangers_are_told_is_a_list_of_three(company):
    assert set(said_to_strangers(company.unit, dt.date(2027, 3, 14))) == {"model", "in_warranty", "phone"}
    assert said_to_strangers(company.unit, dt.date(2027, 3, 14))["in_warranty"] is True
    assert said_to_strangers(company.unit, dt.date(2027, 3, 15))["in_warranty"] is False


def test_colleagues_with_sight_are_led_on_and_others_read_what_strangers_read(browse, company):
    url = f"/u/{company.unit.label_token}/"
    for key in ("desk", "lead", "engineer", "auditor"):
        assert browse(key).get(url)["Location"] == page_of(company.unit), key
    answer = browse("other_lead").get(url)
    assert answer.status_code == 200 and "22A0457" not in answer.content.decode()


@pytest.mark.parametrize("token", ["x", "A" * 24, "A" * 200, "22A0457", "%00" * 24, "..%2f..%2fetc", "１" * 24, "'; DROP TABLE--aaaaaaaa"])
def test_an_invented_token_finds_nothing_and_every_one_alike(company, token):
    answer = Client().get(f"/u/{token}/")
    assert answer.status_code == 404
    assert "没有找到" in answer.content.decode()
    assert "KX-160" not in answer.content.decode()


def test_the_label_is_a_pdf_that_leads_to_the_public_page_and_is_journalled(browse, company):
    answer = browse("desk").post(f"{page_of(company.unit)}label/")
    assert answer.content.startswith(b"%PDF")
    assert history(company.unit)[0].action == "unit.label"
    for key in ("engineer", "auditor"):
        assert browse(key).post(f"{page_of(company.unit)}label/").status_code == 403
    assert Entry.objects.filter(action="unit.label").count() == 1


# forms


def sent(company, **other):
    return {"serial": "26C0001", "model": company.model.pk, "site": company.unit.site_id, "shipped_on": "2025-09-19"} | other


def test_a_machine_is_registered_for_a_customer_found_first(browse, company):
    from bihuan.customers.public import index_customer

    WarrantyTerm.objects.create(line=company.line, valid_from="2018-01-01", parts_months=18, labour_months=12, travel_months=12)
    index_customer(company.unit.customer)
    desk = browse("desk")
    found = desk.get("/units/new/?q=华东精密").content.decode()
    url = f"/units/new/?customer={company.unit.customer_id}"
    assert f"?customer={company.unit.customer_id}" in found
    bad = desk.post(url, sent(company, serial="26/C 1", place="三号机位"))
    assert bad.status_code == 422 and "三号机位" in bad.content.decode()
    assert desk.post(url, sent(company, commissioned_on="2025-01-01")).status_code == 422
    assert desk.post(url, sent(company, site=company.other_unit.site_id)).status_code == 422
    assert desk.post(url, sent(company)).status_code == 302
    assert Unit.objects.get(serial="26C0001").parts_until == dt.date(2027, 3, 19)
    assert browse("lead").get(f"/units/new/?customer={company.other_unit.customer_id}").status_code == 404
    assert browse("auditor").get("/units/new/").status_code == 403


def test_a_machine_goes_to_another_customer(browse, company):
    new = company.other_unit.customer
    url = f"{page_of(company.unit)}edit/?customer={new.pk}"
    answer = browse("desk").post(url, sent(company, serial="22A0457", site=company.other_unit.site_id))
    assert answer.status_code == 302, answer.context["form"].errors
    company.unit.refresh_from_db()
    assert company.unit.customer == new
    assert history(company.unit)[0].said["before"]["customer"] == "华东精密"


def test_the_head_sets_a_warranty_with_a_reason(browse, company):
    url, dates = f"{page_of(company.unit)}warranty/", {"parts_until": "2029-01-01", "labour_until": "", "travel_until": ""}
    assert browse("head").post(url, dates).status_code == 422
    assert browse("head").post(url, dates | {"reason": "补偿"}).status_code == 302
    assert "2029-01-01" in browse("lead").get(page_of(company.unit)).content.decode()


def test_technical_keeps_models_with_their_checklist_as_text(technical, browse, company):
    url = f"/models/{company.model.pk}/edit/"
    assert "排气压力 | MPa | 0.6 | 0.9" in technical.get(url).content.decode()
    wrong = technical.post(url, {"line": company.line.pk, "name": "KX-160", "checklist": "外观\n压力 | MPa | 高"})
    assert wrong.status_code == 422 and "第 2 行" in wrong.content.decode() and "压力 | MPa | 高" in wrong.content.decode()
    assert technical.post(url, {"line": company.line.pk, "name": "KX-160", "checklist": "外观\n压力 | MPa | 1"}).status_code == 302
    assert [item.text for item in company.model.checklist.all()] == ["外观", "压力"]
    assert "≥ 1" in technical.get(f"/models/{company.model.pk}/").content.decode()
    assert technical.post("/lines/new/", {"code": "LX", "name": "离心机"}).status_code == 302
    term = {"valid_from": "2026-01-01", "parts_months": 12, "labour_months": 12, "travel_months": 6}
    assert technical.post("/lines/LX/terms/new/", term).status_code == 302
    assert technical.post("/lines/LX/terms/new/", term).status_code == 422
    assert technical.post("/models/new/", {"line": ProductLine.objects.get(code="LX").pk, "name": "LX-1"}).status_code == 302
    for other in ("/lines/LX/edit/", "/lines/LX/terms/new/", "/models/new/", "/lines/new/", url):
        assert browse("lead").get(other).status_code == 403, other
    assert browse("lead").get("/lines/LX/").status_code == 200


def test_a_bulletin_is_issued_read_and_withdrawn_and_readers_show_to_technical_and_auditors(technical, browse, company):
    form = {"number": "JT-9", "title": "温控阀", "body": "更换", "models_concerned": [company.model.pk]}
    assert technical.post("/bulletins/new/", form | {"models_concerned": []}).status_code == 422
    assert technical.post("/bulletins/new/", form).status_code == 302
    lead = browse("lead")
    assert "我已阅读" in lead.get("/bulletins/JT-9/").content.decode()
    assert lead.post("/bulletins/JT-9/acknowledge/").status_code == 302
    assert lead.post("/bulletins/JT-9/acknowledge/").status_code == 302
    page = lead.get("/bulletins/JT-9/").content.decode()
    assert "您已读" in page and "<h2>已读" not in page
    assert "李建国" in browse("auditor").get("/bulletins/JT-9/").content.decode()
    assert lead.post("/bulletins/JT-9/withdraw/", {"reason": "不要"}).status_code == 403
    assert technical.post("/bulletins/JT-9/withdraw/", {"reason": "有新版"}).status_code == 302
    assert "已撤回" in lead.get("/bulletins/JT-9/").content.decode()
    assert lead.get("/bulletins/JT-404/").status_code == 404


def test_the_rules_of_the_procedures_name_what_keeps_them():
    from bihuan.kernel.tables.clauses import report

    kept = {clause.id: clause.records for clause in report()}
    assert "units" in kept["AS-4.1.1"] and "bulletins" in kept["AS-4.5"] and "territories" in kept["AS-4.2"]
    assert "unit.overseas" in kept["AS-4.4"] and "unit.cover" in kept["AS-5.2.4"]


@pytest.mark.parametrize("key", ["desk", "lead", "head", "auditor", "admin", "export", "sales_gm"])
def test_the_top_bar_holds_seven_ways_at_most(browse, company, key):
    nav = browse(key).get("/bulletins/").context["ui"].nav
    assert len(nav["first"]) + bool(nav["more"]) <= 7
