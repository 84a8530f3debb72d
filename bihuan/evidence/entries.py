"""One entry of the journal as it lies in its chain, and what holds it there (QM-7, #50, #51)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import NotFound
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import columns_that_lie, kept
from bihuan.kernel.journal.words import NOTHING
from bihuan.kernel.journal.write import chain_hash
from bihuan.kernel.proof.models import Checkpoint, Delivery

from .access import require_organisation_reader, require_reader

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")
KEY = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")
START = "0" * 64  # what the first entry of a chain names as its predecessor
MARKS = ("hmac:", "word:")  # how a commitment begins: the value is not in the chain


@dataclass(frozen=True)
class Told:
    """A value that the entry tells, and what stood there before."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Held:
    """What binds an entry. ``wrong``: what does not agree, a sentence each; ``checkpoint`` is None until one covers it."""

    wrong: list[str]
    checkpoint: Checkpoint | None
    deliveries: list[Delivery]


def entry_of(actor: Actor, key: str) -> Entry:
    """The entry ``chain-seq``. Raises NotFound where there is none or its branch is out of sight, NotAllowed without a role that reads evidence.

    Chain 0, the organisation's own, is read by those whose role reaches every branch.
    """
    named = KEY.fullmatch(key)
    found = Entry.objects.filter(chain=int(named[1]), seq=int(named[2])).first() if named else None
    if found is None:
        raise NotFound
    if found.chain:
        require_reader(actor, [found.chain])
    else:
        require_organisation_reader(actor)
    return found


def held(entry: Entry) -> Held:
    """Whether its hash fits, the one before it is the one it names, and its columns repeat the body; and the first checkpoint over it. Four statements."""
    around = {row.seq: row for row in kept(Entry.objects.filter(chain=entry.chain, seq__in=(entry.seq - 1, entry.seq)))}
    mine, before = around[entry.seq], around.get(entry.seq - 1)
    wrong = []
    if chain_hash(mine.prev_hash, mine.body, mine.alg) != mine.hash:
        wrong.append(_("内容与校验值不符"))
    if (before.hash if before else START if entry.seq == 1 else None) != mine.prev_hash:
        wrong.append(_("与上一条接不上"))
    if lies := columns_that_lie(mine, mine.body.encode("utf-8", "surrogatepass")):
        wrong.append(_("检索栏与内容不符：%(names)s") % {"names": "、".join(lies)})
    checkpoint = Checkpoint.objects.filter(chain=entry.chain, size__gte=entry.seq).order_by("size").first()
    return Held(wrong, checkpoint, list(checkpoint.deliveries.order_by("place")) if checkpoint else [])


def told(entry: Entry, zone: ZoneInfo | None = None) -> list[Told]:
    """What changed and what else was said, by the names on the forms, moments by the clock of *zone*.

    Personal values and free texts are not in the chain.
    """
    said = entry.said
    before, after = said.get("before") or {}, said.get("after") or {}
    changed = [
        Told(_name(entry, name), shown(before[name], zone) if name in before else "", shown(after.get(name), zone))
        for name in {**before, **after}
    ]
    return changed + [Told(_name(entry, name), "", shown(value, zone)) for name, value in _flat(said.get("data") or {})]


def _flat(data: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _name(entry: Entry, name: str) -> str:
    try:
        return str(apps.get_model(entry.record_type)._meta.get_field(name.removesuffix("_id")).verbose_name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return name


def shown(value: Any, zone: ZoneInfo | None = None) -> str:
    """A value of the entry's as text; of what only a commitment is there, that."""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if value in NOTHING:
        return "—"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if MOMENT.fullmatch(text):
        return f"{timezone.localtime(datetime.fromisoformat(text), zone):%Y-%m-%d %H:%M:%S}"
    return _("不在链上，只留指纹 %(mark)s…") % {"mark": text[:17]} if text.startswith(MARKS) else text
