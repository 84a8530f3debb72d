"""Product lines with their warranty terms and major faults; models with their checklists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Invalid
from bihuan.organisation.keeping import change, make, spoken

from ..models import ChecklistItem, ProductLine, ProductModel, WarrantyTerm
from ..rules import limits_text, require_catalogue_keeper
from ..search import index_unit

LINE_FIELDS = ("code", "name", "major_faults")
MODEL_FIELDS = ("line", "name", "description")
TERM_FIELDS = ("valid_from", "parts_months", "labour_months", "travel_months")
Checks = list[dict[str, Any]]


def read_checklist(text: str) -> Checks:
    """The lines ``检查项目 | 单位 | 下限 | 上限``; a line with a unit is measured. Raises Invalid that names the line at fault."""
    return [_check(number, line) for number, line in enumerate(filter(None, (line.strip() for line in text.splitlines())), start=1)]


def _check(number: int, line: str) -> dict[str, Any]:
    parts = [part.strip() for part in line.replace("｜", "|").split("|")]
    what, unit, low, high = [*parts, "", "", "", ""][:4]
    if not what or len(what) > 120 or len(unit) > 12 or len(parts) > 4:
        raise Invalid(
            _("第 %(number)s 行看不懂：“%(line)s”。请写成“项目 | 单位 | 下限 | 上限”。") % {"number": number, "line": line[:60]},
            field="checklist",
        )
    limits = _limit(number, low), _limit(number, high)
    if not unit and any(limits):
        raise Invalid(_("第 %(number)s 行有上下限但没有单位，请补上单位。") % {"number": number}, field="checklist")
    if None not in limits and limits[0] > limits[1]:  # type: ignore[operator]
        raise Invalid(_("第 %(number)s 行下限高于上限，请调换。") % {"number": number}, field="checklist")
    return {"text": what, "unit": unit, "low": limits[0], "high": limits[1], "is_measured": bool(unit)}


def _limit(number: int, text: str) -> Decimal | None:
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= 10**8:
        raise Invalid(_("第 %(number)s 行的“%(text)s”不是数字，请更正。") % {"number": number, "text": text[:20]}, field="checklist")
    return round(value, 2)


def write_checklist(items: Iterable[ChecklistItem]) -> str:
    """A model's checklist as lines."""
    return "\n".join(_line(item) for item in items)


def _line(item: ChecklistItem) -> str:
    if not item.is_measured:
        return item.text
    limits = [f"{limit.normalize():f}" if limit is not None else "" for limit in (item.low, item.high)]
    return " | ".join([item.text, item.unit, *limits]).rstrip(" |")


def demand(item: ChecklistItem) -> str:
    """What a line asks for: a tick, or a value with its limits."""
    if not item.is_measured:
        return _("检查后打勾")
    return _("填数值，%(unit)s %(limits)s") % {"unit": item.unit, "limits": limits_text(item.low, item.high)}


def new_line(fields: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> ProductLine:
    """A product line. Raises NotAllowed, Conflict for a known code."""
    require_catalogue_keeper(by)
    line = ProductLine(**fields)
    make(line, LINE_FIELDS, by=by, at=at, action="line.new")
    return line


def change_line(line: ProductLine, fields: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> None:
    """Other particulars, the list of major faults among them (AS-5.3.5)."""
    require_catalogue_keeper(by)
    change(line, fields, by=by, at=at, action="line.change")


def add_term(line: ProductLine, fields: Mapping[str, Any], *, by: Actor, at: dt.datetime) -> WarrantyTerm:
    """A warranty term for machines shipped from a day on. Machines registered before keep the warranty they have."""
    require_catalogue_keeper(by)
    term = WarrantyTerm(line=line, **fields)
    with journal.unit():
        if line.warranty_terms.filter(valid_from=term.valid_from).exists():
            raise Invalid(_("这一天已有保修条款，请换个日期。"), field="valid_from")
        term.save()
        journal.append(by, "line.term", line, at=at, after={name: spoken(getattr(term, name)) for name in TERM_FIELDS}, clause="AS-5.2.4")
    return term


def new_model(fields: Mapping[str, Any], checks: Checks, *, by: Actor, at: dt.datetime) -> ProductModel:
    """A model with its checklist. Raises NotAllowed, Conflict when the line has one of that name."""
    require_catalogue_keeper(by)
    model = ProductModel(**fields)
    with journal.unit():
        make(model, MODEL_FIELDS, by=by, at=at, action="model.new")
        _set_checklist(model, checks, by=by, at=at)
    return model


def change_model(model: ProductModel, fields: Mapping[str, Any], checks: Checks, *, by: Actor, at: dt.datetime) -> None:
    """Other particulars and checklist. Visits begun keep the checklist they began with."""
    require_catalogue_keeper(by)
    with journal.unit():
        if "name" in change(model, fields, by=by, at=at, action="model.change"):
            for unit in model.units.select_related("customer", "site", "model"):
                index_unit(unit)
        _set_checklist(model, checks, by=by, at=at)


def _set_checklist(model: ProductModel, checks: Checks, *, by: Actor, at: dt.datetime) -> None:
    items = [ChecklistItem(model=model, position=position, **check) for position, check in enumerate(checks, start=1)]
    before, after = write_checklist(model.checklist.all()), write_checklist(items)
    if before != after:
        model.checklist.all().delete()  # lines of a text, not records: what they were stands in the journal and in every visit
        ChecklistItem.objects.bulk_create(items)
        journal.append(by, "model.checklist", model, at=at, before={"checklist": before}, after={"checklist": after}, clause="AS-5.3.2")
