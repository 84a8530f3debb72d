"""The main job: requests, dispatch orders, service records (AS-5.1 – 5.3)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bihuan.kernel.prepared import Prepared
from bihuan.kernel.procedures.registry import procedure_for
from bihuan.kernel.tables.perform import StepForm, form_class
from bihuan.service.models import ContactLine

from ..declare import Choice, Field, Flag, Of, Opening, Q, Resource, declare, fields
from ..reference import Reference, SeeingForm

REQUEST, ORDER, RECORD = "service.ServiceRequest", "service.DispatchOrder", "service.ServiceRecord"


def _label(record: Any) -> str:
    return str(record.procedure.status(record.status).label)


def _states(label: str) -> Choice:
    return Choice("status", "status", procedure_for(label).status.values)


HEAD = (Field("id", "whole", "pk"), *fields("number", "status"), Field("status_label", path=_label), Field("version", "whole"))
CLOCKS = (Field("created_at", "moment"), Field("next_due_at", "moment"), Field("next_clock"))
WHO = (Field("branch", path="branch.code"), Field("engineer", path="engineer.username"), Field("engineer_name", path="engineer.name"))


class RegisterForm(StepForm, SeeingForm):
    """A repair request from another system: who calls, about which machine, in the customer's words (AS-5.1.1)."""

    unit = Reference("equipment.Unit", key="serial", label=gettext_lazy("设备"))
    customer = Reference("customers.Customer", label=gettext_lazy("客户"))
    site = Reference("customers.Site", key="pk", label=gettext_lazy("现场"))
    contact_person = Reference("customers.Contact", key="pk", label=gettext_lazy("联系人"))
    follows_up = Reference(REQUEST, label=gettext_lazy("续前单"))
    called_at = forms.DateTimeField(label=gettext_lazy("来电时间"))
    fault = forms.CharField(label=gettext_lazy("客户原话"), max_length=8000)
    channel = forms.ChoiceField(label=gettext_lazy("渠道"), required=False)
    caller_name = forms.CharField(label=gettext_lazy("来电人"), max_length=60, required=False)
    caller_phone = forms.CharField(label=gettext_lazy("来电号码"), max_length=40, required=False)
    first_answer = forms.CharField(label=gettext_lazy("已给答复"), max_length=4000, required=False)
    is_overseas = forms.BooleanField(label=gettext_lazy("海外业务"), required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        offered: Any = self.fields["channel"]
        offered.choices = [pair for pair in self.record._meta.get_field("channel").choices if pair[0] != "import"]

    def clean_channel(self) -> str:
        return self.cleaned_data["channel"] or "api"

    def clean(self) -> dict[str, Any]:
        """A machine says whose it is and where it stands; what is named beside it must agree."""
        data = super().clean() or {}
        unit, contact, site = data.get("unit"), data.get("contact_person"), data.get("site")
        owner = unit.customer if unit else site.customer if site else contact.customer if contact else None
        for name, other in (
            ("customer", data.get("customer")),
            ("site", site and site.customer),
            ("contact_person", contact and contact.customer),
        ):
            if owner is not None and other is not None and other != owner:
                self.add_error(name, _("与所填的其他内容不属于同一客户，请核对。"))
        if unit and site and site != unit.site:
            self.add_error("site", _("设备不在这个现场，请核对。"))
        data["customer"], data["site"] = data.get("customer") or owner, unit.site if unit else site
        if data["customer"] is None and not self.errors:
            self.add_error("unit", _("请填写设备、现场、联系人或客户中的至少一项。"))
        return data


def _draft_form(order: Any) -> type[StepForm]:
    """Drafting asks what amending asks, and the order's other particulars."""
    base = form_class(order, procedure_for(ORDER).step_named("amend"))
    more = {name: order._meta.get_field(name).formfield(required=False) for name in ("companions", "cost_note")}
    hours = order._meta.get_field("planned_hours").formfield(required=False, min_value=0)

    def clean_planned_hours(form: Any) -> Any:
        hours = form.cleaned_data["planned_hours"]
        return form.record.planned_hours if hours is None else hours

    return type("DraftForm", (base,), more | {"planned_hours": hours, "clean_planned_hours": clean_planned_hours})


def _carry(order: Any) -> list[dict[str, Any]]:
    return [
        {"id": item.pk, "kind": item.kind, "name": item.name, "quantity": item.quantity, "carried": item.carried, "remark": item.remark}
        for item in order.carry_items.all()[:200]
    ]


def _reports(order: Any) -> list[dict[str, Any]]:
    rows = order.reports.order_by("-at")[:60]
    return [{"day": row.day, "progress": row.progress, "plan": row.plan, "by": row.by_name, "at": row.at} for row in rows]


def _talk(request: Any) -> list[dict[str, Any]]:
    rows = _lines(request.pk)
    return [{"position": row.position, "speaker": row.speaker, "text": row.text, "at": row.at, "by": row.by_name} for row in rows]


_lines = Prepared(lambda request: ContactLine.objects.filter(request_id=request).order_by("position")[:200])


BRANCH = Of("branch", "branch_id", "organisation.Branch", "code")
ENGINEER = Of("engineer", "engineer_id", "organisation.Person", "username")

declare(
    Resource(
        "requests",
        REQUEST,
        gettext_lazy("报修单"),
        shown=(
            *HEAD,
            *WHO,
            Field("customer", path="customer.number"),
            Field("customer_name", path="customer.name"),
            Field("site", "whole", "site_id"),
            Field("site_name", path="site.name"),
            Field("unit", path="unit.serial"),
            Field("model", path="product_model.name"),
            Field("channel"),
            Field("called_at", "moment"),
            Field("fault", "words"),
            Field("is_overseas", "flag"),
            Field("visits", "whole"),
            *CLOCKS,
        ),
        more=(
            Field("caller_name"),
            Field("caller_phone", "phone"),
            Field("contact_person", "whole", "contact_person_id"),
            *fields("first_answer", "answer", kind="words"),
            *fields("contacted_at", "closed_at", kind="moment"),
            Field("hold_reason"),
            Field("cover", "object"),
            Field("contact_log", "said", _talk),
        ),
        filters=(
            _states(REQUEST),
            BRANCH,
            ENGINEER,
            Of("unit", "unit_id", "equipment.Unit", "serial"),
            Of("customer", "customer_id", "customers.Customer", "number"),
            Of("site", "site_id", "customers.Site", "pk"),
            Flag("overseas", Q(is_overseas=True)),
        ),
        sorts={"called_at": "called_at", "next_due_at": "next_due_at", "number": "number"},
        search=True,
        alone=True,
        related=("orders", "follows_up", "followed_by"),
        opening=Opening(form=lambda _request: RegisterForm, blank=lambda model, _parent: model()),
    ),
    Resource(
        "orders",
        ORDER,
        gettext_lazy("派工单"),
        shown=(
            *HEAD,
            *WHO,
            Field("request", path="request.number"),
            Field("customer", path="request.customer.number"),
            Field("customer_name", path="request.customer.name"),
            Field("unit", path="request.unit.serial"),
            Field("visit", "whole"),
            Field("task", "words"),
            *fields("planned_departure", "planned_arrival", "departed_at", "arrived_at", "finished_at", kind="moment"),
            *CLOCKS,
        ),
        more=(
            Field("companions"),
            Field("planned_hours", "amount"),
            Field("cost_note", "words"),
            *fields("approved_at", "phone_approved_at", "confirmed_at", kind="moment"),
            *fields("phone_approver", "arrival_place"),
            *fields("latitude", "longitude", kind="amount"),
            Field("carry", "items", _carry),
            Field("reports", "said", _reports),
        ),
        filters=(
            _states(ORDER),
            BRANCH,
            ENGINEER,
            Of("request", "request_id", REQUEST, "number"),
            Of("unit", "request__unit_id", "equipment.Unit", "serial"),
            Of("customer", "request__customer_id", "customers.Customer", "number"),
        ),
        sorts={"planned_arrival": "planned_arrival", "next_due_at": "next_due_at", "number": "number"},
        search=True,
        alone=True,
        related=("request", "service_record"),
        opening=Opening(form=_draft_form, blank=lambda model, request: model(request=request, branch=request.branch), under="requests"),
    ),
    Resource(
        "records",
        RECORD,
        gettext_lazy("售后服务记录单"),
        shown=(
            *HEAD,
            *WHO,
            Field("order", path="order.number"),
            Field("request", path="order.request.number"),
            Field("customer", path="order.request.customer.number"),
            Field("customer_name", path="order.request.customer.name"),
            Field("unit", path="order.request.unit.serial"),
            Field("outcome"),
            *fields("findings", "work_done", kind="words"),
            *fields("labour_minutes", "travel_minutes", kind="whole"),
            *fields("signed_at", "reviewed_at", kind="moment"),
            *CLOCKS,
        ),
        more=(
            *fields("checklist", "parts", "photos", kind="items"),
            *fields("advice", "refusal_reason", "review_note", kind="words"),
            Field("refusal_witness"),
        ),
        filters=(
            _states(RECORD),
            BRANCH,
            ENGINEER,
            Of("order", "order_id", ORDER, "number"),
            Of("unit", "order__request__unit_id", "equipment.Unit", "serial"),
            Of("customer", "order__request__customer_id", "customers.Customer", "number"),
        ),
        sorts={"signed_at": "signed_at", "number": "number", "next_due_at": "next_due_at"},
        search=True,
        alone=True,
        related=("order", "order.request"),
    ),
)
