"""The photos of a service record: before and after."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.files.models import Attachment
from bihuan.kernel.files.store import attachments_of
from bihuan.service.models import ServiceRecord

KINDS: dict[str, Any] = {"photo_before": _("处理前"), "photo_after": _("处理后")}


def pictures_of(record: ServiceRecord) -> list[Attachment]:
    """All photos of *record*, in the order they came. One statement."""
    return list(attachments_of(record).filter(kind__startswith="photo"))


def by_kind(pictures: list[Attachment]) -> list[tuple[str, Any, list[Attachment]]]:
    """(kind, label, photos) for the two kinds, those of any other kind with the first."""
    later = [picture for picture in pictures if picture.kind == "photo_after"]
    return [
        ("photo_before", KINDS["photo_before"], [picture for picture in pictures if picture not in later]),
        ("photo_after", KINDS["photo_after"], later),
    ]
