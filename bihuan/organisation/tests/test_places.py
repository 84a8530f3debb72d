"""Branches, territories and the calendar."""

import datetime as dt

import pytest
from django.utils import timezone

from bihuan.customers.models import Site
from bihuan.kernel.access.refusals import Conflict, Invalid, NotAllowed
from bihuan.kernel.calendars.models import Calendar, CalendarRevision, calendar_in_force
from bihuan.kernel.journal.read import differences, history
from bihuan.kernel.lists import search
from bihuan.organisation.domain import territories as verbs
from bihuan.organisation.domain.calendar import read_days, write_days
from bihuan.organisation.models import Branch, Region
from bihuan.organisation.public import branch_for

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def serve(company, region, branch, move=True, reason="片区调整"):
    return verbs.serve(region, branch, by=company.by("admin"), at=timezone.now(), reason=reason, move=move)


def test_a_region_given_to_another_branch_takes_its_sites_along_and_says_so(company):
    from bihuan.customers.public import index_customer

    index_customer(company.unit.customer)
    assert verbs.affected(company.jiangsu) == 1
    assert serve(company, company.jiangsu, company.north) == 1
    site = Site.objects.get(pk=company.unit.site_id)
    assert site.branch == company.north
    assert history(company.jiangsu)[0].said["before"] == {"branch": "华东分公司"}
    assert history(site)[0].said["reason"] == "片区调整"
    assert search.find(company.by("other_lead"), "华东精密") and not search.find(company.by("lead"), "华东精密")
    assert list(differences()) == []


def test_sites_stay_when_told_to_and_those_placed_by_hand_stay_always(company):
    by_hand = Site.objects.create(customer=company.unit.customer, name="三号厂房", region=company.jiangsu, branch=company.overseas)
    assert serve(company, company.jiangsu, company.north) == 1
    by_hand.refresh_from_db()
    assert by_hand.branch == company.overseas
    assert serve(company, company.beijing, company.east, move=False) == 0
    assert Site.objects.get(pk=company.other_unit.site_id).branch == company.north


def test_a_city_follows_its_province_until_it_has_a_branch_of_its_own(company):
    city = Region.objects.create(code="320500", name="苏州市", parent=company.jiangsu)
    site = Site.objects.create(customer=company.unit.customer, name="园区", region=city, branch=company.east)
    assert branch_for(city) == company.east
    assert serve(company, city, company.north) == 1
    site.refresh_from_db()
    assert site.branch == company.north
    assert serve(company, company.jiangsu, company.overseas) == 1  # the province's own site alone
    assert serve(company, city, None) == 1
    site.refresh_from_db()
    assert site.branch == company.overseas


def test_a_territory_changes_with_a_reason_by_the_administrator_alone(company, browse):
    with pytest.raises(Invalid):
        serve(company, company.jiangsu, company.north, reason=" ")
    with pytest.raises(Conflict):
        serve(company, company.jiangsu, company.east)
    with pytest.raises(NotAllowed):
        verbs.serve(company.jiangsu, company.north, by=company.by("head"), at=timezone.now(), reason="想改", move=True)
    assert browse("head").get("/territory/").status_code == 200
    assert browse("head").get("/territory/320000/").status_code == 403
    admin = browse("admin")
    assert "现有 1 个现场" in admin.get("/territory/320000/").content.decode()
    answer = admin.post("/territory/320000/", {"branch": company.north.pk, "sites": "", "reason": "调整"})
    assert answer.status_code == 422
    assert Region.objects.get(pk="320000").branch == company.east
    assert admin.post("/territory/320000/", {"branch": company.north.pk, "sites": "move", "reason": "调整"}).status_code == 302
    assert Site.objects.get(pk=company.unit.site_id).branch == company.north


