"""The ways into the product: who sees which, and where one is."""

import pytest

from bihuan.kernel.ui import nav
from bihuan.kernel.ui.apps import navigation_leads_somewhere
from bihuan.kernel.ui.nav import NavItem


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    monkeypatch.setattr(nav, "_items", {})


LEADS = frozenset({"branch_lead"})


def labels(roles, place=nav.OFFICE, path="/"):
    return [link.label for link in nav.links_for(roles, place, path)]


def test_each_sees_the_pages_of_their_roles_in_order():
    nav.register(
        NavItem("b", "派工板", "gallery", LEADS, order=2),
        NavItem("a", "图库", "gallery", order=1),
        NavItem("c", "审计", "gallery", frozenset({"auditor"})),
    )
    assert labels({"branch_lead", "field_engineer"}) == ["图库", "派工板"]
    assert labels(set()) == ["图库"]


def test_the_telephone_has_its_own():
    nav.register(NavItem("a", "今天", "gallery", place=nav.PHONE), NavItem("b", "待办", "gallery"))
    assert labels(set(), nav.PHONE) == ["今天"]


@pytest.mark.parametrize(
    ("path", "here"), [("/gallery/", "图库"), ("/gallery/x/", "图库"), ("/gallery/worklist/", "待办"), ("/other/", None)]
)
def test_one_item_at_most_is_the_current_one(path, here, settings):
    nav.register(NavItem("a", "图库", "gallery"), NavItem("b", "待办", "worklist-example"))
    settings.ROOT_URLCONF = "bihuan.kernel.ui.tests.urls"
    assert [link.label for link in nav.links_for((), nav.OFFICE, path) if link.current] == ([here] if here else [])


def test_a_name_or_a_shortcut_is_given_once():
    nav.register(NavItem("a", "图库", "gallery", shortcut="g"))
    nav.register(NavItem("a", "图库", "gallery", shortcut="g"))  # the same again is no harm
    with pytest.raises(ValueError):
        nav.register(NavItem("a", "别的", "gallery"))
    with pytest.raises(ValueError):
        nav.register(NavItem("b", "别的", "gallery", shortcut="g"))


def test_an_item_that_leads_nowhere_is_found_at_start():
    nav.register(
        NavItem("a", "图库", "no-such-page"), NavItem("b", "图库", "gallery", icon="unicorn"), NavItem("c", "图库", "gallery", icon="home")
    )
    assert [fault.id for fault in navigation_leads_somewhere(None)] == ["ui.E001", "ui.E002"]
