"""From a form to PDF/A-2b. One typesetter per process; it sees the fonts and templates beside this file and the data, nothing else.

The typesetter never reads user text as markup: the data arrives as JSON and is only ever shown as strings. It has no
network, no packages and no file outside ``templates/`` (#34).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

import typst
from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from . import grids
from .forms import Form, Label
from .glyphs import FONTS, fitted
from .grids import moment, plain
from .pictures import picture, qr

TEMPLATES = FONTS.parent / "templates" / "printing"
_typesetter = threading.Lock()
_NOT_CONTENT = ("record_url", "zone", "printed_by", "printed_at", "trail")


def render(form: Form) -> bytes:
    """*form* as PDF/A-2b on A4, in the language that is active. Raises ValueError for a time without a zone."""
    return _typeset("form.typ", data_of(form), at=form.printed_at)


def data_of(form: Form) -> dict[str, Any]:
    """What the template gets to see of *form*."""
    return {**_frame(form), **_head(form), "grids": _body(form)}


def render_label(label: Label) -> bytes:
    """One label of 60 × 40 mm, the page being the label."""
    return _typeset("label.typ", {"sheet": False, "labels": [_label(label)]})


def render_labels(labels: Sequence[Label]) -> bytes:
    """A4 sheets of 60 × 40 mm labels, three across and seven down, with cutting marks."""
    return _typeset("label.typ", {"sheet": True, "labels": [_label(label) for label in labels]})


def fingerprint(form: Form) -> str:
    """SHA-256 (hex) of everything *form* says, pictures included; not of who prints it, when, for which link, and of the journal.

    Two prints of the same record version have the same fingerprint; twelve digits of it stand at the foot of the page.
    """
    said = dataclasses.asdict(form)
    for name in _NOT_CONTENT:
        del said[name]
    text = json.dumps(said, default=_canonical, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _canonical(value: Any) -> str:
    if isinstance(value, bytes):
        return "sha256:" + hashlib.sha256(value).hexdigest()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)  # lazy translations, decimals


def _body(form: Form) -> list[grids.Grid]:
    return [*(grids.grid_of(section, form.zone) for section in form.sections), *grids.approvals(form.approvals, form.zone)]


def _head(form: Form) -> dict[str, Any]:
    return {
        "title": fitted(plain(form.title), 120, size=20),
        "code": plain(form.code),
        "revision": _("A/%(revision)s版") % {"revision": form.revision},
        "number": fitted(form.number, 70),
        "status": fitted(plain(form.status_line), 100),
        "stamp": plain(form.stamp or ("" if form.is_current else _("非现行版本"))),
        "qr": qr(form.record_url),
        "logo": _logo(),
    }


def _frame(form: Form) -> dict[str, Any]:
    """What stands around the form, in the kernel's own few words."""
    return {
        "lang": "en" if (get_language() or "").startswith("en") else "zh",
        "company": fitted(plain(form.company or settings.COMPANY), 90, size=11),
        "foot": _foot(form),
        "trail": plain(form.trail),
        "words": {
            "form": _("表单编号"),
            "number": _("记录编号："),
            "status": _("状态："),
            "scan": _("扫码核对"),
            "page": _("第 {page} 页 / 共 {pages} 页"),
            "disclaimer": _("打印件以系统为准"),
        },
    }


def _foot(form: Form) -> str:
    digits = fingerprint(form)[:12]
    parts = [
        _("记录版本 %(version)s") % {"version": form.record_version},
        _("内容校验码 %(digits)s") % {"digits": f"{digits[:4]} {digits[4:8]} {digits[8:]}"},
    ]
    if form.printed_by:
        at = moment(form.printed_at or timezone.now(), form.zone)
        parts.insert(0, _("%(name)s 打印于 %(at)s") % {"name": plain(form.printed_by), "at": at})
    return "　".join(parts)


def _logo() -> dict[str, Any] | None:
    """The company's logo, if ``logo.png`` lies in the data folder."""
    path = Path(settings.HOME) / "logo.png"
    try:
        stat = path.stat()
    except OSError:
        return None
    return _logo_of(path, stat.st_mtime_ns)


@cache
def _logo_of(path: Path, _changed: int) -> dict[str, Any] | None:
    found = picture(path.read_bytes())
    return {"svg": found.svg, "width": min(40.0, 10 * found.ratio)} if found else None


def _label(label: Label) -> dict[str, Any]:
    return {
        "qr": qr(label.url),
        "title": fitted(label.title, 31, size=9),
        "lines": [fitted(line, 31, size=8) for line in label.lines],
        "company": fitted(label.company or settings.COMPANY, 53, size=8),
    }


def _typeset(template: str, data: dict[str, Any], *, at: datetime | None = None) -> bytes:
    source, inputs = (TEMPLATES / template).read_bytes(), {"data": json.dumps(data, ensure_ascii=False)}
    made_at = (at or timezone.now()).astimezone(UTC).replace(microsecond=0)
    with _typesetter:
        return cast(bytes, _compiler().compile(source, sys_inputs=inputs, pdf_standards=["a-2b"], timestamp=made_at))


@cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    return typst.Compiler(b"", root=str(TEMPLATES), font_paths=fonts, package_path=str(TEMPLATES), package_cache_path=str(TEMPLATES))
