"""What becomes of something on the shelf: taken over, not needed, or sent again by its sender; once, and with an entry in the journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.apps import apps
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import journal
from ..access.actors import Actor
from ..access.refusals import Conflict, Invalid, NotAllowed
from ..notify.models import Notice
from .access import access_shelf, is_keeper, require_keeper, told_late
from .models import Kind, Shelved

KEPT_FOR = dt.timedelta(days=30)  # after it was settled
LATE = dt.timedelta(hours=24)  # then those above are told
LONGEST_REASON = 500


def waiting(actor: Actor, text: str, action: str) -> Shelved | None:
    """The open item that *text* names, of that action and in sight of *actor*; None for anything else."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    return access_shelf.all(actor).filter(pk=int(text), action=action, state=Shelved.State.OPEN).first()


def take(item: Shelved, *, by: Actor, at: dt.datetime, into: Any) -> None:
    """Its words stand in the record *into* now. Raises NotAllowed but for keepers and the sender, Conflict when somebody was faster."""
    if not is_keeper(by, item) and by.person_id != item.person_id:
        raise NotAllowed(_("来件由发送人补录，或由负责人处理。"))
    _settle(item, Shelved.State.TAKEN, by, at, into_number=into.number)


def drop(item: Shelved, *, by: Actor, at: dt.datetime, reason: str) -> None:
    """Its words are not needed, for *reason*. Raises NotAllowed but for keepers, Invalid without a reason, Conflict when somebody was faster."""
    require_keeper(by)
    if not is_keeper(by, item):
        raise NotAllowed(_("来件由负责人决定是否不用。"))
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Invalid(_("请写明为什么不用，最多 %(most)s 字。") % {"most": LONGEST_REASON}, field="reason")
    _settle(item, Shelved.State.DROPPED, by, at, reason=reason.strip())


def sent_again(record: Any, action: str, names: Collection[str], *, by: Actor, at: dt.datetime) -> None:
    """*by* has sent *names* of *record* on the version that stands: what they sent of these on an older one waits for nobody any more."""
    rows = Shelved.objects.filter(person_id=by.person_id or 0, state=Shelved.State.OPEN, kind=Kind.STALE, action=action)
    for item in rows.filter(record_type=record._meta.label, record_id=record.pk):
        if item.words.keys() <= set(names):
            _settle(item, Shelved.State.SENT_AGAIN, by, at, into_number=record.number)


def _settle(item: Shelved, state: Shelved.State, by: Actor, at: dt.datetime, *, into_number: str = "", reason: str = "") -> None:
    with journal.unit():
        rows = Shelved.objects.filter(pk=item.pk, state=Shelved.State.OPEN)
        if not rows.update(state=state, settled_by_id=by.person_id, settled_at=at, into_number=into_number, reason=reason):
            raise Conflict(_("这件来件刚被别人处理，请刷新查看。"))
        said = {"shelved": item.pk, "action": item.action, "from": item.person_id, "into": into_number}
        _tell(item, f"shelf.{state}", by, at, said, reason)


def _tell(item: Shelved, action: str, by: Actor, at: dt.datetime, said: dict[str, Any], reason: str) -> None:
    """In the history of the record it was meant for. Without one, the reason stays in the row: a chain is no place for texts that may tell of a person."""
    model = apps.get_model(item.record_type) if item.record_type else None
    record = model._base_manager.filter(pk=item.record_id).first() if model else None
    if record is None:
        journal.append_plain(by, action, item.record_number or str(item.pk), at=at, data=said)
    else:
        journal.append(by, action, record, at=at, data=said, reason=reason)


def forget_settled(kept_for: dt.timedelta = KEPT_FOR) -> int:
    """Drop what was settled long ago; how many. What waits stays. For the worker."""
    return Shelved.objects.filter(settled_at__lt=timezone.now() - kept_for).delete()[0]


def remind(now: dt.datetime | None = None) -> int:
    """Tell those above of what has waited for a day, once each; of how many. For the worker."""
    late = Shelved.objects.filter(state=Shelved.State.OPEN, arrived_at__lt=(now or timezone.now()) - LATE).select_related("person")
    notices = [
        Notice(
            key=f"shelved-late:{item.pk}", kind="shelved_late", record_type=Shelved._meta.label, record_id=item.pk,
            record_number=item.record_number or str(item.pk), branch_id=item.branch_id, to_roles=told_late(),
            facts={"who": item.person.name, "action": item.action},
        )
        for item in late
    ]  # fmt: skip
    told = set(Notice.objects.filter(key__in=[notice.key for notice in notices]).values_list("key", flat=True))
    fresh = [notice for notice in notices if notice.key not in told]
    Notice.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)
