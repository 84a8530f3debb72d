"""How a signature reads on a page, a print, an export: name, meaning, time with zone, record version, state (#43)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import Signature
from .verify import verify


@dataclass(frozen=True)
class SignatureLine:
    """The words of one signature. ``verdict`` is "intact", "void" or "broken"; ``state`` says it for people."""

    name: str
    capacity: str
    meaning: str
    time: str
    number: str
    version: int
    method: str
    remarks: str
    verdict: str
    state: str
    problems: tuple[str, ...]

    def __str__(self) -> str:
        version = _("%(number)s 第 %(version)s 版") % {"number": self.number, "version": self.version}
        return " · ".join(word for word in (self.meaning, self.name, self.capacity, self.time, version, self.state) if word)


def signature_line(
    signature: Signature, *, record: models.Model | None = None, zone: tzinfo | None = None, problems: list[str] | None = None
) -> SignatureLine:
    """*signature* for showing, its time in *zone* (default: the current one).

    *problems* is what ``verify`` said; without it the signature is verified here, files measured but not read.
    """
    if problems is None:
        problems = verify(signature, record, read_files=False)
    verdict, state = _state(signature, problems)
    name = signature.shown("signer_name")
    if signature.for_whom:
        name = _("%(name)s（代 %(for_whom)s）") % {"name": name, "for_whom": signature.for_whom}
    return SignatureLine(
        name=name,
        capacity=signature.signer_capacity,
        meaning=signature.get_meaning_display(),
        time=_with_zone(signature, zone),
        number=signature.record_number,
        version=signature.record_version,
        method=signature.get_method_display(),
        remarks=signature.shown("remarks"),
        verdict=verdict,
        state=state,
        problems=tuple(problems),
    )


def _state(signature: Signature, problems: list[str]) -> tuple[str, str]:
    if problems:
        return "broken", _("校验不符")
    if signature.is_void:
        return "void", _("已作废：%(reason)s") % {"reason": signature.voiding.shown_reason}
    return "intact", _("校验有效")


def _with_zone(signature: Signature, zone: tzinfo | None) -> str:
    local = timezone.localtime(signature.signed_at, zone)
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M:%S} UTC{offset[:3]}:{offset[3:5]}"
