"""Customers and contacts from files: all of a good file, nothing of a bad one, no column that sets what a file may not."""

import pytest

from bihuan.customers.models import Contact, Customer, Site
from bihuan.kernel.access.refusals import Invalid, NotAllowed
from bihuan.kernel.lists import search
from bihuan.kernel.lists.imports import run_import

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def load(company, tmp_path):
    def load(kind, *lines, by="desk", **more):
        path = tmp_path / "in.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        return run_import(kind, path, by=company.by(by), **more)

    return load


HEAD = "客户编号,客户名称,现场,地区,地址,海外客户"


def test_rows_of_one_name_are_one_customer_with_several_sites(load, company):
    report = load("customers", HEAD, ",长江纺织,一厂,江苏省,路 1,", ",长江纺织,二厂,北京市,路 2,", ",PT Batu,Plant,,,是")
    assert (report.written, report.errors) == (3, [])
    sites = Site.objects.filter(customer__name="长江纺织").order_by("name").values_list("name", "branch__code")
    assert set(sites) == {("一厂", "HD"), ("二厂", "HB")}
    assert Site.objects.get(customer__name="PT Batu").branch == company.overseas
    assert search.find(company.by("lead"), "长江纺织")


def test_a_known_customer_gets_another_site(load, company):
    customer = company.unit.customer
    assert load("customers", HEAD, f"{customer.number},{customer.name},三号厂房,320000,,").written == 1
    assert customer.sites.count() == 2


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (",长江纺织,一厂,火星,,", "地区"),
        (",长江纺织,一厂,,,", "地区"),
        (",,一厂,江苏省,,", "客户名称"),
        ("KH-22A0457,别的名字,一厂,江苏省,,", "客户编号"),
        ("KH-22A0457,华东精密有限公司,二号厂房,江苏省,,", "现场"),
        (",好客户,主厂区,江苏省,,", "现场"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(load, row, column):
    before = Customer.objects.count()
    report = load("customers", HEAD, ",好客户,,江苏省,,", row)
    assert [(error.number, str(error.column)) for error in report.errors] == [(3, column)]
    assert report.written == 0
    assert Customer.objects.count() == before
    assert load("customers", HEAD, ",好客户,,江苏省,,", row, skip_bad=True).written == 1


@pytest.mark.parametrize("column", ["服务分公司", "branch", "id", "建档时间", "经过", "privacy_key", "is_active"])
@pytest.mark.parametrize("kind", ["customers", "contacts"])
def test_a_column_that_a_file_may_not_set_is_refused_by_name(load, kind, column):
    head, row = ("客户名称,地区", "长江纺织,江苏省") if kind == "customers" else ("客户,联系人", "KH-22A0457,丁工")
    with pytest.raises(Invalid) as refused:
        load(kind, f"{head},{column}", f"{row},1")
    assert column in refused.value.sentence
    assert not Customer.objects.filter(name="长江纺织").exists() and not Contact.objects.filter(name="丁工").exists()


@pytest.mark.parametrize("key", ["lead", "auditor", "engineer", "admin"])
def test_only_headquarters_keepers_import(load, key):
    with pytest.raises(NotAllowed):
        load("customers", HEAD, ",长江纺织,一厂,江苏省,,", by=key)


def test_contacts_with_several_numbers(load, company):
    report = load("contacts", "客户,联系人,部门/职务,电话,现场", "KH-22A0457,丁工,动力科,139 0000 2222；0512-66001234,二号厂房")
    assert report.written == 1
    made = Contact.objects.get(name="丁工")
    assert made.site == company.unit.site
    assert {phone.digits for phone in made.phones.all()} == {"13900002222", "051266001234"}


@pytest.mark.parametrize(("row", "column"), [("某某厂,丁工,,,", "客户"), ("KH-22A0457,丁工,,abc,", "电话"), ("KH-22A0457,丁工,,,九厂", "现场"),
                                             ("KH-22A0457,王工,,13800005678,", "联系人")])  # fmt: skip
def test_a_bad_contact_is_named(load, row, column):
    report = load("contacts", "客户,联系人,部门/职务,电话,现场", "KH-22A0457,好人,,,", row)
    assert [(error.number, str(error.column)) for error in report.errors] == [(3, column)]
    assert not Contact.objects.filter(name="好人").exists()
