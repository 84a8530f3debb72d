"""Branches and their territories, departments, people, the roles they are appointed to, and their deputies."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bihuan.kernel.access.actors import Grant
from bihuan.kernel.prepared import Prepared

from .roles import ROLES


class Branch(models.Model):
    """Headquarters or a sales branch (销售分公司). Its code is part of every record number."""

    code = models.CharField(_("代码"), max_length=8, unique=True)
    name = models.CharField(_("名称"), max_length=60, unique=True)
    is_headquarters = models.BooleanField(_("总部"), default=False)
    handles_overseas = models.BooleanField(_("办理海外业务"), default=False)  # the import–export company (AS-4.4)
    city = models.CharField(_("城市"), max_length=40, blank=True)
    address = models.CharField(_("地址"), max_length=200, blank=True)
    phone = models.CharField(_("电话"), max_length=40, blank=True)
    time_zone = models.CharField(_("时区"), max_length=40, default="Asia/Shanghai")
    calendar = models.CharField(_("工作日历"), max_length=20, default="CN")
    is_active = models.BooleanField(_("在用"), default=True)

    class Meta:
        verbose_name = _("分公司")
        ordering = ["-is_headquarters", "code"]
        constraints = [
            models.UniqueConstraint(fields=["is_headquarters"], condition=Q(is_headquarters=True), name="one_headquarters"),
            models.UniqueConstraint(fields=["handles_overseas"], condition=Q(handles_overseas=True), name="one_overseas_branch"),
        ]

    @property
    def number(self) -> str:
        """What the journal calls it."""
        return self.code

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class Region(models.Model):
    """An administrative division (省、市) by its GB/T 2260 code; the branch that serves it is its territory (AS-4.2).

    A city without a branch of its own is served by its province's branch.
    """

    code = models.CharField(_("行政区划代码"), max_length=6, primary_key=True)
    name = models.CharField(_("名称"), max_length=40)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    branch = models.ForeignKey(Branch, models.PROTECT, null=True, blank=True, related_name="regions", verbose_name=_("服务分公司"))

    class Meta:
        verbose_name = _("行政区划")
        ordering = ["code"]

    @property
    def number(self) -> str:
        """What the journal calls it."""
        return str(self.code)

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """A department at headquarters or in a branch (售后服务部、品管部 …)."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="departments", verbose_name=_("分公司"))
    name = models.CharField(_("名称"), max_length=60)

    class Meta:
        verbose_name = _("部门")
        ordering = ["branch", "name"]
        constraints = [models.UniqueConstraint(fields=["branch", "name"], name="department_once_per_branch")]

    def __str__(self) -> str:
        return self.name


