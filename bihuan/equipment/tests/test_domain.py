"""Machines, the catalogue and bulletins: who keeps them, what the warranty comes to, what the journal says."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from bihuan.customers.models import Site
from bihuan.equipment import cover
from bihuan.equipment.domain import acknowledge, bulletins, catalogue, units
from bihuan.equipment.models import Acknowledgement, Bulletin, ProductModel, Unit, WarrantyTerm
from bihuan.equipment.public import unread_bulletins
from bihuan.equipment.rules import limits_text, months_after
from bihuan.kernel.access.actors import actor_for
from bihuan.kernel.access.refusals import Conflict, Invalid, NotAllowed
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences, history
from bihuan.kernel.lists import search
from bihuan.organisation.models import Appointment, Person

pytestmark = [pytest.mark.django_db, pytest.mark.both]
SHIPPED = dt.date(2025, 9, 19)


@pytest.fixture
def terms(company):
    WarrantyTerm.objects.create(line=company.line, valid_from="2018-01-01", parts_months=18, labour_months=12, travel_months=12)
    WarrantyTerm.objects.create(line=company.line, valid_from="2026-01-01", parts_months=24, labour_months=18, travel_months=6)


@pytest.fixture
def technical(company):
    person = Person.objects.create_person("tech", "潘伟", "x", home_branch=company.hq)
    Appointment.objects.create(person=person, role="technical", branch=company.hq)
    return actor_for(person)


def fields(company, **other):
    place = {"model": company.model, "customer": company.unit.customer, "site": company.unit.site}
    return {"serial": "26C0001", "shipped_on": SHIPPED} | place | other


def register(company, by="desk", **other):
    return units.register_unit(fields(company, **other), by=company.by(by), at=timezone.now())


def test_the_warranty_is_that_of_the_term_in_force_on_the_day_of_shipment(company, terms):
    old, new = register(company), register(company, serial="26C0002", shipped_on=dt.date(2026, 2, 28))
    assert (old.parts_until, old.labour_until, old.travel_until) == (dt.date(2027, 3, 19), dt.date(2026, 9, 19), dt.date(2026, 9, 19))
    assert (new.parts_until, new.travel_until) == (dt.date(2028, 2, 28), dt.date(2026, 8, 28))
    assert register(company, serial="26C0003", shipped_on=None).cover(dt.date(2020, 1, 1)) == {
        "parts": False,
        "labour": False,
        "travel": False,
    }
    assert history(old)[0].said["after"]["parts_until"] == "2027-03-19"
    assert list(differences()) == []


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        ("2025-01-31", 1, "2025-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2025-12-15", 12, "2026-12-15"),
        ("2025-08-31", 18, "2027-02-28"),
        ("2025-11-30", 1, "2025-12-30"),
    ],
)  # fmt: skip
def test_months_end_with_the_month(day, months, then):
    assert months_after(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(then)


def test_the_last_day_of_the_warranty_still_counts(company, terms):
    unit = register(company)
    assert unit.cover(dt.date(2027, 3, 19))["parts"] and not unit.cover(dt.date(2027, 3, 20))["parts"]
    assert [one.left for one in cover.covers(unit, dt.date(2027, 3, 19))] == [0, -181, -181]
    assert cover.summary(unit, dt.date(2027, 3, 19)).text == "部分在保：零件"
    assert cover.summary(unit, dt.date(2027, 3, 20)).text == "保修期外"
    assert cover.summary(unit, dt.date(2026, 1, 1)).text == "保修中"


def test_a_warranty_by_hand_needs_the_head_and_a_reason_and_outlives_a_new_ship_date(company, terms):
    unit, now = register(company), timezone.now()
    ends = {"parts_until": dt.date(2028, 1, 1), "labour_until": None, "travel_until": None}
    with pytest.raises(NotAllowed):
        units.set_warranty(unit, ends, by=company.by("desk"), at=now, reason="客户要求")
    with pytest.raises(Invalid) as refused:
        units.set_warranty(unit, ends, by=company.by("head"), at=now, reason="")
    assert refused.value.field == "reason"
    with pytest.raises(Invalid):
        units.set_warranty(unit, ends | {"parts_until": dt.date(2020, 1, 1)}, by=company.by("head"), at=now, reason="笔误")
    units.set_warranty(unit, ends, by=company.by("head"), at=now, reason="投诉补偿")
    entry = history(unit)[0]
    assert (entry.action, entry.said["reason"], entry.said["before"]["parts_until"]) == ("unit.warranty", "投诉补偿", "2027-03-19")
    units.change_unit(unit, {"shipped_on": dt.date(2025, 10, 1)}, by=company.by("desk"), at=now)
    assert Unit.objects.get(pk=unit.pk).parts_until == dt.date(2028, 1, 1)


def test_a_corrected_ship_date_corrects_the_warranty(company, terms):
    unit = register(company)
    units.change_unit(unit, {"shipped_on": dt.date(2026, 1, 19)}, by=company.by("desk"), at=timezone.now())
    assert Unit.objects.get(pk=unit.pk).parts_until == dt.date(2028, 1, 19)


def test_a_serial_number_is_registered_once(company):
    with pytest.raises(Conflict):
        register(company, serial=company.unit.serial)
    assert Unit.objects.filter(serial=company.unit.serial).count() == 1


def test_a_machine_stands_on_a_site_of_its_own_customer(company):
    with pytest.raises(Invalid) as refused:
        register(company, site=company.other_unit.site)
    assert refused.value.field == "site"


def test_a_branch_keeps_the_machines_of_its_territory_only(company):
    now = timezone.now()
    foreign = {"serial": "X1", "customer": company.other_unit.customer, "site": company.other_unit.site}
    with pytest.raises(NotAllowed):
        register(company, by="lead", **foreign)
    assert register(company, by="lead").site.branch == company.east
    for key in ("auditor", "engineer", "admin"):
        with pytest.raises(NotAllowed):
            units.change_unit(company.unit, {"place": "3#"}, by=company.by(key), at=now)
    away = Site.objects.create(customer=company.unit.customer, name="北京", region=company.beijing, branch=company.north)
    with pytest.raises(NotAllowed):  # out of one's own sight is for headquarters to decide
        units.change_unit(company.unit, {"site": away}, by=company.by("lead"), at=now)
    units.change_unit(company.unit, {"site": away}, by=company.by("desk"), at=now)
    assert search.find(company.by("other_lead"), "22A0457") and not search.find(company.by("lead"), "22A0457")


def test_a_machine_is_found_by_number_model_customer_and_initials(company):
    unit = register(company, oem_brand="北辰动力", place="3# 机位")
    for text in ("26C0001", "KX-160", "华东精密", "hdjm", "北辰动力"):
        assert (unit._meta.label, unit.pk) in search.find(company.by("lead"), text), text


def test_a_checklist_reads_back_as_it_was_written():
    text = "外观与接线检查\n排气压力 | MPa | 0.6 | 0.9\n油分压差 | MPa |  | 0.1\n排气温度 | ℃ | 70\n油位 | mm"
    checks = catalogue.read_checklist(text)
    assert checks[1] == {"text": "排气压力", "unit": "MPa", "low": Decimal("0.60"), "high": Decimal("0.90"), "is_measured": True}
    assert [check["is_measured"] for check in checks] == [False, True, True, True, True]


@pytest.mark.parametrize(
    "line",
    [
        "| MPa",
        "压力 | MPa | 高 | 低",
        "压力 | MPa | 0.9 | 0.6",
        "压力 |  | 0.6 | 0.9",
        "a | b | 1 | 2 | 3",
        "压力 | MPa | NaN",
        "压力 | MPa | 1e99",
    ],
)
def test_a_line_nobody_can_measure_is_named_by_its_number(line):
    with pytest.raises(Invalid) as refused:
        catalogue.read_checklist(f"外观\n{line}")
    assert refused.value.field == "checklist" and "2" in refused.value.sentence


def test_a_changed_checklist_says_before_and_after(company, technical):
    checks = catalogue.read_checklist("外观检查\n排气压力 | MPa | 0.6 | 0.9")
    catalogue.change_model(company.model, {"name": "KX-160A"}, checks, by=technical, at=timezone.now())
    said = history(company.model)[0].said
    assert said["before"]["checklist"].startswith("外观与接线检查") and said["after"]["checklist"] == "外观检查\n排气压力 | MPa | 0.6 | 0.9"
    assert search.find(company.by("lead"), "KX-160A")
    before = Entry.objects.count()
    catalogue.change_model(company.model, {"name": "KX-160A"}, checks, by=technical, at=timezone.now())
    assert Entry.objects.count() == before


def test_only_catalogue_keepers_change_the_catalogue(company):
    now = timezone.now()
    for key in ("desk", "lead", "auditor", "engineer"):
        by = company.by(key)
        for act in (
            lambda by=by: catalogue.new_line({"code": "X", "name": "X"}, by=by, at=now),
            lambda by=by: catalogue.change_line(company.line, {"name": "X"}, by=by, at=now),
            lambda by=by: catalogue.add_term(company.line, {"valid_from": SHIPPED}, by=by, at=now),
            lambda by=by: catalogue.new_model({"line": company.line, "name": "X"}, [], by=by, at=now),
            lambda by=by: catalogue.change_model(company.model, {"name": "X"}, [], by=by, at=now),
            lambda by=by: bulletins.issue("T1", "标题", "内容", [company.model], by=by, at=now),
        ):
            with pytest.raises(NotAllowed):
                act()
    assert not ProductModel.objects.filter(name="X").exists() and not Bulletin.objects.exists()


def test_a_new_term_changes_no_machine_registered_before(company, terms):
    unit = register(company)
    months = {"parts_months": 36, "labour_months": 36, "travel_months": 36}
    catalogue.add_term(company.line, {"valid_from": dt.date(2025, 1, 1), **months}, by=company.by("head"), at=timezone.now())
    assert Unit.objects.get(pk=unit.pk).parts_until == dt.date(2027, 3, 19)
    assert register(company, serial="26C0009").parts_until == dt.date(2028, 9, 19)
    with pytest.raises(Invalid):
        catalogue.add_term(company.line, {"valid_from": dt.date(2025, 1, 1), **months}, by=company.by("head"), at=timezone.now())


def test_a_bulletin_is_unread_until_acknowledged_and_reading_counts_once(company, technical):
    engineer, now = company.by("engineer"), timezone.now()
    made = bulletins.issue("JT-1", "密封垫", "不得涂胶", [company.model], by=technical, at=now)
    assert unread_bulletins(engineer, company.model.pk) == [made]
    assert acknowledge(made, by=engineer, at=now) is True
    assert acknowledge(made, by=engineer, at=now + dt.timedelta(minutes=1)) is False
    assert unread_bulletins(engineer, company.model.pk) == []
    assert Acknowledgement.objects.filter(bulletin=made).count() == 1
    assert [entry.action for entry in history(made)].count("bulletin.read") == 1


def test_a_withdrawn_bulletin_asks_nobody_to_read_it(company, technical):
    now = timezone.now()
    made = bulletins.issue("JT-1", "密封垫", "不得涂胶", [company.model], by=technical, at=now)
    with pytest.raises(Invalid):
        bulletins.withdraw(made, by=technical, at=now, reason="")
    bulletins.withdraw(made, by=technical, at=now, reason="由 JT-2 代替")
    assert unread_bulletins(company.by("engineer"), company.model.pk) == []
    with pytest.raises(Conflict):
        bulletins.withdraw(made, by=technical, at=now, reason="再撤一次")
    with pytest.raises(Conflict):
        bulletins.issue("JT-1", "同号", "内容", [company.model], by=technical, at=now)
    with pytest.raises(Invalid):
        bulletins.issue("JT-3", "没有型号", "内容", [], by=technical, at=now)


def test_limits_are_written_as_people_write_them():
    assert [limits_text(*pair) for pair in ((Decimal("0.60"), Decimal("0.90")), (Decimal(70), None), (None, Decimal("4.50")), (None, None))] == [
        "0.6–0.9", "≥ 70", "≤ 4.5", "",
    ]  # fmt: skip
