"""What the customer reads before signing: plain sentences, nothing left out that the signature binds."""

from __future__ import annotations

from typing import Any

from bihuan.kernel.files.arriving import still_to_come
from bihuan.service.models import ServiceRecord
from bihuan.service.panels import minutes_text

from .cards import CARDS
from .pictures import pictures_of
from .rows import check_lines


def of(record: ServiceRecord) -> dict[str, Any]:
    """The parts of the page that shows it. Two statements."""
    lines = check_lines(record, CARDS["check"].flat(record))
    return {
        "lines": lines,
        "pictures": pictures_of(record),
        "to_come": still_to_come(record),
        "labour": minutes_text(record.labour_minutes),
        "travel": minutes_text(record.travel_minutes),
    }
