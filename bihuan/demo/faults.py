"""What went wrong: two missed time limits that the head did not let pass, and an engineer's words that came when the call was cancelled."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from bihuan.evidence import conformance, dispose
from bihuan.evidence.models import Deviation
from bihuan.kernel.access.actors import Actor, actor_for, system
from bihuan.kernel.access.refusals import Refusal
from bihuan.kernel.deadlines.models import Verdict
from bihuan.kernel.shelf.keep import Came, keep
from bihuan.kernel.tables.perform import form_class
from bihuan.organisation.models import Person
from bihuan.organisation.roles import BRANCH_LEAD
from bihuan.quality.domain import nonconformity as verbs
from bihuan.quality.models import Disposition, Nonconformity
from bihuan.service.domain import request as requests
from bihuan.service.models import ServiceRequest
from bihuan.service.procedure import REQUEST

from .people import PEOPLE
from .stage import Story

HEAD, QUALITY = "chenzq", "shaoyj"
DAY = dt.timedelta(days=1)


def seen_through(now: dt.datetime) -> Story:
    """Declared forty days ago, analysed the next day, corrected a week later, verified by quality three days after that."""
    yield _at(now, 40, 9, 12), "declare"
    record = _declared("BX.first_contact", "客户来电后一小时内没有人联系上客户，客户再次来电催问。")
    if record is None:
        return
    lead = actor_for(record.responsible)
    yield _at(now, 39, 14, 35), "plan"
    verbs.plan(
        record, by=lead, at=timezone.now(), containment="部长当日回电致歉，约定当天上门。", disposition=Disposition.REWORK,
        cause="午间只排一人值班，工程师进机房后手机没有信号，值班表上没有替补，无人知道电话没有打出去。",
        correction="值班表每班增加一名替补；转派后十五分钟仍未联系的，由替补接手回电。", due_at=_at(now, 31, 18, 0),
    )  # fmt: skip
    yield _at(now, 33, 16, 20), "correct"
    verbs.correct(record, by=lead, at=timezone.now(), result="新值班表自本周一执行，替补的姓名和电话已贴在调度台，班前会讲过两次。")
    yield _at(now, 30, 10, 5), "verify"
    verbs.verify(record, by=_by(QUALITY), at=timezone.now(), finding="抽查了执行后的值班表和回电记录，每班均有替补，同样原因没有再出现。")


def waiting(now: dt.datetime) -> Story:
    """Declared yesterday; the lead has to say why it happened and what is to be done."""
    yield now - DAY, "declare"
    _declared("PG.arrival", "工程师没有按约定的时间到场，也没有事先告诉客户要改期。")


def too_late(now: dt.datetime) -> Story:
    """Two hours ago a phone found the network again; what it brought was for a call that the customer had withdrawn meanwhile."""
    yield now - dt.timedelta(hours=2), "send"
    withdrawn = ServiceRequest.objects.filter(status="cancelled", branch__code="HD", engineer__isnull=False).order_by("-id").first()
    if withdrawn is None:
        return
    by, step = actor_for(withdrawn.engineer, channel="phone"), REQUEST.step_named("contact")
    fields = form_class(withdrawn, step)(record=withdrawn, actor=by, step=step).fields
    words = {"answer": "已和客户通话：排气温度到 105 度跳机，散热器积灰严重。客户说先自己吹灰，不行再叫我们；下次保养请带一套温控阀。"}
    try:
        requests.contact(withdrawn, by=by, at=timezone.now(), **words)
    except Refusal as problem:
        keep(problem, Came(by, REQUEST, step, "my-request", withdrawn.number, withdrawn, fields, words))


def _declared(subject: str, description: str) -> Nonconformity | None:
    """Made from the latest missed time limit that the head may judge and nobody has."""
    conformance.run(system("夜间检查"))
    head = _by(HEAD)
    for deviation in Deviation.objects.filter(subject=subject, facts__verdict=Verdict.MISSED, state=Deviation.OPEN).order_by(
        "-happened_at"
    ):
        lead = next((one.username for one in PEOPLE if one.role == BRANCH_LEAD and one.office == deviation.record_number[3:5]), None)
        if lead and not dispose.why_not(deviation, head):
            responsible = Person.objects.get(username=lead)
            return dispose.make_nonconformity(deviation, by=head, at=timezone.now(), description=description, responsible=responsible)
    return None


def _at(now: dt.datetime, days: int, hour: int, minute: int) -> dt.datetime:
    """So many *days* ago, at that time of day."""
    return timezone.localtime(now - days * DAY).replace(hour=hour, minute=minute, second=0, microsecond=0)


def _by(username: str) -> Actor:
    return actor_for(Person.objects.get(username=username))
