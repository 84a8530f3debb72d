"""The name under which a file is shown and offered for download. It never becomes a path here."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from ..access.refusals import Invalid
from .media import Media

MOST_BYTES = 180  # common file systems take 255 bytes; room is left for what browsers add
_EXTENSION = re.compile(r"\.([A-Za-z][A-Za-z0-9]{0,9})$")  # "IMG_2026.05.01" has none
_RESERVED = re.compile(r"(CON|PRN|AUX|NUL|COM\d|LPT\d)(\.|$)", re.IGNORECASE)
_JOINER = "\u200d"  # holds emoji together; every other invisible sign only misleads (RTL override and its like)


def display_name(original: str, media: Media) -> str:
    """*original* without folders, control and direction signs, with the extension of what the file really is.

    Raises Invalid when its extension promises something else (ASVS 5.2.2).
    """
    name = _visible(original)
    found = _EXTENSION.search(name)
    extension = found[1].lower() if found else ""
    if extension and extension not in media.extensions:
        raise Invalid(
            _("扩展名“.%(extension)s”与文件内容（%(what)s）不符，请核对是否选对了文件，或改正文件名后再上传。")
            % {"extension": extension, "what": media.label},
            field="file",
        )
    stem = _short(name[: found.start()] if found else name) or _("附件")
    if _RESERVED.match(stem):  # device names on Windows
        stem = f"_{stem}"
    return f"{stem}.{media.extension}"


def _visible(text: str) -> str:
    text = unicodedata.normalize("NFC", re.split(r"[/\\]", text)[-1])
    shown = "".join(" " if sign.isspace() else sign for sign in text if not _is_hidden(sign))
    return " ".join(shown.split()).strip(". ")


def _is_hidden(sign: str) -> bool:
    return unicodedata.category(sign) in {"Cc", "Cf", "Cs"} and not sign.isspace() and sign != _JOINER


def _short(stem: str) -> str:
    return stem.encode()[:MOST_BYTES].decode(errors="ignore").rstrip(". ")
