"""A sentence for each kind of notice. Contexts register theirs; the text is made when it is read, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ..procedures.registry import procedure_for

if TYPE_CHECKING:
    from .models import Notice

_sentences: dict[str, Callable[[Notice], str]] = {}
_addresses: dict[str, Callable[[Notice], str]] = {}


def register(kind: str, make: Callable[[Notice], str], address: Callable[[Notice], str] | None = None) -> None:
    """Make the sentence of a *kind* known, and where it leads when it is not about a record with a page."""
    _sentences[kind] = make
    if address is not None:
        _addresses[kind] = address


def address(notice: Notice) -> str:
    """The page that a notice leads to."""
    made = _addresses.get(notice.kind)
    return made(notice) if made else reverse("record", args=[notice.record_number])


def sentence(notice: Notice) -> str:
    """What to tell. Raises KeyError for a kind nobody registered."""
    return _sentences[notice.kind](notice)


def _clock_label(notice: Notice) -> str:
    return str(procedure_for(notice.record_type).clock(notice.facts["clock"]).label)


def _due(notice: Notice) -> str:
    return timezone.localtime(datetime.fromisoformat(notice.facts["due_at"])).strftime("%m-%d %H:%M")


register("deadline_near", lambda n: _("“%(clock)s”时限将到：%(due)s") % {"clock": _clock_label(n), "due": _due(n)})
register("deadline_missed", lambda n: _("“%(clock)s”已超时（应于 %(due)s 前完成）") % {"clock": _clock_label(n), "due": _due(n)})
