"""Product lines and models, units by serial number with their warranty, technical bulletins (AS-4.1.1, 4.4, 4.5)."""

import datetime as dt
import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from bihuan.customers.models import Customer, Site


def new_label_token() -> str:
    return secrets.token_urlsafe(18)


class ProductLine(models.Model):
    """A family of models. ``major_faults``: faults that need a service report (AS-5.3.5), one a line."""

    code = models.CharField(_("代码"), max_length=20, unique=True)
    name = models.CharField(_("产品线"), max_length=60)
    major_faults = models.TextField(_("重大故障清单"), blank=True)

    class Meta:
        verbose_name = _("产品线")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class ProductModel(models.Model):
    """A model as on the name plate."""

    line = models.ForeignKey(ProductLine, models.PROTECT, related_name="models", verbose_name=_("产品线"))
    name = models.CharField(_("型号"), max_length=60)
    description = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("型号")
        ordering = ["line", "name"]
        constraints = [models.UniqueConstraint(fields=["line", "name"], name="model_once_per_line")]

    def __str__(self) -> str:
        return self.name


class ChecklistItem(models.Model):
    """A line of the model's work instruction, ticked or measured at every visit (AS-5.3.2).

    A measured one has a unit and limits; a value outside them needs a remark.
    """

    model = models.ForeignKey(ProductModel, models.PROTECT, related_name="checklist", verbose_name=_("型号"))
    position = models.PositiveSmallIntegerField(_("序号"))
    text = models.CharField(_("检查项目"), max_length=120)
    unit = models.CharField(_("单位"), max_length=12, blank=True)
    low = models.DecimalField(_("下限"), max_digits=10, decimal_places=2, null=True, blank=True)
    high = models.DecimalField(_("上限"), max_digits=10, decimal_places=2, null=True, blank=True)
    is_measured = models.BooleanField(_("须填数值"), default=False)

    class Meta:
        verbose_name = _("检查项目")
        ordering = ["model", "position"]
        constraints = [models.UniqueConstraint(fields=["model", "position"], name="checklist_position_once")]

    def __str__(self) -> str:
        return self.text


class WarrantyTerm(models.Model):
    """Months of warranty for a product line, by kind, for units shipped within its validity."""

    line = models.ForeignKey(ProductLine, models.PROTECT, related_name="warranty_terms", verbose_name=_("产品线"))
    valid_from = models.DateField(_("自发货日起适用"))
    parts_months = models.PositiveSmallIntegerField(_("零件（月）"))
    labour_months = models.PositiveSmallIntegerField(_("人工（月）"))
    travel_months = models.PositiveSmallIntegerField(_("差旅（月）"))

    class Meta:
        verbose_name = _("保修条款")
        ordering = ["line", "-valid_from"]
        constraints = [models.UniqueConstraint(fields=["line", "valid_from"], name="one_term_a_day")]


class Unit(models.Model):
    """A machine by its serial number: where it stands, when it was shipped, what its warranty covers until when."""

    serial = models.CharField(_("出厂编号"), max_length=40, unique=True)
    model = models.ForeignKey(ProductModel, models.PROTECT, related_name="units", verbose_name=_("型号"))
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="units", verbose_name=_("客户"))
    site = models.ForeignKey(Site, models.PROTECT, related_name="units", verbose_name=_("现场"))
    shipped_on = models.DateField(_("发货日期"), null=True, blank=True)
    commissioned_on = models.DateField(_("调试日期"), null=True, blank=True)
    parts_until = models.DateField(_("零件保修至"), null=True, blank=True)
    labour_until = models.DateField(_("人工保修至"), null=True, blank=True)
    travel_until = models.DateField(_("差旅保修至"), null=True, blank=True)
    oem_brand = models.CharField(_("OEM 品牌"), max_length=40, blank=True)
    is_overseas = models.BooleanField(_("海外"), default=False)
    place = models.CharField(_("安装位置"), max_length=80, blank=True)
    label_token = models.CharField(max_length=32, unique=True, default=new_label_token, editable=False)

    class Meta:
        verbose_name = _("设备")
        ordering = ["serial"]

    def __str__(self) -> str:
        return f"{self.model.name} SN {self.serial}"

    @property
    def number(self) -> str:
        """What the journal and prints call it."""
        return self.serial

    @property
    def branch_id(self) -> int | None:
        return self.site.branch_id

    def cover(self, on: dt.date) -> dict[str, bool]:
        """What the warranty covers on a date: parts, labour, travel (AS-5.2.4)."""
        ends = {"parts": self.parts_until, "labour": self.labour_until, "travel": self.travel_until}
        return {kind: end is not None and on <= end for kind, end in ends.items()}


class Bulletin(models.Model):
    """A technical bulletin for some models; whoever works on one of them acknowledges having read it (AS-4.5)."""

    number = models.CharField(_("编号"), max_length=30, unique=True)
    title = models.CharField(_("标题"), max_length=120)
    body = models.TextField(_("内容"))
    models_concerned = models.ManyToManyField(ProductModel, related_name="bulletins", verbose_name=_("适用型号"))
    issued_on = models.DateField(_("发布日期"))
    issued_by = models.CharField(_("发布人"), max_length=60)
    withdrawn_on = models.DateField(_("撤回日期"), null=True, blank=True)

    class Meta:
        verbose_name = _("技术通报")
        ordering = ["-issued_on"]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Acknowledgement(models.Model):
    """A person has read a bulletin."""

    bulletin = models.ForeignKey(Bulletin, models.PROTECT, related_name="acknowledgements")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="acknowledgements")
    at = models.DateTimeField(_("确认时间"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bulletin", "person"], name="read_once")]


ACTIVE_BULLETIN = Q(withdrawn_on__isnull=True)
