"""The small parts: what they say, what they refuse, and that nobody's text becomes markup."""

import datetime as dt

import pytest
from django.template import TemplateSyntaxError
from django.utils.safestring import SafeString

from bihuan.kernel.ui import parts
from bihuan.kernel.ui.icons import icon
from bihuan.kernel.ui.pieces import Action, Badge, Clock, Tab

from .conftest import HOSTILE, NOON


def minutes(n):
    return dt.timedelta(minutes=n)


def test_a_button_that_leads_somewhere_is_a_link(html):
    assert html('{% button "打印" href="/p/1" icon="printer" %}').startswith('<a class="button plain" href="/p/1"><svg')


def test_a_button_without_an_address_submits_its_form(html):
    assert html('{% button "登记" kind="primary" %}') == '<button type="submit" class="button primary">登记</button>'


def test_a_button_that_opens_a_dialog_does_not_submit(html):
    assert html('{% button "改派…" dialog="reassign" %}').startswith('<button type="button" class="button plain" data-dialog="reassign"')


def test_a_posting_button_brings_the_token_of_the_page(html):
    shown = html('{% button "出发" post="/go" %}', csrf_token="tok-1")
    assert '<form method="post" action="/go">' in shown
    assert 'name="csrfmiddlewaretoken" value="tok-1"' in shown


def test_a_button_that_is_off_says_why_and_can_be_reached(html):
    shown = html('{% button "关闭" href="/close" disabled_reason="还没有客户签字" %}')
    assert 'aria-disabled="true"' in shown
    assert "/close" not in shown
    assert " disabled" not in shown.replace("aria-disabled", ""), "a disabled attribute would take it out of the keyboard's way"
    why = shown.split('aria-describedby="')[1].split('"')[0]
    assert f'id="{why}">还没有客户签字' in shown


def test_a_button_with_only_an_icon_still_has_a_name(html):
    shown = html('{% button "打印" icon="printer" only_icon=True %}')
    assert 'aria-label="打印"' in shown
    assert ">打印<" not in shown


