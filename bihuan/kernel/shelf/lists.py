"""The list of what waits, and of what became of it."""

from __future__ import annotations

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ..lists.declare import Column, List, Tab, register
from ..lists.filters import ChoiceFilter, PeriodFilter
from . import told
from .access import access_shelf
from .models import Kind, Shelved

SHELF = List(
    "shelf",
    _("待处理来件"),
    access_shelf,
    columns=[
        Column("action", _("要办的事"), value=told.title, kind="link"),
        Column("arrived_at", _("收到时间"), kind="time", sort="arrived_at"),
        Column("person", _("发送人"), value="person.name", sort="person__name"),
        Column("record_number", _("单据"), sort="record_number"),
        Column("kind", _("为什么没办成"), kind="choice", sort="kind"),
        Column("state", _("状态"), kind="choice", sort="state"),
        Column("into_number", _("补录到"), wide=True),
        Column("settled_by", _("处理人"), value="settled_by.name", wide=True),
        Column("settled_at", _("处理时间"), kind="time", wide=True),
    ],
    filters=[ChoiceFilter("kind", _("为什么没办成"), Kind.choices), PeriodFilter("arrived_at", _("收到时间"))],  # type: ignore[list-item]
    tabs=[Tab("open", _("待处理"), Q(state=Shelved.State.OPEN)), Tab("all", _("全部"), counted=False)],
    order="-pk",
    search=("record_number", "person__name"),
    select_related=("person", "settled_by"),
    row_url=lambda item: reverse("shelf-item", args=[item.pk]),
    empty=_("没有待处理的来件。"),
)
register(SHELF)
