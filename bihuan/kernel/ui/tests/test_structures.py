"""The larger parts: path, facts, timeline, panels, fields, worklists."""

import datetime as dt

import pytest
from django import forms

from bihuan.kernel.ui.pieces import Action, Badge, Change, Clock, Entry, PathStep, Row

from .conftest import HOSTILE, NOON


def minutes(n):
    return dt.timedelta(minutes=n)


def test_a_path_tells_what_was_taken_where_it_stands_and_what_comes(html):
    shown = html("{% path steps %}", steps=[PathStep("受理", "taken", NOON), PathStep("派工", "now"), PathStep("到场")])
    assert shown.count("<li") == 3
    assert '<li data-state="now" aria-current="step"><span>派工</span><span class="unseen">（当前）' in shown
    assert shown.index("（已完成）") < shown.index("（当前）") < shown.index("（未到）")


def test_a_path_that_was_broken_off_says_so(html):
    shown = html(
        "{% path steps %}", steps=[PathStep("受理", "taken"), PathStep("指派", "skipped"), PathStep("已取消", "stopped", by="李主管")]
    )
    assert "（未经过）" in shown
    assert "（到此终止）" in shown
    assert "李主管" in shown


def test_facts_show_empty_values_as_a_dash_and_moments_as_people_say_them(html, now):
    shown = html("{% facts pairs %}", pairs=[("合同号", ""), ("来电", NOON), ("停机", True), ("小时", 0)])
    assert shown.count("<dt>") == shown.count("<dd>") == 4
    assert "—" in shown
    assert "今天 12:00" in shown
    assert "<dd>0</dd>" in shown


def test_a_timeline_stands_under_its_days(html, now):
    entries = [
        Entry(NOON, "联系客户", "张工"),
        Entry(NOON - minutes(5), "指派", "李主管"),
        Entry(NOON - dt.timedelta(days=1), "登记", "王晓兰"),
    ]
    shown = html("{% timeline entries %}", entries=entries)
    assert shown.count("<h3>") == 2
    assert shown.index("今天") < shown.index("指派") < shown.index("昨天") < shown.index("登记")


def test_a_timeline_names_the_deputy_the_clause_and_the_late_entry(html, now):
    entry = Entry(NOON, "批准派工", "陈部长", for_whom="周总监", clause="AS-5.2.3", recorded_at=NOON + minutes(16))
    shown = html("{% timeline entries %}", entries=[entry])
    assert "（代 周总监）" in shown
    assert '<span class="clause">AS-5.2.3</span>' in shown
    assert "迟录 16 分" in shown


def test_a_correction_keeps_the_old_value_in_sight(html, now):
    entry = Entry(NOON, "更正", "李主管", changes=[Change("序列号", "22A0475", "22A0457"), Change("小时", 0, None)], reason="客户报错")
    shown = html("{% timeline entries %}", entries=[entry])
    assert "<del>22A0475</del> → <ins>22A0457</ins>" in shown
    assert "<del>0</del> → <ins>—</ins>" in shown
    assert "客户报错" in shown


def test_a_record_without_history_says_so(html):
    assert "还没有经过。" in html("{% timeline entries %}", entries=[])


def test_a_panel_has_a_heading_and_may_fold(html):
    assert html('{% panel "登记" count=2 %}x{% endpanel %}') == (
        '<section class="panel"><header><h2>登记</h2><span class="tally">2</span></header>x</section>'
    )
    assert html('{% panel "登记" fold=True %}x{% endpanel %}').startswith('<details class="panel"><summary>登记</summary>')
    assert '<details class="panel" open>' in html('{% panel "登记" fold=True open=True %}x{% endpanel %}')


def test_emptiness_says_what_comes_next(html):
    shown = html('{% empty "本班没有待办。" then="下一个时限 14:20。" action=a %}', a=Action("登记来电", href="/new"))
    assert "本班没有待办。" in shown
    assert "下一个时限 14:20。" in shown
    assert 'href="/new"' in shown


def test_a_refusal_is_announced_with_its_remedies(html):
    shown = html("{% refusal s r %}", s="已有一条未完的报修。", r=["请先核对", Action("打开它", href="/r/1")])
    assert 'role="alert"' in shown
    assert "<span>请先核对</span>" in shown
    assert '<a href="/r/1">打开它</a>' in shown


