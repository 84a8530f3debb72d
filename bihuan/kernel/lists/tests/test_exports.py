"""Exports: exactly what was selected, every text as text, and an entry in the journal."""

import csv
import datetime as dt
import io

import openpyxl
import pytest
from django.apps import apps
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from bihuan.kernel.access.actors import system
from bihuan.kernel.access.refusals import NotAllowed, NotFound, Refusal
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.lists import exports
from bihuan.kernel.lists.cells import plain
from bihuan.kernel.lists.declare import Column
from bihuan.kernel.ui.pieces import Badge, Clock

pytestmark = [pytest.mark.django_db, pytest.mark.both]
FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    '=HYPERLINK("http://x","y")',
    "=cmd|' /C calc'!A0",
]


def sheet_of(file):
    return openpyxl.load_workbook(file).active


def xlsx(rows, headings=("一",)):
    file = io.BytesIO()
    exports.write_xlsx(file, list(headings), rows)
    file.seek(0)
    return sheet_of(file)


def csv_of(rows, headings=("一",)):
    file = io.BytesIO()
    exports.write_csv(file, list(headings), rows)
    assert file.getvalue().startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_like_a_formula_stays_text_in_excel(text):
    cell = xlsx([[text]])["A2"]
    assert cell.data_type == "s"
    assert cell.value.replace("\r", "\n") == text.replace("\r", "\n")  # the reader, not the file, turns CR into LF


@pytest.mark.parametrize("text", [*FORMULAS, "\0x"])
def test_a_text_like_a_formula_gets_an_apostrophe_in_csv(text):
    assert csv_of([[text]])[1][0].startswith("'")


def test_headings_are_made_harmless_too():
    assert csv_of([], ["=1"])[0] == ["'=1"]
    assert xlsx([], ["=1"])["A1"].data_type == "s"


printable = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


@given(st.lists(st.lists(printable, min_size=2, max_size=2), max_size=5))
def test_any_text_comes_back_from_excel_as_it_was(rows):
    sheet = xlsx(rows, ["一", "二"])
    for number, row in enumerate(rows, start=2):
        cells = [sheet.cell(number, 1), sheet.cell(number, 2)]
        assert [cell.value or "" for cell in cells] == row
        assert all(cell.data_type == "s" for cell in cells if cell.value)


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2), max_size=5))
def test_any_text_comes_back_from_csv_but_for_the_apostrophe(rows):
    back = csv_of(rows, ["一", "二"])[1:]
    assert [[cell[1:] if not before.startswith("'") and cell.startswith("'") else cell for cell, before in zip(*pair, strict=True)] for pair in zip(back, rows, strict=True)] == rows  # fmt: skip  # noqa: E501


def test_numbers_and_moments_are_written_as_such():
    row = [3, dt.datetime(2026, 3, 14, 14, 2), dt.date(2026, 3, 14), -5, None]
    cells = xlsx([row], "一二三四五")[2]
    assert [cell.value for cell in cells[:4]] == [3, dt.datetime(2026, 3, 14, 14, 2), dt.datetime(2026, 3, 14), -5]
    assert csv_of([row], "一二三四五")[1] == ["3", "2026-03-14 14:02:00", "2026-03-14", "-5", ""]


def test_a_text_longer_than_excel_takes_is_cut_and_says_so():
    value = xlsx([["长" * 40_000]])["A2"].value
    assert len(value) == exports.EXCEL_TEXT
    assert value.endswith("…")


def test_more_rows_than_excel_takes_are_refused_with_a_remedy(monkeypatch):
    monkeypatch.setattr(exports, "EXCEL_ROWS", 2)
    with pytest.raises(Refusal, match="CSV"):
        xlsx([["a"]] * 3)


