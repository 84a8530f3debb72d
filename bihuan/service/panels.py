"""The pages of the three records: what each shows beside what every record shows."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bihuan.equipment.public import unread_bulletins
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.files.models import Attachment
from bihuan.kernel.signing.show import signature_line
from bihuan.kernel.signing.sign import current_signatures
from bihuan.kernel.tables.pages import RecordPage, register_page
from bihuan.kernel.ui.parts import number
from bihuan.kernel.ui.pieces import Badge
from bihuan.organisation.roles import AUDITOR

from . import queries
from .models import DispatchOrder, ServiceRecord, ServiceRequest
from .prints import order_form, record_form, request_form

TONES = {"closed": "green", "cancelled": "neutral", "refused": "red"}
PHOTOS = (
    ("photo_before", gettext_lazy("处理前照片")),
    ("photo_after", gettext_lazy("处理后照片")),
    ("photo", gettext_lazy("照片")),
    ("document", gettext_lazy("文件")),
    ("video", gettext_lazy("视频")),
)


def cover_text(cover: dict[str, bool]) -> str:
    """The warranty as decided on the day of the call, in words."""
    names = {"parts": _("零件"), "labour": _("人工"), "travel": _("差旅")}
    inside = [str(names[kind]) for kind, covered in cover.items() if covered]
    return _("保修中（%(what)s）") % {"what": "·".join(inside)} if inside else _("保修期外") if cover else _("未登记设备，保修待查")


def phone_for(actor: Actor, phone: str) -> str:
    """The number as this person may see it: an auditor sees only its ends (#10)."""
    return f"{phone[:3]}****{phone[-4:]}" if actor.roles == {AUDITOR.code} and len(phone) > 7 else phone


def told(name: str, value: Any, actor: Actor) -> Any:
    """A field's value as this person may read it, where a page lists the fields by themselves."""
    match name:
        case "caller_phone":
            return phone_for(actor, value)
        case "cover":
            return cover_text(value)
        case "labour_minutes" | "travel_minutes":
            return minutes_text(value)
        case "checklist":
            return "；".join(_checked(line) for line in value)
    return value


def _checked(line: dict[str, Any]) -> str:
    result = f"{line.get('value') or '—'} {line.get('unit') or ''}".strip() if line.get("measured") else "✓" if line.get("ok") else "—"
    return " ".join(part for part in (line["text"], result, line.get("remark")) if part)


def request_title(request: ServiceRequest) -> str:
    return request.fault.split("\n")[0][:60]


def request_line(request: ServiceRequest) -> list[str]:
    return [
        str(part) for part in (request.customer, request.site, request.unit or request.product_model, cover_text(request.cover)) if part
    ]


def request_context(request: ServiceRequest, actor: Actor) -> dict[str, Any]:
    orders = list(request.orders.select_related("engineer", "service_record").order_by("visit", "id"))
    facts = [
        (_("来电人"), request.caller_name),
        (_("来电号码"), phone_for(actor, request.caller_phone)),
        (_("渠道"), request.get_channel_display()),
        (_("来电时间"), request.called_at),
        (_("录入时间"), request.created_at),
        (_("现场地址"), request.site.address if request.site else ""),
        (_("服务分公司"), request.branch.name),
        (_("工程师"), request.engineer.name if request.engineer else ""),
        (_("保修"), cover_text(request.cover)),
        (_("上门次数"), request.visits or ""),
    ]
    return {
        "facts": facts,
        "orders": orders,
        "contact_log": list(request.contact_log.all()[:200]),
        "recent": [other for other in queries.recent(actor, unit=request.unit, customer_id=request.customer_id) if other.pk != request.pk],
        "bulletins": unread_bulletins(actor, request.unit.model_id if request.unit else request.product_model_id),
        "badge": Badge(request.get_status_display(), TONES.get(request.status, "neutral")),
        "may_draft": request.status == "contacted"
        and any(actor.holds(role, request.branch_id) for role in ("branch_lead", "service_desk", "export_desk")),
    }


def order_line(order: DispatchOrder) -> list[str]:
    return [*request_line(order.request)[:3], _("第 %(n)d 次上门") % {"n": order.visit}]


def order_context(order: DispatchOrder, actor: Actor) -> dict[str, Any]:
    facts = [
        (_("报修单"), number(order.request.number, f"/r/{order.request.number}/")),
        (_("工程师"), order.engineer.name),
        (_("同行人员"), order.companions),
        (_("约定到场"), order.planned_arrival),
        (_("预计工时"), _("%(n)s 小时") % {"n": order.planned_hours}),
        (_("保修"), cover_text(order.request.cover)),
        (_("费用说明"), order.cost_note),
        (_("出发时间"), order.departed_at),
        (_("到场时间"), order.arrived_at),
        (_("到场地点"), order.arrival_place),
        (_("电话同意人"), order.phone_approver),
        (_("电话同意时间"), order.phone_approved_at),
        (_("补批时间"), order.confirmed_at),
    ]
    return {
        "facts": [(label, value) for label, value in facts if value not in ("", None)],
        "carry": list(order.carry_items.all()),
        "reports": list(order.reports.all()),
        "signatures": [signature_line(signature) for signature in current_signatures(order)],
        "service_record": ServiceRecord.objects.filter(order=order).first(),
    }


def record_context(record: ServiceRecord, actor: Actor) -> dict[str, Any]:
    facts = [
        (_("派工单"), number(record.order.number, f"/r/{record.order.number}/")),
        (_("报修单"), number(record.order.request.number, f"/r/{record.order.request.number}/")),
        (_("工程师"), record.engineer.name),
        (_("到场时间"), record.order.arrived_at),
        (_("结果"), record.get_outcome_display()),
        (_("工时"), minutes_text(record.labour_minutes)),
        (_("路途"), minutes_text(record.travel_minutes)),
        (_("拒签原因"), record.refusal_reason),
        (_("见证人"), record.refusal_witness),
        (_("审核意见"), record.review_note),
    ]
    pictures = Attachment.objects.filter(record_type="service.ServiceRecord", record_id=record.pk, kind="signature")
    handles = {picture.sha256: picture.handle for picture in pictures}
    signatures = current_signatures(record)
    return {
        "facts": [(label, value) for label, value in facts if value not in ("", None)],
        "signatures": [signature_line(signature) for signature in signatures],
        "signature_pictures": [handles[signature.image_sha256] for signature in signatures if signature.image_sha256 in handles],
    }


def minutes_text(minutes: int | None) -> str:
    """A length of time as people say it: 1 小时 30 分."""
    if minutes is None:
        return ""
    hours, rest = divmod(minutes, 60)
    return _("%(h)d 小时 %(m)d 分") % {"h": hours, "m": rest} if hours else _("%(m)d 分") % {"m": rest}


register_page(
    RecordPage(
        "service.ServiceRequest", "service/request.html", request_title, request_line, request_context, request_form,
        attach_kinds=(("fax", gettext_lazy("传真件")), *PHOTOS), told=told,
    )
)  # fmt: skip
register_page(
    RecordPage(
        "service.DispatchOrder",
        "service/order.html",
        lambda order: order.task.split("\n")[0][:60],
        order_line,
        order_context,
        order_form,
        PHOTOS,
        told,
    )
)
register_page(
    RecordPage("service.ServiceRecord", "service/record.html", lambda record: request_title(record.order.request), lambda record: order_line(record.order),
               record_context, record_form, PHOTOS, told)
)  # fmt: skip