def test_a_branch_is_registered_once_and_is_not_switched_off_while_it_serves(company, browse):
    fields = {"code": "DB", "name": "东北分公司", "city": "沈阳", "time_zone": "Asia/Shanghai", "calendar": "CN", "is_active": "on"}
    admin = browse("admin")
    assert admin.post("/branches/new/", fields).status_code == 302
    assert admin.post("/branches/new/", fields).status_code == 422
    assert admin.post("/branches/new/", fields | {"code": "XX", "name": "又一个", "time_zone": "Asia/Nowhere"}).status_code == 422
    overseas = admin.post("/branches/new/", fields | {"code": "YY", "name": "第二海外", "handles_overseas": "on"})
    assert overseas.status_code == 409 and "进出口公司" in overseas.content.decode()
    east = Branch.objects.get(code="HD")
    with pytest.raises(Conflict):
        verbs.change_branch(east, {"is_active": False}, by=company.by("admin"), at=timezone.now())
    verbs.change_branch(east, {"code": "QQ", "city": "无锡"}, by=company.by("admin"), at=timezone.now())
    east.refresh_from_db()
    assert (east.code, east.city) == ("HD", "无锡")
    assert admin.post("/branches/HD/departments/", {"name": "售后组"}).status_code == 302
    assert admin.post("/branches/HD/departments/", {"name": "售后组"}).status_code == 409


def test_the_lines_of_a_year_read_back_as_they_were_written():
    text = "2027-01-01 休\n2027-02-05 至 2027-02-08 休\n2027-02-14 班"
    days = read_days(text, 2027)
    assert days[dt.date(2027, 2, 7)] is False and days[dt.date(2027, 2, 14)] is True
    assert write_days({day.isoformat(): [["08:30", "12:00"]] if worked else [] for day, worked in days.items()}, 2027) == text


@pytest.mark.parametrize(
    "line", ["元旦 休", "2027-13-01 休", "2026-12-31 休", "2027-02-08 至 2027-02-05 休", "2027-01-01", "2027-01-01 假"]
)
def test_a_line_nobody_understands_is_quoted(line):
    with pytest.raises(Invalid) as refused:
        read_days(f"2027-01-01 休\n{line}", 2027)
    assert refused.value.field == "days"


def test_the_administrator_publishes_the_next_year(company, browse):
    admin = browse("admin")
    page = admin.get("/calendars/CN/2027/").content.decode()
    assert "2027-01-01" in page
    sent = {"days": "2027-01-01 休\n2027-01-02 班", "is_published": "on", "note": "国办发明电〔2026〕7 号", "based_on": "1"}
    assert browse("desk").post("/calendars/CN/2027/", sent).status_code == 403
    assert browse("admin").post("/calendars/CN/2027/", sent).status_code == 302
    business, number = calendar_in_force("CN")
    assert number == 2
    assert business.is_workday(dt.date(2027, 1, 2)) and not business.is_workday(dt.date(2027, 1, 1))
    assert 2027 in business.published and dt.date(2026, 10, 1) in business.exceptions
    assert browse("admin").post("/calendars/CN/2027/", sent).status_code == 409
    assert CalendarRevision.objects.filter(calendar=Calendar.objects.get(code="CN")).count() == 2
    assert "第 2 版" in browse("desk").get("/calendars/CN/?year=2027").content.decode()


@pytest.mark.parametrize("year", ["", "x", "99999999999999999999", "-1", "2026' OR"])
def test_the_calendar_opens_whatever_the_year_asked_for(company, browse, year):
    assert browse("desk").get("/calendars/", {"year": year}).status_code == 200


def test_what_does_not_exist_is_not_found(company, browse):
    admin = browse("admin")
    for url in ("/branches/ZZ/", "/territory/999999/", "/calendars/XX/", "/calendars/CN/1066/"):
        assert admin.get(url).status_code == 404, url


def test_the_organisations_page_names_what_needs_attention(company, browse):
    company.lead.appointments.update(ends_at=timezone.now())
    page = browse("admin").get("/organisation/").content.decode()
    assert "华东分公司没有售后负责人" in page
    assert "华北分公司没有售后负责人" not in page
    assert browse("lead").get("/organisation/").status_code == 403
