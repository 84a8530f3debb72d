"""A sentence for each kind of notice. Contexts register theirs; the text is made when it is read, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from ..procedures.registry import procedure_for

if TYPE_CHECKING:
    from .models import Notice

_sentences: dict[str, Callable[[Notice], str]] = {}


def register(kind: str, make: Callable[[Notice], str]) -> None:
    _sentences[kind] = make


def sentence(notice: Notice) -> str:
    """What to tell. Raises KeyError for a kind nobody registered."""
    return _sentences[notice.kind](notice)


def _clock_label(notice: Notice) -> str:
    return str(procedure_for(notice.record_type).clock(notice.facts["clock"]).label)


def _due(notice: Notice) -> str:
    return timezone.localtime(datetime.fromisoformat(notice.facts["due_at"])).strftime("%m-%d %H:%M")


register("deadline_near", lambda n: _("“%(clock)s”时限将到：%(due)s") % {"clock": _clock_label(n), "due": _due(n)})
register("deadline_missed", lambda n: _("“%(clock)s”已超时（应于 %(due)s 前完成）") % {"clock": _clock_label(n), "due": _due(n)})