@pytest.mark.parametrize("href", ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_a_link_never_runs_what_someone_typed(href):
    assert parts.safe_href(href) == "#"
    assert "alert" not in parts.number("BX-HD-2026-000001", href)


@pytest.mark.parametrize("href", ["/a", "?tab=late", "#x", "https://x.cn/", "tel:13800005678", "geo:31.3,120.7", ""])
def test_an_ordinary_link_stays_as_it_is(href):
    assert parts.safe_href(href) == href


def test_an_unknown_prop_is_refused(html):
    with pytest.raises(TypeError):
        html('{% button "x" colour="red" %}')
    with pytest.raises(TypeError):
        parts.badge("x", size="big")


@pytest.mark.parametrize(
    "tag",
    [
        'badge "x" size=1', "clock None speed=2", 'verdict "kept" loud=1', 'icon "clock" colour="red"', "path steps colour=1", 'person "x" age=3',
        "facts pairs three=True", "timeline entries reverse=1", 'empty "x" picture=1', "field f size=3", 'refusal "x" code=1', "tabs t",
        'rate 1 2 label="x" colour="red"', 'dotplot rows title="x"', "phone_link number country=86", "when now format=1", "progress 1 2",
    ],
)  # fmt: skip
def test_an_unknown_or_missing_prop_is_refused_before_anything_is_shown(html, tag):
    with pytest.raises(TemplateSyntaxError):
        html(f"{{% {tag} %}}")


@pytest.mark.parametrize("call", [
    lambda: parts.button("x", kind="huge"), lambda: parts.badge("x", tone="pink"), lambda: parts.verdict("perhaps"),
    lambda: parts.clock(NOON, state="asleep"), lambda: icon("unicorn"),
])  # fmt: skip
def test_an_unknown_name_is_refused(call):
    with pytest.raises(ValueError):
        call()


@pytest.mark.parametrize("tone", ["red", "amber", "green"])
def test_a_warning_colour_never_comes_without_an_icon_and_a_word(tone):
    shown = parts.badge("急件", tone)
    assert "<svg" in shown
    assert "急件" in shown


def test_a_plain_badge_needs_no_icon(html):
    assert html("{% badge_of one %}", one=Badge("普通")) == '<span class="badge" data-tone="neutral">普通</span>'
    assert html("{% badge_of one %}", one=None) == ""


@pytest.mark.parametrize(
    ("kind", "tone", "word"),
    [
        ("kept", "green", "做到"),
        ("broken", "red", "未做到"),
        ("warned", "amber", "有风险"),
        ("open", "neutral", "未完"),
        ("none", "neutral", "无记录"),
    ],
)
def test_a_verdict_has_a_colour_an_icon_and_a_word(kind, tone, word):
    shown = parts.verdict(kind)
    assert f'data-tone="{tone}"' in shown
    assert "<svg" in shown
    assert word in shown


@pytest.mark.parametrize(
    ("clock", "tone", "drawing", "said"),
    [
        (Clock(NOON + minutes(52)), "neutral", "clock", "剩 52:00"),
        (Clock(NOON + minutes(12), soon_at=NOON - minutes(3)), "amber", "hourglass", "剩 12:00"),
        (Clock(NOON - minutes(12)), "red", "clock-exclamation", "迟 12 分"),
        (Clock(NOON - minutes(12), "missed"), "red", "clock-exclamation", "迟 12 分"),
        (Clock(NOON - minutes(60), "missed", ended_at=NOON - minutes(20)), "red", "clock-exclamation", "迟 40 分"),
        (Clock(NOON, "met"), "green", "circle-check", "按时"),
        (Clock(NOON, "paused"), "neutral", "clock-pause", "已暂停"),
        (Clock(None), "neutral", "clock", "无时限"),
    ],
)
def test_a_clock_shows_its_state_by_colour_icon_and_word(clock, tone, drawing, said):
    shown = parts.clock(clock, now=NOON)
    assert f'data-tone="{tone}"' in shown
    assert f"#{drawing}" in shown
    assert f">{said}</time>" in shown


@pytest.mark.parametrize(
    ("clock", "runs"),
    [
        (Clock(NOON + minutes(5)), True),
        (Clock(NOON - minutes(5), "missed"), True),
        (Clock(NOON - minutes(5), "missed", ended_at=NOON), False),
        (Clock(NOON, "met"), False),
        (Clock(NOON, "paused"), False),
        (Clock(None), False),
    ],
)
def test_only_what_still_runs_is_handed_to_the_browser(clock, runs):
    assert ("data-due=" in parts.clock(clock, now=NOON)) is runs


def test_a_deputy_shows_for_whom():
    assert "陈部长" in parts.person("陈部长", for_whom="周总监")
    assert "（代 周总监）" in parts.person("陈部长", for_whom="周总监")
    assert "代" not in parts.person("陈部长")


def test_a_mobile_number_is_grouped_and_can_be_called():
    shown = parts.phone_link("13800005678", "王工")
    assert 'href="tel:13800005678"' in shown
    assert "138 0000 5678" in shown


def test_a_masked_number_cannot_be_called():
    shown = parts.phone_link("138****5678")
    assert "tel:" not in shown
    assert "138 **** 5678" in shown


def test_a_number_shows_what_tells_it_from_others():
    assert "BX-HD-2026-<b>000417</b>" in parts.number("BX-HD-2026-000417")


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_is_a_dash_for_the_eye_and_a_word_for_the_ear(value):
    assert parts.shown(value) == parts.nothing()
    assert "—" in parts.nothing()
    assert ">无<" in parts.nothing()


def test_zero_and_no_are_values():
    assert parts.shown(0) == "0"
    assert parts.shown(False) == "否"
    assert parts.shown(True) == "是"
    assert parts.shown(SafeString("<b>1</b>")) == "<b>1</b>"


def test_three_clocks_are_shown_where_they_differ():
    shown = parts.late_entry(NOON, NOON + minutes(1), NOON + minutes(16), None)
    assert shown.startswith("说 12:00 · 记 12:01 · 录 12:16")
    assert "迟录 16 分" in shown


def test_clocks_that_agree_are_not_shown():
    assert parts.late_entry(NOON, NOON, NOON + dt.timedelta(seconds=40), None) == ""
    assert parts.late_entry(NOON, None, None, None) == ""


def test_an_entry_made_on_another_day_names_the_day():
    assert "录 11-23 09:00" in parts.late_entry(NOON, None, NOON + minutes(21 * 60), None)


def test_an_action_becomes_its_button(html):
    assert 'href="/x"' in html("{% action one %}", one=Action("打开", href="/x"))
    assert "还不行" in html("{% action one %}", one=Action("打开", href="/x", disabled_reason="还不行"))
    assert html("{% action one %}", one=None) == ""


def test_a_late_tab_says_so_without_its_colour(html):
    shown = html('{% tabs tabs "列表" %}', tabs=[Tab("超时", "/late", 3, tone="red"), Tab("全部", "/", current=True)])
    assert 'aria-label="超时"' in shown
    assert '<a href="/" aria-current="page">全部</a>' in shown


def test_hostile_text_stays_text(html):
    shown = html(
        "{% badge h tone='red' %}{% verdict 'broken' h h %}{% person h h h %}{% phone_link h h %}{% number h h %}{% copyable h h %}"
        "{% button h icon='clock' value=h name=h shortcut=h %}{% button h disabled_reason=h %}{% clock c %}{% empty h then=h %}"
        "{% refusal h remedies %}{% tabs t h %}{% progress 1 2 label=h %}{% facts pairs %}{% panel h %}{% endpanel %}",
        h=HOSTILE,
        c=Clock(NOON, label=HOSTILE, note=HOSTILE),
        remedies=[HOSTILE, Action(HOSTILE, href="javascript:alert(1)")],
        t=[Tab(HOSTILE, HOSTILE)],
        pairs=[(HOSTILE, HOSTILE)],
    )
    assert "<script" not in shown
    assert "<img" not in shown
    assert 'href="javascript' not in shown
    assert ">49" not in shown
