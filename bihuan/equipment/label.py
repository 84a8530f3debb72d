"""The label with the QR code that stands on the machine, and what a stranger who scans it gets to read."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import NotFound
from bihuan.kernel.printing.forms import Label
from bihuan.kernel.printing.render import render_label
from bihuan.organisation.models import Branch

from .models import Unit


def print_label(unit: Unit, *, by: Actor, at: dt.datetime) -> bytes:
    """The label as PDF, 60 × 40 mm; journalled. The paper is made first: a print that fails leaves no trace of having been one."""
    phone = service_phone(unit)
    lines = [_("出厂编号 %(serial)s") % {"serial": unit.serial}, _("服务电话 %(phone)s") % {"phone": phone} if phone else _("扫码报修")]
    url = settings.ORIGIN + reverse("public-unit", args=[unit.label_token])
    pdf = render_label(Label(url=url, title=unit.model.name, lines=lines, company=settings.COMPANY or _headquarters_name()))
    with journal.unit():
        journal.append(by, "unit.label", unit, at=at)
    return pdf


def service_phone(unit: Unit) -> str:
    """Whom to call about *unit*: the branch that serves it, else headquarters."""
    branch = unit.site.branch
    if branch is not None and branch.phone:
        return branch.phone
    return Branch.objects.filter(is_headquarters=True).values_list("phone", flat=True).first() or ""


def _headquarters_name() -> str:
    return Branch.objects.filter(is_headquarters=True).values_list("name", flat=True).first() or ""


def unit_of(token: str) -> Unit:
    """The machine that carries *token*. Raises NotFound, alike for invented and malformed ones."""
    if not 20 <= len(token) <= 32 or not token.isascii() or "\0" in token:
        raise NotFound
    unit = Unit.objects.filter(label_token=token).select_related("model", "site__branch").first()
    if unit is None:
        raise NotFound
    return unit


def said_to_strangers(unit: Unit, today: dt.date) -> dict[str, str | bool]:
    """All that anybody may read: model, whether anything is under warranty, whom to call. No customer, place, date or number (#6)."""
    return {"model": unit.model.name, "in_warranty": any(unit.cover(today).values()), "phone": service_phone(unit)}
