"""Customers, the sites where their machines stand, and the people who call."""

import re

from django.db import models
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.records import new_privacy_key
from bihuan.organisation.models import Branch, Region


def digits(phone: str) -> str:
    """A telephone number as it is compared: digits only, half-width, without +86 or 0086."""
    plain = "".join(str(int(char)) for char in phone if char.isdecimal())
    return re.sub(r"^(0086|86(?=1\d{10}$))", "", plain)


class Customer(models.Model):
    """A company that owns machines. ``initials``: pinyin initials of its name, to be found by."""

    free_fields = ("note",)

    number = models.CharField(_("客户编号"), max_length=20, unique=True)
    name = models.CharField(_("客户名称"), max_length=120)
    short_name = models.CharField(_("简称"), max_length=40, blank=True)
    initials = models.CharField(max_length=60, blank=True, editable=False)
    is_key_account = models.BooleanField(_("重大客户"), default=False)
    is_overseas = models.BooleanField(_("海外客户"), default=False)
    note = models.TextField(_("备注"), blank=True)
    created_at = models.DateTimeField(_("建档时间"), auto_now_add=True)

    class Meta:
        verbose_name = _("客户")
        indexes = [models.Index(fields=["name"], name="customer_name")]

    def __str__(self) -> str:
        return self.short_name or self.name


class Site(models.Model):
    """A place where machines stand. Its region decides which branch serves it (AS-4.2)."""

    free_fields = ("address",)

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="sites", verbose_name=_("客户"))
    name = models.CharField(_("现场"), max_length=80)
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, verbose_name=_("地区"))
    address = models.CharField(_("地址"), max_length=200, blank=True)
    branch = models.ForeignKey(Branch, models.PROTECT, null=True, blank=True, related_name="sites", verbose_name=_("服务分公司"))

    class Meta:
        verbose_name = _("现场")
        ordering = ["customer", "name"]
        constraints = [models.UniqueConstraint(fields=["customer", "name"], name="site_once_per_customer")]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A person at the customer's. ``privacy_key`` keys the journal's commitments to their name and numbers."""

    personal_fields = ("name", "phone", "email", "phones", "title")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="contacts", verbose_name=_("客户"))
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True, related_name="contacts", verbose_name=_("现场"))
    name = models.CharField(_("联系人"), max_length=60)
    title = models.CharField(_("部门/职务"), max_length=60, blank=True)
    email = models.EmailField(_("邮箱"), blank=True)
    is_active = models.BooleanField(_("在用"), default=True)
    privacy_key = models.CharField(max_length=32, default=new_privacy_key, editable=False)

    class Meta:
        verbose_name = _("联系人")
        ordering = ["customer", "name"]

    def __str__(self) -> str:
        return f"{self.name}（{self.title}）" if self.title else self.name


class Phone(models.Model):
    """A contact's telephone number as written and as compared."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="phones", verbose_name=_("联系人"))
    written = models.CharField(_("电话"), max_length=40)
    digits = models.CharField(max_length=24, editable=False)

    class Meta:
        verbose_name = _("电话")
        indexes = [models.Index(fields=["digits"], name="phone_digits")]
        constraints = [models.UniqueConstraint(fields=["contact", "digits"], name="phone_once_per_contact")]

    def __str__(self) -> str:
        return self.written

    def save(self, **more) -> None:
        self.digits = digits(self.written)
        super().save(**more)
