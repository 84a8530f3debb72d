"""How far a service record is: what each card still lacks before the customer can sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bihuan.service.models import ServiceRecord
from bihuan.service.rules import checklist_gaps

from .cards import CARDS, Card

ICONS = {"check": "stethoscope", "work": "tool", "parts": "package", "photos": "camera", "sign": "signature"}
PHOTOS, SIGN = gettext_lazy("照片"), gettext_lazy("签字")


@dataclass(frozen=True)
class CardState:
    """A card of the record in one line. ``state``: done, todo, optional (may stay empty) or ready (the signature, when all is there)."""

    code: str
    label: Any
    state: str
    note: str

    @property
    def icon(self) -> str:
        return ICONS[self.code]


def card_states(record: ServiceRecord) -> list[CardState]:
    """The three cards of words and figures. No statement."""
    return [_state(card, record) for card in CARDS.values()]


def _state(card: Card, record: ServiceRecord) -> CardState:
    if card.code == "parts":
        count = len(record.parts)
        note = _("%(n)d 项") % {"n": count} if count else _("没换零件就不用填")
        return CardState(card.code, card.label, "done" if count else "optional", note)
    lacks = missing(record)[card.code]
    note = _("还差：%(what)s") % {"what": "、".join(lacks)} if lacks else _("已填好")
    return CardState(card.code, card.label, "todo" if lacks else "done", note)


def all_states(record: ServiceRecord, photos: int, coming: int = 0) -> list[CardState]:
    """All five cards, in the order they are filled in. *coming*: photos announced and not yet whole (#60)."""
    told = card_states(record)
    lacking = [state.label for state in told if state.state == "todo"]
    photo_note = _("%(n)d 张") % {"n": photos} if photos else _("建议处理前、处理后各拍一张")
    if coming:
        photo_note = _("%(n)d 张，还有 %(coming)d 张没传完") % {"n": photos, "coming": coming}
    sign_note = _("先填好%(cards)s") % {"cards": "、".join(map(str, lacking))} if lacking else _("请客户看过后签字")
    return [
        *told,
        CardState("photos", PHOTOS, "todo" if coming else "done" if photos else "optional", photo_note),
        CardState("sign", SIGN, "todo" if lacking else "ready", sign_note),
    ]


def missing(record: ServiceRecord) -> dict[str, list[str]]:
    """What the signature still needs, by card, in words."""
    gaps = checklist_gaps(record.checklist)
    check = [_("%(n)d 项检查") % {"n": len(gaps)}] if gaps else []
    if not record.findings:
        check.append(_("故障现象与原因"))
    work = [
        label
        for label, value in ((_("处理过程"), record.work_done), (_("结果"), record.outcome), (_("工时"), record.labour_minutes))
        if value in ("", None)
    ]
    return {"check": check, "work": work, "parts": []}


def is_ready(record: ServiceRecord) -> bool:
    return not any(missing(record).values())
