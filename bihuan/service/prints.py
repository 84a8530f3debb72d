"""The three controlled forms of the main job as they are printed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.files import disk
from bihuan.kernel.journal.read import taken
from bihuan.kernel.printing.forms import (
    Approval,
    Cell,
    Cells,
    CheckItem,
    Checklist,
    Form,
    Photo,
    Photos,
    Section,
    Signature,
    Signatures,
    Table,
    Text,
)
from bihuan.kernel.signing.show import signature_line
from bihuan.kernel.signing.sign import current_signatures

from .models import DispatchOrder, ServiceRecord, ServiceRequest


def _when(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment else ""


def _form(record: Any, sections: list[Section], approvals: list[Approval], stamp: str = "") -> Form:
    procedure = record.procedure
    return Form(
        code=procedure.form, title=str(procedure.title), number=record.number, record_url=f"{settings.ORIGIN}/r/{record.number}/",
        revision=record.procedure_revision, sections=sections, approvals=approvals,
        status_line=str(record.get_status_display()), stamp=stamp, zone=record.branch.zone,
    )  # fmt: skip


def _acts(record: Any, *steps: tuple[str, str]) -> list[Approval]:
    """An approvals row: for each (step, meaning) who took it last, with time and deputy; empty where nobody has yet."""
    entries = taken(record, tuple(f"{record.procedure.form}.{name}" for name, _meaning in steps))
    found = []
    for name, meaning in steps:
        entry = next((entry for entry in entries if entry.action == f"{record.procedure.form}.{name}"), None)
        if entry is None:
            found.append(Approval("", meaning))
        else:
            found.append(Approval(entry.actor_name, meaning, entry.happened_at, entry.said.get("for_whom", "")))
    return found


def _customer_cells(request: ServiceRequest) -> list[list[Cell]]:
    unit = request.unit
    return [
        [Cell(_("客户名称"), request.customer.name, 2)],
        [Cell(_("现场"), request.site.name if request.site else ""), Cell(_("地址"), request.site.address if request.site else "")],
        [Cell(_("型号"), str(request.product_model or "")), Cell(_("出厂编号"), unit.serial if unit else "")],
    ]


def request_form(request: ServiceRequest, actor: Actor) -> Form:
    """BX 电话报修登记处理表."""
    from .panels import cover_text, phone_for

    zone = request.branch.zone
    log = [[_when(line.at, zone), line.speaker, line.text] for line in request.contact_log.all()[:100]]
    rows = [
        [Cell(_("来电时间"), _when(request.called_at, zone)), Cell(_("录入时间"), _when(request.created_at, zone))],
        [Cell(_("来电人"), request.caller_name), Cell(_("来电号码"), phone_for(actor, request.caller_phone))],
        *_customer_cells(request),
        [Cell(_("保修"), cover_text(request.cover)), Cell(_("渠道"), request.get_channel_display())],
        [Cell(_("服务分公司"), request.branch.name), Cell(_("工程师"), request.engineer.name if request.engineer else "")],
        [Cell(_("首次联系"), _when(request.contacted_at, zone)), Cell(_("关闭时间"), _when(request.closed_at, zone))],
    ]
    orders = [
        [order.number, str(order.visit), order.engineer.name, _when(order.arrived_at, zone), order.get_status_display()]
        for order in request.orders.select_related("engineer")
    ]
    sections: list[Section] = [
        Cells(rows),
        Text(_("客户原话"), request.fault, min_lines=4),
        Text(_("已给答复"), request.first_answer, min_lines=2),
        Text(_("联系答复"), request.answer, min_lines=3),
    ]
    if log:
        sections.append(Table([_("时间"), _("说话人"), _("内容")], log, widths=[2, 1, 6], title=_("联系记录")))
    if orders:
        sections.append(Table([_("派工单"), _("上门"), _("工程师"), _("到场"), _("状态")], orders, widths=[3, 1, 2, 2, 2], title=_("派工")))
    acts = _acts(request, ("register", _("受理")), ("assign", _("指派")), ("contact", _("联系客户")), ("close", _("关闭")))
    return _form(request, sections, acts, stamp=_("作废") if request.status == "cancelled" else "")


def order_form(order: DispatchOrder, actor: Actor) -> Form:
    """PG 派工单; stamped as not valid until the head has approved it (AS-5.2.3)."""
    from .panels import cover_text

    zone, request = order.branch.zone, order.request
    rows = [
        [Cell(_("报修单"), request.number), Cell(_("第几次上门"), str(order.visit))],
        *_customer_cells(request),
        [Cell(_("工程师"), order.engineer.name), Cell(_("同行人员"), order.companions)],
        [Cell(_("约定到场"), _when(order.planned_arrival, zone)), Cell(_("预计工时（小时）"), str(order.planned_hours))],
        [Cell(_("保修"), cover_text(request.cover)), Cell(_("费用说明"), order.cost_note)],
        [
            Cell(_("出发时间"), _when(order.departed_at, zone)),
            Cell(_("到场时间"), f"{_when(order.arrived_at, zone)} {order.arrival_place}".strip()),
        ],
    ]
    if order.phone_approved_at:
        rows.append([Cell(_("电话同意人"), order.phone_approver), Cell(_("电话同意时间"), _when(order.phone_approved_at, zone))])
    carry = [
        [item.get_kind_display(), item.name, str(item.quantity), _("✓") if item.carried else "", item.remark]
        for item in order.carry_items.all()
    ]
    reports = [[str(report.day), report.progress, report.plan, report.by_name] for report in order.reports.all()]
    sections: list[Section] = [
        Cells(rows),
        Text(_("客户原话"), request.fault, min_lines=2),
        Text(_("任务"), order.task, min_lines=3),
        Table([_("类别"), _("名称"), _("数量"), _("已带"), _("说明")], carry, widths=[1, 4, 1, 1, 3], title=_("携带清单")),
    ]
    if reports:
        sections.append(Table([_("日期"), _("进展"), _("明日计划"), _("汇报人")], reports, widths=[2, 5, 3, 1.5], title=_("每日汇报")))
    acts = _acts(order, ("submit", _("编制")), ("confirm" if order.confirmed_at else "approve", _("批准")), ("accept", _("接单")))
    return _form(order, sections, acts, stamp=_order_stamp(order))


def _order_stamp(order: DispatchOrder) -> str:
    if order.status == "cancelled":
        return _("作废")
    if order.status in {"drafted", "submitted"}:
        return _("未经批准不得执行")
    return _("电话放行 待补批") if order.phone_approved_at and not order.confirmed_at else ""


def record_form(record: ServiceRecord, actor: Actor) -> Form:
    """FW 售后服务记录单, with the customer's signature at real size."""
    from .panels import minutes_text

    zone, order = record.branch.zone, record.order
    rows = [
        [Cell(_("派工单"), order.number), Cell(_("报修单"), order.request.number)],
        *_customer_cells(order.request),
        [Cell(_("工程师"), record.engineer.name), Cell(_("第几次上门"), str(order.visit))],
        [Cell(_("到场时间"), _when(order.arrived_at, zone)), Cell(_("完成时间"), _when(order.finished_at, zone))],
        [Cell(_("工时"), minutes_text(record.labour_minutes)), Cell(_("路途"), minutes_text(record.travel_minutes))],
        [Cell(_("结果"), record.get_outcome_display(), 2)],
    ]
    sections: list[Section] = [Cells(rows), Text(_("客户原话"), order.request.fault, min_lines=2)]
    if record.checklist:
        sections.append(Checklist([_check(line) for line in record.checklist], title=_("检查")))
    sections += [Text(_("故障现象与原因"), record.findings, min_lines=3), Text(_("处理过程"), record.work_done, min_lines=4)]
    if record.parts:
        parts = [[part["name"], part["part_no"], str(part["quantity"]), part["old_serial"], part["new_serial"]] for part in record.parts]
        sections.append(
            Table([_("零件"), _("图号"), _("数量"), _("旧件编号"), _("新件编号")], parts, widths=[3, 2, 1, 2, 2], title=_("更换零件"))
        )
    sections.append(Text(_("给客户的建议"), record.advice, min_lines=2))
    sections.append(_signatures(record))
    if pictures := _pictures(record):
        sections.append(Photos(pictures, title=_("照片")))
    acts = _acts(record, ("begin", _("现场维修人员")), ("review", _("审核")))
    return _form(record, sections, acts, stamp=_("未签字") if record.status == "open" else "")


