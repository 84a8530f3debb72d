"""Cards as flat fields: there and back without loss, and a sentence for what cannot be read."""

import pytest

from bihuan.field.cards import CARDS, fingerprint
from bihuan.field.rows import check_lines, part_lines, spans
from bihuan.field.states import all_states, is_ready, missing
from bihuan.kernel.access.refusals import Invalid
from bihuan.organisation.models import Branch
from bihuan.service.models import DispatchOrder, ServiceRecord

LINES = [
    {"text": "外观", "measured": False, "unit": "", "low": "", "high": "", "value": "", "ok": None, "remark": ""},
    {"text": "排气压力", "measured": True, "unit": "MPa", "low": "0.60", "high": "0.90", "value": "", "ok": None, "remark": ""},
]


def record(**fields):
    return ServiceRecord(**{"checklist": [dict(line) for line in LINES], **fields})


def parsed(code, typed, of=None):
    return CARDS[code].parse(typed, of or record())


@pytest.mark.parametrize("code", CARDS)
def test_what_is_shown_and_sent_back_unchanged_is_the_same_card(code):
    full = record(
        findings="压力开关失灵\n触点烧蚀", work_done="更换", outcome="repaired", advice="半年查一次", labour_minutes=90, travel_minutes=0,
        parts=[{"name": "开关", "part_no": "K1", "quantity": 2, "old_serial": "A", "new_serial": "B"}],
    )  # fmt: skip
    full.checklist[0]["ok"], full.checklist[1]["value"] = True, "0.75"
    card = CARDS[code]
    again = record(**card.parse(card.flat(full), full))
    assert fingerprint(card, again) == fingerprint(card, full)
    assert fingerprint(card, again) != fingerprint(card, record())


def test_only_the_answers_of_the_checklist_come_from_outside():
    lines = parsed("check", {"line-0-ok": "no", "line-0-remark": " 罩壳裂 ", "line-1-value": "０。７５", "line-0-text": "别的"})[
        "checklist"
    ]
    assert [line["text"] for line in lines] == ["外观", "排气压力"]
    assert (lines[0]["ok"], lines[0]["remark"], lines[1]["value"]) == (False, "罩壳裂", "0.75")


@pytest.mark.parametrize(
    ("h", "m", "minutes"), [("", "", None), ("1", "30", 90), ("", "45", 45), ("2", "", 120), ("0", "0", 0), ("１", "", 60)]
)
def test_hours_and_minutes_become_minutes(h, m, minutes):
    assert parsed("work", {"labour_h": h, "labour_m": m})["labour_minutes"] == minutes


@pytest.mark.parametrize("text", ["一个半", "-1", "1.5", "99999"])
def test_a_time_that_is_no_whole_number_is_refused_with_its_field(text):
    with pytest.raises(Invalid, match="整数") as refused:
        parsed("work", {"travel_h": text})
    assert refused.value.field == "travel_h"


def test_parts_keep_their_order_and_empty_rows_fall_away():
    typed = {"part-0-name": "", "part-0-quantity": "1", "part-7-name": "滤芯", "part-7-quantity": "２", "part-3-name": "开关"}
    parts = parsed("parts", typed)["parts"]
    assert [(part["name"], part["quantity"]) for part in parts] == [("开关", 1), ("滤芯", 2)]


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"part-2-name": "", "part-2-part_no": "K1"}, "part-2-name", "第 1 个零件还没有名称"),
        ({"part-0-name": "滤芯", "part-0-quantity": "两"}, "part-0-quantity", "“滤芯”的数量"),
        ({"part-0-name": "滤芯", "part-0-quantity": "0"}, "part-0-quantity", "1 以上"),
    ],
)
def test_a_part_that_cannot_be_read_says_which_and_why(typed, field, words):
    with pytest.raises(Invalid, match=words) as refused:
        parsed("parts", typed)
    assert refused.value.field == field


@pytest.mark.parametrize(("value", "off"), [("0.59", True), ("0.6", False), ("0.90", False), ("0.91", True), ("", False), ("高", False)])
def test_a_value_outside_the_limits_is_seen(value, off):
    line = check_lines(record(), {"line-1-value": value})[1]
    assert line.is_off is off
    assert line.limits == "0.6–0.9 MPa"


def test_one_sided_limits_are_said_as_such():
    only_low = record(checklist=[LINES[1] | {"high": "", "low": "2"}])
    only_high = record(checklist=[LINES[1] | {"low": "", "high": "40.50", "unit": "℃"}])
    assert check_lines(only_low, {})[0].limits == "≥ 2 MPa"
    assert check_lines(only_high, {})[0].limits == "≤ 40.5 ℃"


def test_rows_typed_on_the_phone_come_back_under_their_own_numbers():
    assert [row["at"] for row in part_lines({"part-4-name": "a", "part-1-name": "b"})] == ["part-1", "part-4"]


def test_the_road_is_proposed_from_the_clock(company):
    made = company.on_site()
    labour, travel = spans(made, {})
    assert travel.suggested == (0, 0) and "出发" in travel.hint
    assert labour.since == made.order.arrived_at
    bare = ServiceRecord(order=DispatchOrder(), branch=Branch(time_zone="Asia/Shanghai"))
    assert [span.suggested for span in spans(bare, {})] == [None, None]


def test_each_card_says_what_it_still_lacks():
    assert missing(record()) == {"check": ["2 项检查", "故障现象与原因"], "work": ["处理过程", "结果", "工时"], "parts": []}
    states = {state.code: state for state in all_states(record(), 0)}
    assert [states[code].state for code in ("check", "work", "parts", "photos", "sign")] == ["todo", "todo", "optional", "optional", "todo"]
    assert states["sign"].note == "先填好检查、处理"


def test_when_nothing_is_missing_the_signature_is_next():
    full = record(findings="a", work_done="b", outcome="repaired", labour_minutes=0, parts=[{"name": "x"}])
    full.checklist[0]["ok"], full.checklist[1]["remark"] = True, "表坏，测不了"
    assert is_ready(full)
    assert [state.state for state in all_states(full, 2)] == ["done", "done", "done", "done", "ready"]
    photos = next(state for state in all_states(full, 2, coming=1) if state.code == "photos")
    assert (photos.state, photos.note) == ("todo", "2 张，还有 1 张没传完")  # #60: never a tick while one is on its way
