"""The photos of a service record: before and after."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.files.models import Announced, Attachment
from bihuan.kernel.files.store import attachments_of
from bihuan.service.models import ServiceRecord

KINDS: dict[str, Any] = {"photo_before": _("处理前"), "photo_after": _("处理后")}


def pictures_of(record: ServiceRecord) -> list[Attachment]:
    """All photos of *record*, in the order they came. One statement."""
    return list(attachments_of(record).filter(kind__startswith="photo"))


def by_kind(pictures: list[Attachment], coming: list[Announced]) -> list[tuple[str, Any, list[Attachment], list[Announced]]]:
    """(kind, label, photos, those still to come) for the two kinds, those of any other kind with the first."""
    later = [picture for picture in pictures if picture.kind == "photo_after"]
    later_still = [one for one in coming if one.kind == "photo_after"]
    return [
        (
            "photo_before",
            KINDS["photo_before"],
            [one for one in pictures if one not in later],
            [one for one in coming if one not in later_still],
        ),
        ("photo_after", KINDS["photo_after"], later, later_still),
    ]
