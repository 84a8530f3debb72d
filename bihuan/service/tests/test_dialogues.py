"""Past conversations: in and out again byte for byte, all or none, without an alarm and without a made-up verdict."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from django.utils import timezone

from bihuan.equipment.models import ProductLine, ProductModel
from bihuan.kernel.deadlines.models import Deadline, Verdict
from bihuan.kernel.deadlines.sweep import sweep
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences
from bihuan.kernel.lists.search import find_records
from bihuan.kernel.notify.models import Notice
from bihuan.service.dialogues import NOBODY, export_file, import_file
from bihuan.service.domain import request as requests
from bihuan.service.models import ContactLine, ServiceRequest

HEADING = ["QID", "Brand", "Model", "Question", "Dialogue", "Report"]
MESSY = [
    ["Z1", "甲牌", "甲一型", '机器“嗡嗡”响，"像打雷"', "客服说：您好|用户说：响，很响", "紧固地脚后正常。"],
    ["Z2", "甲牌", "甲二型", "  前后有空格  ", "客服说:半角冒号|用户说 ：中间有空格|没有说话人", " 已答复 "],
    ["Z3", "", "", "第一行\r\n第二行\n第三行", "|客服说：开头结尾都有竖线|", "换行\r\n也要留着"],
    ["Z4", "乙牌", "", "表情 🙂 和 𠮷 字", "：没有名字|说：也没有|客服说：时间 12:30 到", "好👍"],
    ["Z5", "", "丙型", '逗号,引号""，制表\t符', "", "=1+1"],
    ["Z6", "甲牌", "甲一型", "还没有答复的一条，齿轮箱漏油", "用户说：在吗", ""],
]


def written(path: Path, rows: list[list[str]], *, heading: list[str] | None = None) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([heading or HEADING, *rows])
    path.write_bytes(text.getvalue().encode())
    return path


def cells(data: bytes) -> list[list[bytes]]:
    return [[cell.encode() for cell in row] for row in csv.reader(io.StringIO(data.decode(), newline=""))]


def exported() -> bytes:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    export_file(out)
    return out.buffer.getvalue()


def taken_in(path: Path, *, dry_run: bool = False) -> tuple[int, str]:
    out = io.StringIO()
    return import_file(path, dry_run, out), out.getvalue()


@pytest.fixture
def messy(company, tmp_path) -> Path:
    return written(tmp_path / "messy.csv", MESSY)


def test_a_thousand_real_conversations_come_back_byte_for_byte_and_only_once(company, dialogues_file):
    code, said = taken_in(dialogues_file)
    assert code == 0, said
    assert cells(exported()) == cells(dialogues_file.read_bytes())
    assert ServiceRequest.objects.exclude(source_key="").count() == 1000
    assert "已导入 1000 条" in said
    parts = sum(len(row[4].split(b"|")) for row in cells(dialogues_file.read_bytes())[1:])
    assert ContactLine.objects.count() == parts
    assert set(ContactLine.objects.values_list("speaker", flat=True)) == {"技师", "车主"}

    assert taken_in(dialogues_file) == (0, "1000 条以前已导入，没有重复写入。\n已导入 0 条对话。\n")
    assert ServiceRequest.objects.exclude(source_key="").count() == 1000
    assert not Deadline.objects.filter(state="running").exists()
    assert list(differences()) == []


def test_quotes_newlines_bars_emoji_and_blanks_survive(messy):
    assert taken_in(messy)[0] == 0
    assert exported() == messy.read_bytes()


def test_the_dialogue_becomes_the_contact_log_with_speakers_and_nothing_else(messy):
    taken_in(messy)
    log = {key: list(lines(key)) for key in ("Z1", "Z2", "Z3", "Z4", "Z5")}
    assert log["Z1"] == [("客服", "您好"), ("用户", "响，很响")]
    assert log["Z2"] == [("客服", "半角冒号"), ("", "用户说 ：中间有空格"), ("", "没有说话人")]
    assert log["Z3"] == [("", ""), ("客服", "开头结尾都有竖线"), ("", "")]
    assert log["Z4"] == [("", "没有名字"), ("", "也没有"), ("客服", "时间 12:30 到")]
    assert log["Z5"] == []
    assert not ContactLine.objects.filter(at__isnull=False).exists()


def lines(key: str):
    return ContactLine.objects.filter(request__source_key=key).order_by("position").values_list("speaker", "text")


def test_brands_become_lines_and_models_models_each_once(messy):
    taken_in(messy)
    assert sorted(ProductLine.objects.filter(code__startswith="DH").values_list("name", flat=True)) == ["乙牌", "甲牌", "（未注明）"]
    assert ProductModel.objects.filter(line__name="甲牌").count() == 2
    assert ServiceRequest.objects.get(source_key="Z3").product_model is None


def test_a_row_with_a_report_is_closed_and_one_without_waits_for_the_desk(messy, company):
    said = taken_in(messy)[1]
    closed, waiting = ServiceRequest.objects.get(source_key="Z1"), ServiceRequest.objects.get(source_key="Z6")
    assert (closed.status, closed.answer, closed.customer.name) == ("closed", "紧固地脚后正常。", NOBODY)
    assert (waiting.status, waiting.branch) == ("registered", company.hq)
    assert "1 条没有处理报告" in said


def test_history_starts_no_alarm_and_gets_no_verdict(messy):
    taken_in(messy)
    assert {deadline.verdict for deadline in Deadline.objects.all()} == {Verdict.VOID}
    assert ServiceRequest.objects.filter(next_due_at__isnull=False).count() == 0
    assert sweep(timezone.now() + timezone.timedelta(days=3)) == 0
    assert not Notice.objects.exists()
    imported = Entry.objects.filter(action="import")
    assert {entry.said["data"]["time_of_call"] for entry in imported} == {"unknown"}
    assert imported.count() == len(MESSY)


def test_what_waits_can_be_answered_and_is_still_the_same_conversation(messy, company):
    taken_in(messy)
    waiting = ServiceRequest.objects.get(source_key="Z6")
    requests.solve_by_phone(waiting, by=company.by("desk"), at=timezone.now(), answer="已电话指导复紧")
    assert taken_in(messy)[0] == 0
    assert cells(exported())[6][3:] == ["还没有答复的一条，齿轮箱漏油".encode(), "用户说：在吗".encode(), "已电话指导复紧".encode()]


def test_two_characters_of_question_dialogue_or_report_find_it(messy, company):
    taken_in(messy)
    for text, key in (("打雷", "Z1"), ("很响", "Z1"), ("地脚", "Z1"), ("齿轮", "Z6")):
        assert [record.source_key for record in find_records(company.by("desk"), text)] == [key], text
    assert find_records(company.by("lead"), "打雷") == []


def test_a_dry_run_checks_everything_and_writes_nothing(messy):
    assert "检查通过，可导入 6 条" in taken_in(messy, dry_run=True)[1]
    assert not ServiceRequest.objects.exists()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["", "甲牌", "甲一型", "问", "答", "报"], "第 3 行：缺少 QID"),
        (["Z9", "甲牌", "甲一型", "  ", "答", "报"], "第 3 行：缺少 Question"),
        (["Z1", "甲牌", "甲一型", "问", "答", "报"], "第 3 行：QID Z1 与第 2 行重复"),
        (["Z9", "甲牌", "甲一型", "问", "答"], "第 3 行：有 5 列，应为 6 列"),
        (["Z9", "甲牌", "甲一型", "问", "答", "报", "多"], "第 3 行：有 7 列，应为 6 列"),
        (["Z" * 41, "甲牌", "甲一型", "问", "答", "报"], "第 3 行：QID 超过 40 个字"),
        (["Z9", "（未注明）", "甲一型", "问", "答", "报"], "第 3 行：Brand 不能写成"),
        (["Z9", "甲牌", "甲一型", "有空\0字符", "答", "报"], "第 3 行：Question 含有不能保存的空字符"),
    ],
)
def test_one_bad_row_is_named_and_keeps_the_whole_file_out(company, tmp_path, row, reason):
    code, said = taken_in(written(tmp_path / "bad.csv", [MESSY[0], row]))
    assert code == 1
    assert reason in said
    assert "整个文件没有导入" in said
    assert not ServiceRequest.objects.exists()


def test_bytes_that_are_no_utf_8_are_named_by_row_and_column(company, tmp_path):
    path = tmp_path / "gbk.csv"
    path.write_bytes(",".join(HEADING).encode() + b"\r\nZ1,a,b,c,d,e\r\nZ2,a,b," + "异响".encode("gb18030") + b",d,e\r\n")
    assert "第 3 行：Question 不是 UTF-8 编码" in taken_in(path)[1]


def test_another_heading_is_no_such_file(company, tmp_path):
    path = written(tmp_path / "other.csv", [["1", "2", "3", "4", "5", "6"]], heading=["A", "B", "C", "D", "E", "F"])
    assert "第 1 行：表头应为 QID,Brand,Model,Question,Dialogue,Report" in taken_in(path)[1]


def test_a_quote_that_never_ends_is_a_reason_not_a_crash(company, tmp_path):
    path = tmp_path / "open.csv"
    path.write_text(",".join(HEADING) + '\r\nZ1,a,b,"c,d,e\r\n', encoding="utf-8")
    code, said = taken_in(path)
    assert (code, "引号不成对" in said) == (1, True)


def test_the_same_number_with_other_words_is_refused(messy, tmp_path):
    taken_in(messy)
    code, said = taken_in(written(tmp_path / "changed.csv", [[*MESSY[0][:5], "另一份报告"]]))
    assert (code, "第 2 行：QID Z1 已导入过，内容不同" in said) == (1, True)
    assert ServiceRequest.objects.get(source_key="Z1").answer == MESSY[0][5]
