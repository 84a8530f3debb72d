"""The cards of a service record as flat fields, the one form in which they are shown, typed, kept on the phone and sent.

A card reads its part of the record into names and texts (``flat``) and turns what was typed back into what the step
``fill_in`` takes (``parse``). The print of the flat fields tells whether somebody else was faster.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bihuan.kernel.access.refusals import Invalid
from bihuan.service.models import ServiceRecord

Typed = Mapping[str, str]
TICKS = {"yes": True, "no": False}
PART_FIELDS = ("name", "part_no", "quantity", "old_serial", "new_serial")
MOST_PARTS = 60
SPANS = ("labour", "travel")


@dataclass(frozen=True)
class Card:
    """One card: ``fields`` of the record, and the way there and back."""

    code: str
    label: Any
    icon: str
    flat: Callable[[ServiceRecord], dict[str, str]]
    parse: Callable[[Typed, ServiceRecord], dict[str, Any]]


def fingerprint(card: Card, record: ServiceRecord) -> str:
    """A short print of what a card holds now."""
    text = json.dumps(card.flat(record), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _text(typed: Typed, name: str, longest: int) -> str:
    return typed.get(name, "").replace("\r\n", "\n").strip()[:longest]


def _plain(text: str) -> str:
    """Figures as a phone's Chinese keyboard may write them (０．７５, 0。75) in the plain form."""
    return unicodedata.normalize("NFKC", text).replace("。", ".").strip()


# 检查


def _check_flat(record: ServiceRecord) -> dict[str, str]:
    flat = {"findings": record.findings}
    for index, line in enumerate(record.checklist):
        if not line.get("measured"):
            flat[f"line-{index}-ok"] = {True: "yes", False: "no"}.get(line.get("ok"), "")
        flat |= {f"line-{index}-{name}": line.get(name) or "" for name in ("value", "remark") if name == "remark" or line.get("measured")}
    return flat


def _check_parse(typed: Typed, record: ServiceRecord) -> dict[str, Any]:
    lines = [
        {
            **line,
            "ok": TICKS.get(typed.get(f"line-{index}-ok", "")),
            "value": _plain(typed.get(f"line-{index}-value", ""))[:40],
            "remark": _text(typed, f"line-{index}-remark", 200),
        }
        for index, line in enumerate(record.checklist)
    ]
    return {"checklist": lines, "findings": _text(typed, "findings", 4000)}


# 处理


def _work_flat(record: ServiceRecord) -> dict[str, str]:
    flat = {"work_done": record.work_done, "outcome": record.outcome, "advice": record.advice}
    for span in SPANS:
        minutes = getattr(record, f"{span}_minutes")
        hours, rest = divmod(minutes or 0, 60)
        flat[f"{span}_h"], flat[f"{span}_m"] = ("", "") if minutes is None else (str(hours), str(rest))
    return flat


def _work_parse(typed: Typed, record: ServiceRecord) -> dict[str, Any]:
    return {
        "work_done": _text(typed, "work_done", 4000),
        "outcome": typed.get("outcome", ""),
        "advice": _text(typed, "advice", 2000),
        **{f"{span}_minutes": _minutes(typed, span) for span in SPANS},
    }


def _minutes(typed: Typed, span: str) -> int | None:
    """Hours and minutes as minutes; None when neither is filled in. Raises Invalid."""
    total, given = 0, False
    for unit, size in (("h", 60), ("m", 1)):
        text = _plain(typed.get(f"{span}_{unit}", ""))
        if not text:
            continue
        if not re.fullmatch(r"\d{1,4}", text):
            label = _("工时") if span == "labour" else _("路途")
            raise Invalid(_("“%(label)s”请填整数的小时和分钟，如 1 小时 30 分。") % {"label": label}, field=f"{span}_{unit}")
        total, given = total + int(text) * size, True
    return total if given else None


# 零件


def _parts_flat(record: ServiceRecord) -> dict[str, str]:
    return {f"part-{index}-{name}": str(part.get(name) or "") for index, part in enumerate(record.parts) for name in PART_FIELDS}


def _parts_parse(typed: Typed, record: ServiceRecord) -> dict[str, Any]:
    rows = [(index, {name: _text(typed, f"part-{index}-{name}", 60) for name in PART_FIELDS}) for index in part_rows(typed)]
    return {"parts": [_part(index, row, place) for place, (index, row) in enumerate(rows, start=1) if _is_filled(row)]}


def part_rows(typed: Typed) -> list[int]:
    """The indexes of the part rows in *typed*, in order; rows taken out on the phone leave gaps."""
    found = {int(match[1]) for name in typed if (match := re.fullmatch(r"part-(\d{1,3})-name", name))}
    return sorted(found)[:MOST_PARTS]


def _is_filled(row: dict[str, str]) -> bool:
    return any(row[name] for name in PART_FIELDS if name != "quantity") or row["quantity"] not in ("", "1")


def _part(index: int, row: dict[str, str], place: int) -> dict[str, Any]:
    if not row["name"]:
        raise Invalid(_("第 %(place)d 个零件还没有名称，请填写。") % {"place": place}, field=f"part-{index}-name")
    quantity = _plain(row["quantity"]) or "1"
    if not re.fullmatch(r"\d{1,4}", quantity) or int(quantity) < 1:
        raise Invalid(_("零件“%(name)s”的数量请填 1 以上的整数。") % {"name": row["name"]}, field=f"part-{index}-quantity")
    return {**row, "quantity": int(quantity)}


CARDS = {
    card.code: card
    for card in (
        Card("check", gettext_lazy("检查"), "stethoscope", _check_flat, _check_parse),
        Card("work", gettext_lazy("处理"), "tool", _work_flat, _work_parse),
        Card("parts", gettext_lazy("零件"), "package", _parts_flat, _parts_parse),
    )
}
