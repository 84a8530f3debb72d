"""Fields that propose: from two characters on, twenty at most, one's own only (#8). What proposes is found in the source."""

import ast
import re

import pytest
from django.test import Client

from bihuan.config.tests.program import ROOT
from bihuan.customers.models import Customer
from bihuan.kernel.lists import search

pytestmark = [pytest.mark.django_db, pytest.mark.both]
MOST = 20
# Where the index is asked for proposals → the address and parameter that ask, who may, and the row of what is proposed.
PROPOSING = {
    "bihuan/service/views.py": ("/search/", "q", "lead", r'<li class="row"'),
    "bihuan/service/calls.py": ("/requests/lookup/", "find", "export", r'<input type="radio" name="customer"'),
    "bihuan/equipment/views/units.py": ("/units/new/", "q", "lead", r'<li class="line"><a href="\?customer='),
}


def asked_in(path):
    """The limits with which a module asks the index, as written; 20 where it says nothing."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        called = getattr(node, "func", None)
        if getattr(called, "id", getattr(called, "attr", "")) in {"find_records", "find_hits"}:
            yield next((word.value.value for word in node.keywords if word.arg == "limit"), MOST)


def test_whatever_proposes_is_told_here_and_asks_for_twenty_at_most():
    found = {}
    for path in (ROOT / "bihuan").rglob("*.py"):
        if "tests" not in path.parts and path.name != "search.py" and (limits := list(asked_in(path))):
            found[str(path.relative_to(ROOT))] = limits
    assert set(found) == set(PROPOSING)
    assert all(limit <= MOST for limits in found.values() for limit in limits), found


def test_every_search_box_of_the_pages_is_one_of_them_or_a_list():
    boxes = {
        str(path.relative_to(ROOT / "bihuan"))
        for path in (ROOT / "bihuan").rglob("templates/**/*.html")
        if re.search(r'type="search"|<datalist|role="combobox"', path.read_text("utf-8")) and "gallery" not in path.parts
    }
    assert boxes == {
        "kernel/ui/templates/ui/topbar.html",  # /search/
        "kernel/lists/templates/lists/filter.html",  # a list, which has pages (bihuan/kernel/lists/tests/test_search.py)
        "service/templates/service/call_customer.html",
        "equipment/templates/equipment/choose_customer.html",
    }


@pytest.fixture
def many(company):
    """Thirty customers of one name in the east, and as many in the north and overseas."""
    places = {"东": (company.jiangsu, company.east), "北": (company.beijing, company.north), "外": (company.jiangsu, company.overseas)}
    for mark, (region, branch) in places.items():
        for number in range(30):
            customer = company.machine(f"{branch.code}{number:05}", f"华光{mark}机械{number}", region, branch).customer
            search.index("customers.Customer", customer.pk, branch.pk, [customer.name])
    assert Customer.objects.filter(name__contains="华光").count() == 90
    return company


@pytest.mark.parametrize("place", PROPOSING)
def test_a_field_proposes_from_two_characters_on_twenty_at_most_and_ones_own_only(many, place):
    path, name, who, row = PROPOSING[place]
    client = Client()
    client.force_login(many.people[who])

    def proposed(text):
        answer = client.get(path, {name: text})
        assert answer.status_code == 200
        return answer.content.decode()

    page = proposed("华光")
    assert 1 < len(re.findall(row, page)) <= MOST
    own, foreign = ("外", "东北") if who == "export" else ("东", "北外")
    assert f"华光{own}机械" in page
    assert not re.search(f"华光[{foreign}]机械", page)
    assert ("只列出最新的 20 条" in page) == (path == "/search/"), "nothing is left out silently"
    assert not re.search(row, proposed("华")), "one character asks for everything"
    assert not re.search(row, proposed(" 华 "))
    for nothing in ("%%", "__", "_-_", "华_"):
        assert not re.search(row, proposed(nothing)), nothing
