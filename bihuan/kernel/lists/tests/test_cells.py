"""Values of columns as cells of a page, and what a declaration reads from a record."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.utils import timezone

from bihuan.kernel.lists.cells import html
from bihuan.kernel.lists.declare import Column, List
from bihuan.kernel.ui.pieces import Badge, Clock

RECORD = SimpleNamespace(
    number="BX-HD-2026-000417", customer=SimpleNamespace(name="<b>华东</b>"), unit=None, called_at=timezone.now(), visits=3
)


def shown(column, href="/r/1/"):
    return str(html(column, RECORD, href))


def test_a_column_reads_its_own_name_a_path_or_a_function():
    assert Column("number", "").of(RECORD) == "BX-HD-2026-000417"
    assert Column("customer", "", value="customer.name").of(RECORD) == "<b>华东</b>"
    assert Column("twice", "", value=lambda record: record.visits * 2).of(RECORD) == 6


def test_a_link_missing_on_the_way_is_an_empty_cell():
    column = Column("serial", "", value="unit.model.name")
    assert column.of(RECORD) is None
    assert "无" in shown(column)


def test_the_number_leads_to_the_record():
    assert shown(Column("number", "", kind="record")) == '<a class="number" href="/r/1/">BX-HD-2026-<b>000417</b></a>'
    assert "href" not in shown(Column("number", "", kind="record"), href="")


def test_text_is_escaped_also_inside_a_link():
    for kind in ("text", "link"):
        assert "&lt;b&gt;华东" in shown(Column("customer", "", value="customer.name", kind=kind))


def test_a_link_never_runs_a_script():
    assert 'href="#"' in shown(Column("number", "", kind="link"), href="javascript:alert(1)")


def test_a_deadline_is_a_running_clock():
    due = timezone.now() + dt.timedelta(minutes=52)
    for value in (due, Clock(due)):
        assert f'data-due="{due.isoformat()}"' in shown(Column("due", "", value=lambda record, v=value: v, kind="deadline"))


def test_a_badge_and_a_choice_are_words():
    assert "保修中" in shown(Column("cover", "", value=lambda record: Badge("保修中", "green")))
    chosen = SimpleNamespace(status="closed", get_status_display=lambda: "已关闭")
    assert Column("status", "", kind="choice").of(chosen) == "已关闭"
    assert Column("status", "").of(chosen) == "closed"


@pytest.mark.parametrize("order", ["nothing", "-home_branch__nothing", "appointments__role"])
def test_a_list_that_sorts_by_what_is_not_one_value_of_each_row_is_refused(order):
    with pytest.raises(FieldDoesNotExist):
        List("x", "", "organisation.Person", [], order=order).orders  # noqa: B018


def test_a_column_without_sort_gives_no_order():
    declared = List("x", "", "organisation.Person", [Column("name", "", sort="name"), Column("phone", "")])
    assert set(declared.orders) == {"", "name", "-name"}
