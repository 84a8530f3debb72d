"""Technical bulletins: issued, withdrawn, acknowledged by whoever works on the models concerned (AS-4.5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Conflict, Invalid
from bihuan.organisation.keeping import change, make

from ..models import Acknowledgement, Bulletin, ProductModel
from ..rules import require_technical


def issue(number: str, title: str, body: str, models: Iterable[ProductModel], *, by: Actor, at: dt.datetime) -> Bulletin:
    """A bulletin for *models*, in force from today. Raises NotAllowed, Invalid without models, Conflict for a number that exists."""
    require_technical(by)
    concerned = list(models)
    if not concerned:
        raise Invalid(_("请至少选择一个适用型号。"), field="models_concerned")
    bulletin = Bulletin(number=number, title=title.strip(), body=body.strip(), issued_on=timezone.localdate(at), issued_by=by.name)
    with journal.unit():
        make(bulletin, ("number", "title", "body", "issued_on"), by=by, at=at, action="bulletin.issue", clause="AS-4.5")
        bulletin.models_concerned.set(concerned)
        journal.append(by, "bulletin.models", bulletin, at=at, after={"models": [model.name for model in concerned]}, clause="AS-4.5")
    return bulletin


def withdraw(bulletin: Bulletin, *, by: Actor, at: dt.datetime, reason: str) -> None:
    """No longer in force; it stays readable. Raises NotAllowed, Invalid without a reason, Conflict when it is withdrawn."""
    require_technical(by)
    if not reason.strip():
        raise Invalid(_("请填写撤回原因，例如已由新通报代替。"), field="reason")
    if bulletin.withdrawn_on is not None:
        raise Conflict(_("%(number)s 已经撤回。") % {"number": bulletin.number})
    change(bulletin, {"withdrawn_on": timezone.localdate(at)}, by=by, at=at, action="bulletin.withdraw", reason=reason, clause="AS-4.5")


def acknowledge(bulletin: Bulletin, *, by: Actor, at: dt.datetime) -> bool:
    """*by* has read *bulletin* (AS-4.5). Saying so again changes nothing; whether it was new. UNIQUE does the work."""
    if by.person_id is None:
        raise Invalid(_("只有人能确认已读，请用本人账号登录。"))
    row = Acknowledgement(bulletin=bulletin, person_id=by.person_id, at=at)
    with journal.unit():
        before = Acknowledgement.objects.filter(bulletin=bulletin, person_id=by.person_id)
        Acknowledgement.objects.bulk_create([row], ignore_conflicts=True)
        new = before.filter(at=at).exists()
        if new:
            journal.append(by, "bulletin.read", bulletin, at=at, clause="AS-4.5")
    return new