class Form(forms.Form):
    phone = forms.CharField(label="来电号码", help_text="带区号")
    channel = forms.ChoiceField(label="渠道", choices=[("a", "电话"), ("b", "传真")], widget=forms.RadioSelect)
    carry = forms.MultipleChoiceField(label="携带", choices=[("a", "表单")], widget=forms.CheckboxSelectMultiple, required=False)
    stopped = forms.BooleanField(label="停机", required=False)
    hours = forms.IntegerField(label="小时", required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_field_has_a_label_its_help_and_a_mark_if_it_must_be_filled(html):
    shown = html("{% field form.phone %}", form=Form())
    assert '<label for="id_phone">来电号码<span class="required">必填</span></label>' in shown
    assert 'aria-describedby="id_phone_help"' in shown
    assert '<p class="help" id="id_phone_help">带区号</p>' in shown


def test_a_missing_value_is_asked_for_by_name(html):
    form = Form({"phone": " "})
    assert "请填写来电号码。" in html("{% field form.phone %}", form=form)
    assert "请选择渠道。" in html("{% field form.channel %}", form=form)


def test_a_wrong_field_keeps_what_was_typed_and_says_what_is_wrong(html):
    shown = html("{% field form.hours %}", form=Form({"hours": HOSTILE}))
    assert 'aria-invalid="true"' in shown
    assert 'aria-describedby="id_hours_error"' in shown
    assert 'value="&lt;script&gt;' in shown
    assert 'id="id_hours_error"' in shown
    assert "<script" not in shown


def test_an_error_a_form_raised_itself_is_shown_as_it_is(html):
    form = Form({"phone": "1"})
    form.add_error("phone", "这个号码少了几位，请核对。")
    assert "这个号码少了几位，请核对。" in html("{% field form.phone %}", form=form)


@pytest.mark.parametrize(
    ("name", "opening"),
    [("channel", '<fieldset class="field">'), ("carry", '<fieldset class="field">'), ("stopped", '<div class="field check">')],
)
def test_choices_are_grouped_under_a_legend_and_a_tick_stands_before_its_label(html, name, opening):
    assert html(f"{{% field form.{name} %}}", form=Form()).startswith(opening)


def test_a_hidden_field_has_no_label(html):
    assert html("{% field form.token %}", form=Form()) == '<input type="hidden" name="token" id="id_token">'


def row(**more):
    return Row("/bx/1", "BX-HD-2026-000417", "华东精密", Clock(NOON - minutes(12), label="首次联系"), **more)


def test_a_worklist_row_says_how_urgent_what_and_what_to_do(html, now):
    shown = html(
        '{% include "ui/worklist_row.html" %}',
        row=row(
            unit="KX-160",
            said="高压报警",
            where="待指派",
            raised="已升级至 部长",
            badge=Badge("急件", "amber"),
            action=Action("指派…", href="/bx/1/assign"),
        ),
    )
    told = [
        shown.index(part) for part in ("迟 12 分", "000417", "华东精密", "KX-160", "急件", "高压报警", "待指派", "已升级至 部长", "指派…")
    ]
    assert told == sorted(told)
    assert 'data-href="/bx/1"' in shown


def test_an_empty_worklist_is_a_sentence(html):
    assert "没有待办。" in html('{% include "ui/worklist.html" %}', rows=[])
    assert "本班没有待办。" in html('{% include "ui/worklist.html" with nothing="本班没有待办。" %}', rows=[])


def test_the_box_of_the_present_lists_what_is_impossible_with_its_reason(html, now):
    shown = html(
        '{% include "ui/now.html" %}',
        sentence="已派工", clock=Clock(NOON + minutes(5)), actions=[Action("改派…", dialog="d")], impossible=[Action("关闭", disabled_reason="还没有签字。")],
    )  # fmt: skip
    assert "剩 05:00" in shown
    assert "<b>关闭</b> — 还没有签字。" in shown


def test_a_finished_record_is_quiet(html):
    assert 'data-tone="neutral"' in html('{% include "ui/now.html" %}', sentence="已关闭", final=True)
    assert "data-tone" not in html('{% include "ui/now.html" %}', sentence="已派工")
