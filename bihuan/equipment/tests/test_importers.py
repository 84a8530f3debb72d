"""Machines and models from files: all of a good file, nothing of a bad one."""

import datetime as dt

import pytest

from bihuan.equipment.models import ProductModel, Unit, WarrantyTerm
from bihuan.kernel.access.refusals import Invalid, NotAllowed
from bihuan.kernel.lists import search
from bihuan.kernel.lists.imports import run_import

pytestmark = [pytest.mark.django_db, pytest.mark.both]
HEAD = "出厂编号,型号,客户,现场,发货日期,OEM 品牌,海外"
GOOD = "26C0001,KX-160,KH-22A0457,二号厂房,2025-09-19,北辰,否"


@pytest.fixture
def load(company, tmp_path):
    def load(kind, *lines, by="desk", **more):
        path = tmp_path / "in.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        return run_import(kind, path, by=company.by(by), **more)

    return load


def test_a_machine_gets_its_warranty_and_is_found(load, company):
    WarrantyTerm.objects.create(line=company.line, valid_from="2018-01-01", parts_months=18, labour_months=12, travel_months=12)
    report = load("units", HEAD, GOOD, "26C0002,KX-160,华东精密有限公司,,2026/3/1,,是")
    assert (report.written, report.errors) == (2, [])
    unit = Unit.objects.get(serial="26C0001")
    assert (unit.parts_until, unit.oem_brand, unit.site) == (dt.date(2027, 3, 19), "北辰", company.unit.site)
    assert Unit.objects.get(serial="26C0002").is_overseas
    assert search.find(company.by("lead"), "26C0001")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("22A0457,KX-160,KH-22A0457,,,,", "出厂编号"),
        ("26C0001,KX-160,KH-22A0457,,,,", "出厂编号"),
        ("26C 02,KX-160,KH-22A0457,,,,", "出厂编号"),
        ("26C0002,KX-999,KH-22A0457,,,,", "型号"),
        ("26C0002,KX-160,没有的客户,,,,", "客户"),
        ("26C0002,KX-160,KH-22A0457,九厂,,,", "现场"),
        ("26C0002,KX-160,KH-22A0457,,去年,,", "发货日期"),
        ("26C0002,KX-160,KH-22A0457,,,,也许", "海外"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(load, row, column):
    report = load("units", HEAD, GOOD, row)
    assert [(error.number, str(error.column)) for error in report.errors] == [(3, column)]
    assert report.written == 0
    assert not Unit.objects.filter(serial="26C0001").exists()


@pytest.mark.parametrize("column", ["服务分公司", "零件保修至", "parts_until", "label_token", "id", "branch"])
def test_a_column_that_a_file_may_not_set_is_refused_by_name(load, column):
    with pytest.raises(Invalid) as refused:
        load("units", f"{HEAD},{column}", f"{GOOD},2099-01-01")
    assert column in refused.value.sentence
    assert not Unit.objects.filter(serial="26C0001").exists()


def test_models_with_their_checklist(load, company):
    report = load("models", "产品线,型号,说明,检查表", "LG,KX-250,水冷,外观；排气压力 | MPa | 0.6 | 0.9", by="head")
    assert report.written == 1
    assert [(item.text, item.is_measured) for item in ProductModel.objects.get(name="KX-250").checklist.all()] == [
        ("外观", False),
        ("排气压力", True),
    ]


@pytest.mark.parametrize(
    ("row", "column"), [("LG,KX-160,,", "型号"), ("XX,KX-1,,", "产品线"), ("LG,KX-1,,压力 | MPa | 高", "检查表"), ("LG,KX-250,,", "型号")]
)
def test_a_bad_model_is_named(load, row, column):
    report = load("models", "产品线,型号,说明,检查表", "LG,KX-250,,", row, by="head")
    assert [(error.number, str(error.column)) for error in report.errors] == [(3, column)]
    assert not ProductModel.objects.filter(name="KX-250").exists()


def test_who_may_not_keep_them_may_not_import_them(load):
    for kind, by in (("units", "lead"), ("units", "auditor"), ("models", "desk")):
        with pytest.raises(NotAllowed):
            load(kind, HEAD, GOOD, by=by)
