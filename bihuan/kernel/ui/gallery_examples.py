"""Invented content for the gallery: real-sounding work, so that a part is judged by what it has to carry. Not translated: it is data."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from .pieces import Action, Badge, Bar, Block, Change, Clock, DayRow, Dot, DotRow, Entry, PathStep, Row, Tab

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> {{ 7*7 }} \u202eتجربة 👷🏽 𠮷野㐂"
LONG = "客户称三号线空压机夜班多次高压报警停机，复位后可运行二十分钟左右，排气温度最高到一百零八度，怀疑冷却水塔结垢，要求今晚必须有人到场并带压力传感器"


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


class ExampleForm(forms.Form):
    phone = forms.CharField(label="来电号码", initial="13800005678", widget=forms.TextInput(attrs={"inputmode": "tel"}))
    called_at = forms.TimeField(label="来电时间", initial="14:02", help_text="按客户来电的时间填，不是现在")
    channel = forms.ChoiceField(
        label="渠道",
        initial="phone",
        widget=forms.RadioSelect,
        choices=[("phone", "电话"), ("fax", "传真"), ("portal", "门户"), ("mail", "邮件")],
    )
    site = forms.ChoiceField(
        label="现场", choices=[("2", "华东精密 · 二号厂房"), ("1", "华东精密 · 一号厂房（老厂区，进门要登记身份证并穿防静电服）")]
    )
    fault = forms.CharField(label="客户原话", widget=forms.Textarea(attrs={"rows": 3}), help_text="照客户说的写，不要改成术语")
    hours = forms.DecimalField(label="运行小时", required=False)
    stopped = forms.BooleanField(label="设备已停机，客户生产受影响", required=False)
    carry = forms.MultipleChoiceField(
        label="随车携带",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("a", "服务记录单"), ("b", "压力传感器"), ("c", "万用表")],
    )
    locked = forms.CharField(label="归属", required=False, disabled=True, initial="华东分公司（苏州）")


def worklist(now: datetime) -> dict[str, Any]:
    def row(number: str, subject: str, unit: str, said: str, where: str, due: float, act: str, **more: Any) -> Row:
        clock = Clock(now + minutes(due), label=more.pop("label", "首次联系"), soon_at=now + minutes(due - 30))
        kind = "primary" if due < 0 else "plain"
        return Row(
            "/gallery/record/", number, subject, clock, unit, said, where, action=Action(act, href="/gallery/record/", kind=kind), **more
        )

    rows = [
        row("BX-HD-2026-000417", "华东精密 · 二号厂房", "KX-160  22A0457", "早上开机就报高压，声音也不对，压力上不去", "已转派，待指派", -12.6, "指派…",
            raised="已升级至 陈部长", badge=Badge("重大客户", "accent", "star")),
        row("BX-HD-2026-000423", "苏州恒业包装", "KX-75  21C1183", "漏油，地上一滩", "已指派 张工，待联系", 17.2, "记录联系", since=now - minutes(43)),
        row("BX-HD-2026-000424", "昆山立讯电子（三期）", "KX-250W  23B0092", LONG, "已指派 李工，待联系", 41.5, "记录联系", since=now - minutes(19)),
        row("PG-HD-2026-000208", "无锡太湖食品", "KX-110  20F0771", "更换压力传感器 2 只，带油分芯", "待批准派工", 112, "批准…", label="到场", since=now - minutes(66), badge=Badge("急件", "amber")),
        row("FW-HD-2026-000199", "常州中车配件", "KX-160  22A0460", "已修复，试车 40 分钟正常", "待审核", 60 * 22, "审核", label="审核", since=now - timedelta(days=1)),
        row("BX-HD-2026-000391", "华东精密 · 一号厂房", "KX-90  19D0330", "同一故障 90 天内第 2 次", "等客户停机窗口", 60 * 75, "改约…", label="到场", since=now - timedelta(days=3)),
    ]  # fmt: skip
    tabs = [
        Tab("我的待办", "?tab=mine", 6, current=True),
        Tab("超时", "?tab=late", 1, tone="red"),
        Tab("本公司未完", "?tab=open", 23),
        Tab("待审核", "?tab=review", 4),
        Tab("等客户", "?tab=waiting", 0),
        Tab("本周已关闭", "?tab=closed", 31),
    ]
    return {"rows": rows, "tabs": tabs}


def record(now: datetime) -> dict[str, Any]:  # budget: one example of everything on the page
    called = now - minutes(49)
    labels = ["受理", "转派", "指派", "联系", "派工", "到场", "签字", "审核", "关闭"]
    at = [called, called + minutes(1), called + minutes(6), called + minutes(16), now - minutes(11)]
    steps = [
        PathStep(label, "taken" if i < 4 else "now" if i == 4 else "ahead", at[i] if i < 5 else None) for i, label in enumerate(labels)
    ]
    history = [
        Entry(now - minutes(11), "批准派工", "陈部长", for_whom="周总监", number="PG-HD-2026-000211", href="#", clause="AS-5.2.3"),
        Entry(now - minutes(14), "提交派工单", "李主管", number="PG-HD-2026-000211", href="#", clause="AS-5.2.3"),
        Entry(
            called + minutes(16),
            "联系客户",
            "张工",
            clause="AS-5.2.1",
            recorded_at=called + minutes(32),
            said="“客户同意下午停机，门卫处登记，要带劳保鞋。”",
        ),
        Entry(
            called + minutes(9),
            "更正",
            "李主管",
            clause="QM-1",
            changes=[Change("序列号", "22A0475", "22A0457")],
            reason="客户报错两位，按铭牌照片更正",
        ),
        Entry(called + minutes(6), "指派", "李主管", said="张工（KX 系列资格至 2027-05-01）"),
        Entry(called + minutes(1), "转派至 华东分公司（苏州）", "系统", clause="AS-5.1.2"),
        Entry(called, "登记来电", "王晓兰", clause="AS-5.1.1", recorded_at=called + minutes(2), number="BX-HD-2026-000417"),
        Entry(called - timedelta(days=34), "上一次：同故障修复", "赵工", number="FW-HD-2026-000104", href="#", tone="red"),
    ]
    return {
        "record": {
            "number": "BX-HD-2026-000417", "title": "高压报警停机", "badge": Badge("保修中 至 2027-03-14", "green", "shield-check"),
            "line": ["华东精密", "二号厂房", "KX-160 螺杆机", "SN 22A0457"],
        },
        "head_actions": [
            Action("打印", href="#", icon="printer"), Action("证据", href="#", icon="certificate"), Action("更多", href="#", icon="dots", kind="quiet"),
        ],
        "sentence": "已派工，等工程师出发",
        "clock": Clock(now + minutes(112), label="到场时限", soon_at=now + minutes(82)),
        "note": "张工 · 派工单 PG-HD-2026-000211 已批准 · 备件 2 项已备齐",
        "possible": [Action("代记出发", href="#", kind="primary", icon="truck"), Action("改派…", dialog="reassign"), Action("取消…", dialog="cancel", kind="danger")],
        "impossible": [
            Action("关闭", disabled_reason="还没有客户签字的服务记录。请工程师到场后填写并请客户签字。"),
            Action("申请总部支援", disabled_reason="工程师还没有到场。到场后仍有困难再申请。"),
        ],
        "steps": steps,
        "said": "早上开机就报高压，声音也不对，压力上不去。复位以后能跑二十来分钟又停，三班倒的，下午四点前最好有人来。",
        "answer": "请先断电并关闭出口阀，30 分钟内工程师会联系您。",
        "facts": [
            ("客户", "华东精密机械（苏州）有限公司"), ("联系人", "王工（设备部）138 0000 5678"), ("现场", "苏州工业园区星龙街 428 号 二号厂房"),
            ("来电时间", called), ("渠道", "电话"), ("客户合同号", ""), ("设备停机", True), ("运行小时", 11420),
        ],
        "order": [("状态", "已批准"), ("工程师", "张工、实习 小刘"), ("计划到场", now + minutes(100)), ("携带", "服务记录单 2 份、压力传感器 2 只、油分芯 1 只"), ("说明", LONG)],
        "related": [
            {"number": "BX-HD-2026-000391", "text": "同一设备，未完：异响", "badge": Badge("未完", "neutral", "hourglass")},
            {"number": "FW-HD-2026-000104", "text": "34 天前同故障，换过压力传感器", "badge": Badge("重复故障", "red", "refresh")},
            {"number": "TB-2026-014", "text": "技术通报：KX-160 高压传感器批次 21Q4 漂移", "badge": Badge("未读", "amber", "file-text")},
        ],
        "history": history,
    }  # fmt: skip


def job(now: datetime) -> dict[str, Any]:
    cards = [
        ("检查", "8 / 8 项，3 个读数", "green", "circle-check"), ("处理", "正在填写，草稿已存", "accent", "pencil"), ("零件", "预留 2 项，待确认", "neutral", "package"),
        ("照片", "修前 2 张，修后 0 张", "neutral", "camera"), ("签字", "填完前四项后请客户签字", "neutral", "signature"),
    ]  # fmt: skip
    return {
        "clock": Clock(now + minutes(112), label="到场时限", soon_at=now + minutes(82)),
        "said": "早上开机就报高压，声音也不对，压力上不去。",
        "unit": [("设备", "KX-160 螺杆机"), ("序列号", "22A0457"), ("保修", "保修中 至 2027-03-14（零件·人工）"), ("运行小时", 11420)],
        "visits": [
            ("2026-05", "换压力传感器，清洗油冷却器", "赵工"), ("2025-11", "年度保养", "张工"), ("2025-03", "排气温度高，清洗翅片", "张工"),
        ],
        "parts": [("压力传感器 0–25 bar", "2 只，在您车上"), ("油分芯 KX-160", "1 只，苏州库 A-03 待领")],
        "cards": [{"title": t, "note": n, "tone": tone, "icon": i, "current": tone == "accent"} for t, n, tone, i in cards],
        "today": [
            {"hour": "09:00", "title": "苏州恒业包装", "note": "KX-75 漏油 · 已完成", "tone": "green", "icon": "circle-check"},
            {"hour": "14:30", "title": "华东精密 · 二号厂房", "note": "KX-160 高压报警停机 · 28 km", "tone": "accent", "icon": "navigation", "current": True},
            {"hour": "17:00", "title": "昆山立讯电子（三期）", "note": "KX-250W 季度保养 · 41 km", "tone": "neutral", "icon": "clock"},
        ],
    }  # fmt: skip


def figures(now: datetime) -> dict[str, Any]:
    def dots(name: str, *values: float) -> list[Dot]:
        return [Dot(v, f"BX-{name}-2026-{300 + i:06}", f"/gallery/record/?n={i}", v > 60) for i, v in enumerate(values)]

    branches = [
        DotRow("华东（苏州）", dots("HD", 4, 7, 8, 9, 9, 12, 13, 13, 14, 15, 18, 22, 24, 31, 33, 38, 41, 44, 52, 58, 61, 95), "#"),
        DotRow("华南（东莞）", dots("HN", 3, 5, 6, 6, 7, 9, 12, 16, 19, 21, 28, 35, 47), "#"),
        DotRow("华北（天津）", dots("HB", 8, 11, 14, 19, 22, 36, 49, 55, 57, 66, 130), "#"),
        DotRow("西南（成都）", dots("XN", 6, 9, 13, 17, 29, 42), "#"),
        DotRow("进出口公司", [], "#"),
    ]
    ages = [
        Bar("不到 1 天", 14, "#"), Bar("1–3 天", 9, "#"), Bar("3–7 天", 6, "#"), Bar("7–30 天", 3, "#"), Bar("30 天以上", 1, "#", note="BX-HB-2026-000102"),
    ]  # fmt: skip
    faults = [Bar("KX-160 高压报警", 7, "#"), Bar("KX-75 漏油", 4, "#"), Bar("KX-250W 电控", 3, "#")]
    day = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)

    def block(start: float, end: float, label: str, state: str) -> Block:
        return Block(day + minutes(start * 60), day + minutes(end * 60), label, "/gallery/record/", state)

    people = [
        DayRow("张工", [block(9, 11.5, "苏州恒业 KX-75 漏油", "done"), block(14.5, 16.5, "华东精密 KX-160 高压", "going"), block(17, 18.5, "昆山立讯 保养", "planned")], "苏州 · 3 单"),
        DayRow("李工", [block(8.5, 12, "无锡太湖食品 换传感器", "done"), block(13, 15.5, "常州中车 年检", "clash"), block(15, 17, "江阴兴澄 油分", "clash")], "撞期 1"),
        DayRow("赵工", [block(7, 20, "休假", "away")], "代理：张工"),
        DayRow("小刘（实习）", [], "可派"),
    ]  # fmt: skip
    return {
        "branches": branches,
        "ages": ages,
        "faults": faults,
        "people": people,
        "trend": [98.1, 97.5, 99, 100, None, 98.8, 99.2, 97, 96.4, 98, 99.1, 99.6],
        "now": day + minutes(14.2 * 60),
    }


def parts(now: datetime) -> dict[str, Any]:
    blank, filled = (
        ExampleForm(prefix="a"),
        ExampleForm({"b-phone": "138", "b-fault": HOSTILE, "b-called_at": "25:99", "b-hours": "很多"}, prefix="b"),
    )
    clocks = [
        Clock(now + minutes(52.2), label="首次联系", soon_at=now + minutes(22)), Clock(now + minutes(12.6), label="首次联系", soon_at=now - minutes(17)),
        Clock(now - minutes(0.4), label="首次联系"), Clock(now - minutes(12.6), label="首次联系", note="已升级至 陈部长"), Clock(now + minutes(112), label="到场"),
        Clock(now + timedelta(days=3, hours=4), label="旧件返回"), Clock(now - timedelta(days=2, hours=3), label="日报"),
        Clock(now, "met", label="首次联系", note="14:21，用时 19 分"), Clock(now - minutes(60), "missed", label="首次联系", ended_at=now - minutes(12)),
        Clock(now, "paused", label="到场", note="等客户停机窗口，至 11-25"), Clock(None, "none", label="关闭", note="合同未约定"),
    ]  # fmt: skip
    moments = [now, now - timedelta(days=1), now + timedelta(days=1), now - timedelta(days=20), now - timedelta(days=400), now.date(), None]
    return {
        "blank": blank, "filled": filled, "clocks": clocks, "moments": moments, "hostile": HOSTILE, "long": LONG,
        "hostile_row": Row("javascript:alert(1)", "BX-HD-2026-000001", HOSTILE, Clock(now + minutes(9)), HOSTILE, HOSTILE, HOSTILE, action=Action(HOSTILE, href="javascript:alert(1)")),
        "stopped": [PathStep("受理", "taken", now), PathStep("转派", "taken", now), PathStep("指派", "skipped"), PathStep("已取消", "stopped", now, "李主管")],
        "elsewhere": Action("打开未完的 BX-HD-2026-000391", href="/gallery/record/"),
        "register": Action("登记来电", href="#", kind="primary", icon="plus"),
    }  # fmt: skip
