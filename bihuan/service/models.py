"""The records of the main job: repair request BX, dispatch order PG with its carry list and daily reports, service record FW."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bihuan.customers.models import Contact, Customer, Site
from bihuan.equipment.models import ProductModel, Unit
from bihuan.kernel.records import Record
from bihuan.organisation.models import Branch

from .procedure import F, O, R


class Channel(models.TextChoices):
    PHONE = "phone", _("电话")
    FAX = "fax", _("传真")
    PORTAL = "portal", _("门户")
    EMAIL = "email", _("邮件")
    API = "api", _("接口")
    IMPORT = "import", _("导入")


class HoldReason(models.TextChoices):
    CUSTOMER = "customer", _("等客户安排")
    PARTS = "parts", _("等备件")
    ACCESS = "access", _("等进场许可")
    FORCE_MAJEURE = "force_majeure", _("不可抗力")


class Outcome(models.TextChoices):
    """How a visit ended (AS-5.3.2). The last four leave work to do, so the request cannot be closed on them."""

    REPAIRED = "repaired", _("已修复")
    INSPECTED = "inspected", _("已检查，无需修理")
    RETURN_VISIT = "return_visit", _("需再次上门")
    NEEDS_HQ = "needs_hq", _("需总部支援")
    BACK_TO_WORKS = "back_to_works", _("需返厂维修")
    WAITING_PARTS = "waiting_parts", _("等待备件")


OPEN = Q(is_open=True)
FINISHED = (Outcome.REPAIRED, Outcome.INSPECTED)


class ServiceRequest(Record):
    """BX 电话报修登记处理表: a customer's call for help, in the customer's words (AS-5.1.1).

    ``called_at`` is when the customer called, ``created_at`` when it was entered; the first-contact hour runs from the call.
    """

    personal_fields = ("caller_name", "caller_phone")
    free_fields = ("reason", "fault", "first_answer", "answer")

    status = models.CharField(_("状态"), max_length=20, choices=R.choices)
    branch = models.ForeignKey(Branch, models.PROTECT, db_index=False, related_name="requests", verbose_name=_("服务分公司"))
    customer = models.ForeignKey(Customer, models.PROTECT, db_index=False, related_name="requests", verbose_name=_("客户"))
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True, related_name="requests", verbose_name=_("现场"))
    contact_person = models.ForeignKey(Contact, models.PROTECT, null=True, blank=True, verbose_name=_("联系人"))
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, db_index=False, related_name="requests", verbose_name=_("设备"))
    product_model = models.ForeignKey(ProductModel, models.PROTECT, null=True, blank=True, verbose_name=_("型号"))
    channel = models.CharField(_("渠道"), max_length=10, choices=Channel.choices, default=Channel.PHONE)
    caller_name = models.CharField(_("来电人"), max_length=60, blank=True)
    caller_phone = models.CharField(_("来电号码"), max_length=40, blank=True)
    called_at = models.DateTimeField(_("来电时间"))
    fault = models.TextField(_("客户原话"))
    first_answer = models.TextField(_("已给答复"), blank=True)
    answer = models.TextField(_("联系答复"), blank=True)
    engineer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="assigned_requests", verbose_name=_("工程师")
    )
    contacted_at = models.DateTimeField(_("联系时间"), null=True, blank=True)
    hold_reason = models.CharField(_("等待原因"), max_length=20, choices=HoldReason.choices, blank=True)
    is_overseas = models.BooleanField(_("海外"), default=False)
    cover = models.JSONField(_("保修"), default=dict, blank=True)  # as it was on the day of the call
    follows_up = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="followed_by", verbose_name=_("续前单"))
    visits = models.PositiveSmallIntegerField(_("上门次数"), default=0)
    closed_at = models.DateTimeField(_("关闭时间"), null=True, blank=True)
    source_key = models.CharField(max_length=40, blank=True)  # the id in the file it was imported from

    class Meta:
        verbose_name = _("报修单")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["source_key"], condition=~Q(source_key=""), name="imported_once"),
            models.CheckConstraint(condition=Q(status__in=R.values), name="request_status_known"),
        ]
        indexes = [
            models.Index(fields=["branch", "next_due_at", "id"], condition=OPEN, name="request_open_by_deadline"),
            models.Index(fields=["next_due_at", "id"], condition=OPEN, name="request_open_all"),
            models.Index(fields=["engineer", "next_due_at"], condition=OPEN, name="request_open_of_engineer"),
            models.Index(fields=["branch", "-id"], name="request_newest_of_branch"),
            models.Index(fields=["unit", "-id"], name="request_of_unit"),
            models.Index(fields=["customer", "-id"], name="request_of_customer"),
        ]

    def holder_id(self) -> int | None:
        return self.engineer_id

    need_labels = {"reason": _("原因")}


class ContactLine(models.Model):
    """A line of what was said with the customer, in order (contact log). ``raw`` is the line as it came, byte for byte."""

    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="contact_log")
    position = models.PositiveIntegerField()
    speaker = models.CharField(_("说话人"), max_length=20, blank=True)
    text = models.TextField(_("内容"))
    raw = models.TextField(blank=True)
    at = models.DateTimeField(_("时间"), null=True, blank=True)
    by_name = models.CharField(_("记录人"), max_length=60, blank=True)

    class Meta:
        ordering = ["request", "position"]
        constraints = [models.UniqueConstraint(fields=["request", "position"], name="contact_line_once")]


class DispatchOrder(Record):
    """PG 派工单: who goes when to do what, with what in the car; valid once the head approves (AS-5.2.3)."""

    free_fields = ("reason", "companions", "task", "cost_note", "phone_approver", "arrival_place", "progress", "plan")

    status = models.CharField(_("状态"), max_length=20, choices=O.choices)
    branch = models.ForeignKey(Branch, models.PROTECT, db_index=False, related_name="orders", verbose_name=_("服务分公司"))
    request = models.ForeignKey(ServiceRequest, models.PROTECT, related_name="orders", verbose_name=_("报修单"))
    visit = models.PositiveSmallIntegerField(_("第几次上门"), default=1)
    engineer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="orders", verbose_name=_("工程师"))
    companions = models.CharField(_("同行人员"), max_length=120, blank=True)
    task = models.TextField(_("任务"))
    planned_departure = models.DateTimeField(_("计划出发"), null=True, blank=True)
    planned_arrival = models.DateTimeField(_("约定到场"))
    planned_hours = models.DecimalField(_("预计工时（小时）"), max_digits=5, decimal_places=1, default=2)
    cost_note = models.CharField(_("费用说明"), max_length=200, blank=True)
    approved_at = models.DateTimeField(_("批准时间"), null=True, blank=True)
    phone_approver = models.CharField(_("电话同意人"), max_length=60, blank=True)
    phone_approved_at = models.DateTimeField(_("电话同意时间"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("补批时间"), null=True, blank=True)
    departed_at = models.DateTimeField(_("出发时间"), null=True, blank=True)
    arrived_at = models.DateTimeField(_("到场时间"), null=True, blank=True)
    arrival_place = models.CharField(_("到场地点"), max_length=120, blank=True)
    latitude = models.DecimalField(_("纬度"), max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(_("经度"), max_digits=9, decimal_places=6, null=True, blank=True)
    finished_at = models.DateTimeField(_("完成时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("派工单")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["request"], condition=~Q(status__in=["done", "cancelled"]), name="one_open_order_per_request"),
            models.UniqueConstraint(fields=["request", "visit"], condition=~Q(status="cancelled"), name="one_order_per_visit"),
            models.CheckConstraint(condition=Q(status__in=O.values), name="order_status_known"),
        ]
        indexes = [
            models.Index(fields=["branch", "next_due_at", "id"], condition=OPEN, name="order_open_by_deadline"),
            models.Index(fields=["branch", "-id"], name="order_newest_of_branch"),
            models.Index(fields=["engineer", "planned_arrival"], name="order_of_engineer"),
            models.Index(fields=["branch", "planned_arrival"], name="order_day_of_branch"),
        ]

    signed_with, signed_with_many = ("request", "engineer"), ("carry_items",)

    def signed_content(self) -> dict:
        """What the head approves: who goes when to do what, with what in the car."""
        return {
            "number": self.number,
            "request": self.request.number,
            "visit": self.visit,
            "engineer": self.engineer.name,
            "companions": self.companions,
            "task": self.task,
            "planned_arrival": self.planned_arrival,
            "carry": [[item.kind, item.name, item.quantity] for item in self.carry_items.all()],
        }

    need_labels = {"carry_list": _("携带清单"), "carry_confirmed": _("携带确认"), "progress": _("进展"), "reason": _("原因")}

    def holder_id(self) -> int | None:
        return self.engineer_id


class CarryItem(models.Model):
    """A thing that must be in the car: form, tool or part (AS-5.2.3)."""

    class Kind(models.TextChoices):
        FORM = "form", _("表单")
        TOOL = "tool", _("工具")
        PART = "part", _("备件")

    order = models.ForeignKey(DispatchOrder, models.CASCADE, related_name="carry_items")
    kind = models.CharField(_("类别"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("名称"), max_length=80)
    quantity = models.PositiveSmallIntegerField(_("数量"), default=1)
    carried = models.BooleanField(_("已带"), default=False)
    remark = models.CharField(_("说明"), max_length=120, blank=True)

    class Meta:
        ordering = ["order", "id"]


class DailyReport(models.Model):
    """The engineer's word of progress for a day on the road or on site, due at 20:00 (AS-5.3.1)."""

    order = models.ForeignKey(DispatchOrder, models.PROTECT, related_name="reports")
    day = models.DateField(_("日期"))
    progress = models.TextField(_("进展"))
    plan = models.TextField(_("明日计划"), blank=True)
    by_name = models.CharField(_("汇报人"), max_length=60)
    at = models.DateTimeField(_("汇报时间"))

    class Meta:
        ordering = ["order", "at"]