class People(BaseUserManager["Person"]):
    def create_person(self, username: str, name: str, password: str | None = None, **fields) -> Person:
        """A new person; without *password* nobody can sign in as them."""
        person = self.model(username=username, name=name, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Someone who works with the system. Never deleted: a leaver is switched off and keeps their name in the records."""

    username = models.CharField(_("账号"), max_length=60, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    phone = models.CharField(_("手机"), max_length=20, blank=True)
    email = models.EmailField(_("邮箱"), blank=True)
    home_branch = models.ForeignKey(Branch, models.PROTECT, related_name="people", verbose_name=_("所属分公司"))
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("部门"))
    language = models.CharField(_("语言"), max_length=10, default="zh-hans", choices=[("zh-hans", "简体中文"), ("en", "English")])
    is_active = models.BooleanField(_("在职"), default=True)
    session_key_version = models.PositiveIntegerField(default=0)  # raised to end every session and token at once
    totp_secret = models.CharField(max_length=255, blank=True)  # sealed, see kernel/access/seeds.py
    totp_last_step = models.BigIntegerField(default=0)  # a one-time code counts once
    directory_name = models.CharField(_("企业账号"), max_length=150, blank=True)  # in the company's directory; who has one has no password
    directory_mark = models.CharField(max_length=64, blank=True)  # whom it was at the first sign-in

    objects = People()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("人员")
        ordering = ["home_branch", "name"]
        constraints = [
            models.UniqueConstraint(fields=["directory_name"], condition=~Q(directory_name=""), name="directory_name_once"),
            models.UniqueConstraint(fields=["directory_mark"], condition=~Q(directory_mark=""), name="directory_mark_once"),
        ]

    @property
    def number(self) -> str:
        """What the journal calls them."""
        return self.username

    def __str__(self) -> str:
        return self.name

    def get_session_auth_hash(self) -> str:
        return f"{super().get_session_auth_hash()}:{self.session_key_version}"

    @classmethod
    def holding(cls, role: str, branch_id: int | None) -> list[int]:
        """Ids of the people who hold *role* for a branch, and of the deputies of those who are absent now."""
        now = timezone.now()
        own = list(Appointment.objects.holding(role, branch_id).values_list("person_id", flat=True))
        lent = Deputy.objects.filter(absent__in=own, starts_at__lte=now, ends_at__gt=now, deputy__is_active=True)
        return [*own, *lent.values_list("deputy_id", flat=True)]

    @staticmethod
    def grants_of(person: Person) -> Iterator[Grant]:
        """The roles *person* may act in at this moment: appointments, and those of people who named them deputy."""
        if not person.is_active:
            return
        for appointment in sorted(_held(person.pk, timezone.now()), key=lambda one: one.person_id != person.pk):  # one's own rights first
            yield appointment.grant(for_whom=None if appointment.person_id == person.pk else appointment.person)


class AppointmentQuery(models.QuerySet["Appointment"]):
    def held_by(self, person_id: int, at: datetime) -> AppointmentQuery:
        """Those of a person and of whom they are the deputy of, in force at that moment."""
        lent = Deputy.objects.filter(deputy_id=person_id, starts_at__lte=at, ends_at__gt=at).values("absent_id")
        return self.in_force(at).filter(Q(person_id=person_id) | Q(person__in=lent)).select_related("branch", "person")

    def in_force(self, at) -> AppointmentQuery:
        return self.filter(starts_at__lte=at).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))

    def holding(self, role: str, branch_id: int | None, at: datetime | None = None) -> AppointmentQuery:
        """Appointments to *role* that reach *branch_id*, with active people, in force at that moment (now)."""
        reach = Q(branch=branch_id)
        if ROLES[role].everywhere:
            reach |= Q(branch__is_headquarters=True)
        return self.in_force(at or timezone.now()).filter(reach, role=role, person__is_active=True)


class Appointment(models.Model):
    """A role that a person holds at one branch for a time. Ended, never deleted: who could do what on a date stays known."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="appointments", verbose_name=_("人员"))
    role = models.CharField(_("角色"), max_length=30, choices=[(role.code, role.label) for role in ROLES.values()])
    branch = models.ForeignKey(Branch, models.PROTECT, related_name="appointments", verbose_name=_("分公司"))
    starts_at = models.DateTimeField(_("开始"), default=timezone.now)
    ends_at = models.DateTimeField(_("结束"), null=True, blank=True)

    objects = AppointmentQuery.as_manager()

    class Meta:
        verbose_name = _("任职")
        constraints = [
            models.UniqueConstraint(fields=["person", "role", "branch"], condition=Q(ends_at__isnull=True), name="role_held_once"),
        ]
        indexes = [models.Index(fields=["role", "branch"], name="appointment_role_branch")]

    def __str__(self) -> str:
        return f"{self.person.name} · {self.get_role_display()}"

    def grant(self, for_whom: Person | None = None) -> Grant:
        role = ROLES[self.role]
        return Grant(
            role=self.role,
            branch_id=self.branch_id,
            everywhere=role.everywhere and self.branch.is_headquarters,
            for_whom=for_whom.name if for_whom else "",
            for_whom_id=for_whom.pk if for_whom else None,
            manager=role.manager,
            label=role.label,
        )


_held = Prepared(Appointment.objects.held_by)


class Deputy(models.Model):
    """Someone absent lends their roles to a deputy for a period; approvals then show both names."""

    absent = models.ForeignKey(Person, models.PROTECT, related_name="deputies", verbose_name=_("缺席人"))
    deputy = models.ForeignKey(Person, models.PROTECT, related_name="stands_in_for", verbose_name=_("代理人"))
    starts_at = models.DateTimeField(_("开始"))
    ends_at = models.DateTimeField(_("结束"))
    reason = models.CharField(_("事由"), max_length=200)

    class Meta:
        verbose_name = _("代理")
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="deputy_period_runs_forward"),
            models.CheckConstraint(condition=~Q(absent=F("deputy")), name="deputy_is_someone_else"),
        ]

    def __str__(self) -> str:
        return f"{self.deputy.name}（{self.absent.name}）"