def _check(line: dict[str, Any]) -> CheckItem:
    if not line.get("measured"):
        return CheckItem(line["text"], "✓" if line.get("ok") else "", line.get("remark", ""))
    limits = f"（{line['low']}–{line['high']}）" if line.get("low") and line.get("high") else ""
    outside = _outside(line)
    result = f"{line.get('value', '')} {line.get('unit', '')}{limits}" + (_("　超限") if outside else "")
    return CheckItem(line["text"], result.strip(), line.get("remark", ""))


def _outside(line: dict[str, Any]) -> bool:
    try:
        value = Decimal(line.get("value") or "x")
        return bool(line["low"] and value < Decimal(line["low"])) or bool(line["high"] and value > Decimal(line["high"]))
    except InvalidOperation:
        return False


def _signatures(record: ServiceRecord) -> Signatures:
    shown = []
    for signature in current_signatures(record):
        line = signature_line(signature, record=record, zone=record.branch.zone)
        path = disk.fetched(signature.image_sha256) if signature.image_sha256 else None
        image = path.read_bytes() if path and path.exists() else None
        shown.append(
            Signature(line.name, line.meaning, signature.signed_at, line.method, line.state, signature.record_version, image=image)
        )
    if record.status == "refused" or record.refusal_reason:
        shown.append(Signature(record.refusal_witness, _("拒签：%(why)s（见证人）") % {"why": record.refusal_reason}))
    return Signatures(shown or [Signature("", _("客户签字"))], title=_("签字"))


def _pictures(record: ServiceRecord) -> list[Photo]:
    kinds = {"photo_before": _("处理前"), "photo_after": _("处理后")}
    paths = [(disk.fetched(photo["sha256"]), str(kinds.get(photo["kind"], _("照片")))) for photo in record.photos[:12]]
    return [Photo(path.read_bytes(), caption) for path, caption in paths if path.exists()]