class ServiceRecord(Record):
    """FW 售后服务记录单: what was found and done on site; valid only with the customer's signature (AS-5.3.2)."""

    free_fields = (
        "reason", "fault", "checklist", "findings", "work_done", "parts", "advice", "refusal_reason", "refusal_witness", "review_note",
    )  # fmt: skip

    status = models.CharField(_("状态"), max_length=20, choices=F.choices)
    branch = models.ForeignKey(Branch, models.PROTECT, db_index=False, related_name="service_records", verbose_name=_("服务分公司"))
    order = models.OneToOneField(DispatchOrder, models.PROTECT, related_name="service_record", verbose_name=_("派工单"))
    engineer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="service_records", verbose_name=_("工程师"))
    checklist = models.JSONField(_("检查"), default=list, blank=True)  # [{"text","unit","low","high","value","ok","remark"}]
    findings = models.TextField(_("故障现象与原因"), blank=True)
    work_done = models.TextField(_("处理过程"), blank=True)
    parts = models.JSONField(_("零件"), default=list, blank=True)  # [{"name","part_no","quantity","old_serial","new_serial"}]
    outcome = models.CharField(_("结果"), max_length=20, choices=Outcome.choices, blank=True)
    advice = models.TextField(_("给客户的建议"), blank=True)
    labour_minutes = models.PositiveIntegerField(_("工时（分钟）"), null=True, blank=True)
    travel_minutes = models.PositiveIntegerField(_("路途（分钟）"), null=True, blank=True)
    photos = models.JSONField(_("照片"), default=list, blank=True)  # [{"kind","sha256","handle"}], frozen when signed
    signed_at = models.DateTimeField(_("签字时间"), null=True, blank=True)
    refusal_reason = models.TextField(_("拒签原因"), blank=True)
    refusal_witness = models.CharField(_("见证人"), max_length=60, blank=True)
    review_note = models.TextField(_("审核意见"), blank=True)
    reviewed_at = models.DateTimeField(_("审核时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("售后服务记录单")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(status__in=F.values), name="record_status_known")]
        indexes = [models.Index(fields=["branch", "-id"], name="record_newest_of_branch")]

    need_labels = {"signature": _("客户签字"), "reason": _("原因")}

    def holder_id(self) -> int | None:
        return self.engineer_id

    signed_with = ("order__request", "engineer")

    def signed_content(self) -> dict:
        """Exactly what the customer signs (#41): every word, figure, part, time and photo of the visit."""
        order = self.order
        return {
            "number": self.number,
            "order": order.number,
            "request": order.request.number,
            "engineer": self.engineer.name,
            "arrived_at": order.arrived_at,
            "fault": order.request.fault,
            "checklist": self.checklist,
            "findings": self.findings,
            "work_done": self.work_done,
            "parts": self.parts,
            "outcome": self.outcome,
            "advice": self.advice,
            "labour_minutes": self.labour_minutes,
            "travel_minutes": self.travel_minutes,
            "photos": self.photos,
        }