def test_cells_of_an_export_are_plain_values(settings):
    moment = dt.datetime(2026, 3, 14, 6, 2, tzinfo=dt.UTC)

    def of(value, kind="text"):
        return plain(Column("x", "", value=lambda record: value, kind=kind), None)

    assert of(Clock(moment), "deadline") == dt.datetime(2026, 3, 14, 14, 2)
    assert of(Badge("保修中")) == "保修中"
    assert (of(True), of(False), of(None)) == ("是", "否", None)
    assert (of(7, "number"), of(7)) == (7, "7")


def written(selection, format):
    file, count = exports.write(selection, format)
    with file:
        return io.BytesIO(file.read()), count


@pytest.fixture
def people(east, south, person):
    return [person(east, "＝王工", language="en", phone="+8613800005678"), person(south, "-赵工"), person(east, "钱工", language="en")]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_the_export_holds_what_was_selected_in_its_order(select, people, format):
    file, count = written(select("language=en&sort=-name"), format)
    if format == "csv":
        rows = list(csv.reader(io.StringIO(file.read().decode("utf-8-sig"))))
    else:
        rows = [[cell.value for cell in row] for row in sheet_of(file).iter_rows()]
    assert count == 2
    assert rows[0][0] == "姓名"
    assert rows[0][-1] == "邮箱"
    assert [row[0].removeprefix("'") for row in rows[1:]] == ["＝王工", "钱工"]


def test_an_export_is_written_in_pieces_and_loses_nobody(select, people, monkeypatch):
    monkeypatch.setattr("bihuan.kernel.lists.paging.CHUNK", 1)
    monkeypatch.setattr("bihuan.kernel.lists.paging.chunks.__defaults__", (1,))
    file, count = written(select(), "csv")
    assert count == 4
    assert len(file.read().splitlines()) == 5


def test_a_branch_exports_its_own_rows_only(select, people, south_lead):
    file, count = written(select(actor=south_lead), "csv")
    text = file.read().decode()
    assert count == 2  # the lead and one colleague
    assert "赵工" in text
    assert "王工" not in text


def test_an_export_is_journalled_without_what_was_searched_for(select, people, desk):
    written(select("language=en&q=13800005678"), "csv")
    said = Entry.objects.get(action="export").said
    assert said["record"]["number"] == "list:persons"
    assert said["data"] == {"filters": {"language": ["en"]}, "searched": True, "rows": 0, "format": "csv"}
    assert said["actor"]["name"] == desk.name
    assert "13800005678" not in str(said)


@pytest.mark.urls("bihuan.kernel.lists.tests.urls")
def test_the_file_is_named_in_chinese_and_not_sniffed(people_list, people, as_client, desk):
    answer = as_client(desk).get("/lists/persons/export.xlsx?language=en")
    assert answer["Content-Type"] == exports.TYPES["xlsx"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "%E4%BA%BA%E5%91%98" in answer["Content-Disposition"]  # 人员
    assert sheet_of(io.BytesIO(b"".join(answer.streaming_content))).max_row == 3


def test_moments_are_written_in_local_time(select, person, east):
    person(east, "早起的人", last_login=dt.datetime(2026, 3, 13, 22, 30, tzinfo=dt.UTC))
    file, _count = written(select("last_login_from=2026-03-14"), "csv")
    assert timezone.get_current_timezone_name() == "Asia/Shanghai"
    assert "2026-03-14 06:30:00" in file.read().decode()


def test_the_command_line_exports_as_the_pages_do(people_list, people):
    out = io.BytesIO()
    assert exports.export_to("persons", out, by=system("命令行"), query="language=en") == 2
    assert "钱工" in out.getvalue().decode()
    with pytest.raises(NotFound):
        exports.export_to("nowhere", out, by=system("命令行"))
    with pytest.raises(Refusal):
        exports.export_to("persons", out, by=system("命令行"), query="password=1")


def test_the_command_line_keeps_to_the_rights_of_whom_it_acts_for(people_list, headquarters, person):
    from .conftest import acting

    with pytest.raises(NotAllowed):
        exports.export_to("persons", io.BytesIO(), by=acting(person(headquarters, "审核员", role="auditor")))
    assert not apps.get_model("journal.Entry").objects.filter(action="export").exists()
