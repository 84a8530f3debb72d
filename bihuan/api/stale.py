"""``If-Match``: a write prepared on an older version is refused, field by field, and nothing of it is lost (#61).

What the sender has written comes back beside what stands there now, so that a phone can show both and send one of them again.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Conflict
from bihuan.kernel.journal import words
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.typed import whole

from .body import SECRETS
from .problems import Unreadable
from .shown import masked_deep

LATEST = 2**31 - 1


class Stale(Conflict):
    """The record is not the version any more that the sender has seen; ``more`` says what changed since, and to what."""

    code = "stale"

    def __init__(self, record: Any, changes: list[dict[str, Any]], who: str) -> None:
        sentence = _("%(number)s 已由%(who)s改为第 %(version)s 版，您看到的是旧版。请核对 changes 里的差异，再按新版发送。")
        super().__init__(sentence % {"number": record.number, "who": who or _("别人"), "version": record.version}, field="If-Match")
        self.more = {"version": record.version, "changes": changes}


def version_of(header: str | None) -> int | None:
    """The version that an ``If-Match`` header names, bare or quoted; None without one or for ``*``. Raises Unreadable."""
    if header is None or header.strip() == "*":
        return None
    version = whole(header.strip().removeprefix('"').removesuffix('"'), LATEST)
    if not version:
        raise Unreadable(_("If-Match 须为您看到的版本号（version），例如 3。"), field="If-Match")
    return version


def refuse_stale(record: Any, expected: int, sent: dict[str, Any], actor: Actor) -> None:
    """Hold *record* to the end of the transaction; raises Stale unless it is of version *expected*."""
    lock: dict[str, Any] = {"of": ("self",)} if connection.features.has_select_for_update_of else {}
    record.refresh_from_db(from_queryset=type(record)._base_manager.select_for_update(**lock))
    if record.version == expected:
        return
    rows = Entry.objects.filter(record_type=record._meta.label, record_id=record.pk).order_by("pk")
    since = [entry for entry in rows if entry.said["record"]["version"] > expected]
    words.show(since)
    raise Stale(record, _changes(record, since, sent, actor), since[-1].actor_name if since else "")


def _changes(record: Any, since: list[Entry], sent: dict[str, Any], actor: Actor) -> list[dict[str, Any]]:
    """One for each field changed since: what it was (``base``), is (``theirs``), and would have become (``yours``, where it was sent)."""
    base: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    for entry in since:
        base = entry.shown.get("before", {}) | base
        theirs |= entry.shown.get("after", {})
    hidden = set(getattr(record, "personal_fields", ()))
    changed = [name for name in theirs if name not in hidden and base.get(name) != theirs[name]]
    return [_change(record, name, masked_deep(actor, base.get(name)), masked_deep(actor, theirs[name]), sent) for name in changed]


def _change(record: Any, name: str, base: Any, theirs: Any, sent: dict[str, Any]) -> dict[str, Any]:
    field = name.removesuffix("_id")
    said = {"field": field, "label": _label(record, name), "base": base, "theirs": theirs}
    return said | ({"yours": sent[field]} if field in sent and field not in SECRETS else {})


def _label(record: Any, name: str) -> str:
    try:
        return str(record._meta.get_field(name).verbose_name)
    except FieldDoesNotExist:
        return name
