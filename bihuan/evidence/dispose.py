"""What becomes of a deviation: accepted with a reason, or made a nonconformity. Either is somebody's word, on the record's own history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.getters import getter_for
from bihuan.kernel.access.refusals import Conflict, Invalid, NotAllowed, NotFound
from bihuan.quality.public import Nonconformity, Person, declare

from .access import JUDGES, may_judge, require_reader
from .models import Deviation

LONGEST = 500


def one(actor: Actor, key: int) -> Deviation:
    """That deviation, of a branch that *actor* may look at. Raises NotFound, alike for absent and foreign ones."""
    found = Deviation.objects.filter(pk=key).first()
    if found is None:
        raise NotFound
    require_reader(actor, [found.branch_id])
    return found


def why_not(deviation: Deviation, actor: Actor) -> str:
    """Why *actor* may not accept it; empty when they may. Nobody judges what they did themselves (four eyes)."""
    if not may_judge(actor, deviation.branch_id):
        return _("偏差由{who}处理。").format(who="、".join(str(role.label) for role in JUDGES))
    if deviation.actor_id is not None and deviation.actor_id == actor.person_id:
        return _("这一步是您本人办理的，须由另一人处理。")
    return ""


def accept(deviation: Deviation, *, by: Actor, at: datetime, reason: str) -> None:
    """Accept it with *reason*, once. Raises NotAllowed, Invalid without a reason, Conflict when somebody was faster."""
    if no := why_not(deviation, by):
        raise NotAllowed(no)
    reason = reason.strip()
    if not reason or len(reason) > LONGEST:
        raise Invalid(_("请填写处理意见：为什么可以接受，或已怎样纠正（最多 {most} 字）。").format(most=LONGEST), field="reason")
    with journal.unit():
        _settle(deviation, by, at, state=Deviation.ACCEPTED, reason=reason)
        _tell(deviation, "deviation.accepted", by, at, reason)


def make_nonconformity(deviation: Deviation, *, by: Actor, at: datetime, description: str, responsible: Person) -> Nonconformity:
    """Open a nonconformity for it, once (QM-2). Raises NotAllowed, Invalid for the description or person, Conflict when somebody was faster."""
    if no := why_not(deviation, by):
        raise NotAllowed(no)
    with journal.unit():
        _settle(deviation, by, at, state=Deviation.RAISED, reason=description.strip()[:LONGEST])
        made = declare(
            Nonconformity(
                branch_id=deviation.branch_id, source_number=deviation.record_number, source_key=deviation.key, subject=deviation.subject,
                clause=deviation.clause, description=description.strip(), responsible=responsible,
            ),
            by=by, at=at,
        )  # fmt: skip
        Deviation.objects.filter(pk=deviation.pk).update(nonconformity=made.number)
        _tell(deviation, "deviation.raised", by, at, description.strip(), nonconformity=made.number)
    return made


def _settle(deviation: Deviation, by: Actor, at: datetime, **words: Any) -> None:
    waiting = Deviation.objects.filter(pk=deviation.pk, state=Deviation.OPEN)
    if not waiting.update(disposed_by=by.name, disposed_at=at, **words):
        raise Conflict(_("这条偏差刚被别人处理，请刷新查看。"))


def _tell(deviation: Deviation, action: str, by: Actor, at: datetime, reason: str, **more: Any) -> None:
    said = {"deviation": deviation.pk, "key": deviation.key, "entry": deviation.entry} | more
    if deviation.record_id is None:
        journal.append_plain(by, action, deviation.record_number, at=at, data=said, reason=reason)
    else:
        record = getter_for(deviation.record_type).one(by, pk=deviation.record_id)
        journal.append(by, action, record, at=at, data=said, reason=reason, clause=deviation.clause)
