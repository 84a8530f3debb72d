"""Conversations of the past, as the trade keeps them: one row a conversation, imported and exported byte for byte.

``QID,Brand,Model,Question,Dialogue,Report``: what the customer asked, what was said (lines joined by ``|``, each begun by
its speaker), and the report that was given in the end. A row becomes a repair request of channel "import": the question
is the fault in the customer's words, the dialogue its contact log, the report its answer.

Two things the file does not say are not made up. *When* the customer called: the time of import stands there, and the
journal says so. *Whether* a time limit was kept: the deadlines that registering starts end at once without a verdict,
so nothing is counted as kept or missed and nobody is alarmed about last year's call. A conversation with a report is
closed in the same moment; one without stays registered at headquarters, for the desk to handle.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.customers.models import Customer, Site
from bihuan.customers.public import index_customer
from bihuan.equipment.models import ProductLine, ProductModel
from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor, system
from bihuan.kernel.access.refusals import Conflict
from bihuan.kernel.deadlines.models import Deadline, State
from bihuan.kernel.lists import search as index
from bihuan.kernel.numbering.draw import draw
from bihuan.organisation.public import headquarters

from . import dialogue_file as files
from .dialogue_file import Row
from .domain import request as requests
from .models import Channel, ContactLine, ServiceRequest
from .procedure import REQUEST

NOBODY = "历史对话（客户未登记）"
LINE_CODE = "DH"
BATCH = 500
_SPEAKER = re.compile(r"\s*(?:([^：:﹕︰\s]{0,20}?)说)?[：:﹕︰]")


@dataclass(frozen=True)
class Report:
    """How an import went: ``imported`` now, ``known`` from earlier ones, ``open`` without a report; ``problems`` by row."""

    imported: int = 0
    known: int = 0
    open: int = 0
    problems: tuple[str, ...] = ()


def import_file(path: Path, dry_run: bool, out: TextIO) -> int:
    """Import the conversations in the file at *path*, all or none, and say on *out* how it went; 1 when rows were refused.

    With *dry_run* everything is checked and nothing written. What was imported before is left as it is.
    """
    rows, problems = files.read(path)
    report = Report(problems=tuple(problems)) if problems else _import(rows, dry_run)
    out.writelines(f"{line}\n" for line in _said(report, dry_run))
    return 1 if report.problems else 0


def export_file(out: TextIO) -> None:
    """Write every imported conversation to *out* as it came, in the order of import: UTF-8, CRLF, quotes where needed."""
    files.write(out, (_row(request) for request in _imported(ServiceRequest.objects.order_by("id"))))


def _import(rows: list[Row], dry_run: bool) -> Report:
    known = {row.qid: row for row in _kept(rows)}
    if changed := [row for row in rows if row.qid in known and _differs(row, known[row.qid])]:
        told = _("第 {row} 行：QID {qid} 已导入过，内容不同。请核对后换一个 QID。")
        return Report(problems=tuple(told.format(row=row.place, qid=row.qid) for row in changed))
    fresh = [row for row in rows if row.qid not in known]
    if fresh and not dry_run:
        try:
            with journal.unit():
                _write(fresh, by=system("历史对话导入"), now=timezone.now())
        except IntegrityError:
            raise Conflict(_("另一个导入正在写入同样的对话，请稍后再试；本次没有写入任何内容。")) from None
    return Report(len(fresh), len(known), sum(not row.report.strip() for row in fresh))


def _differs(row: Row, kept: Row) -> bool:
    """What came without a report may have been answered since; that is no other conversation."""
    return (row if row.report.strip() else replace(row, report=kept.report)) != kept


def _kept(rows: list[Row]) -> Iterator[Row]:
    """Those of *rows* that are in the database already, as they are there."""
    for start in range(0, len(rows), BATCH):
        keys = [row.qid for row in rows[start : start + BATCH]]
        yield from map(_row, _imported(ServiceRequest.objects.filter(source_key__in=keys)))


def _imported(requests_: Any) -> Iterable[ServiceRequest]:
    rows = requests_.filter(channel=Channel.IMPORT).exclude(source_key="").select_related("product_model__line")
    return rows.prefetch_related("contact_log").iterator(chunk_size=BATCH)


def _row(request: ServiceRequest) -> Row:
    """A request as the row it came from."""
    model = request.product_model
    brand, name = (model.line.name, model.name) if model else ("", "")
    said = "|".join(line.raw for line in request.contact_log.all() if line.at is None)
    return Row(
        request.source_key,
        brand if brand != files.RESERVED else "",
        name if name != files.RESERVED else "",
        request.fault,
        said,
        request.answer,
    )


def _write(rows: list[Row], *, by: Actor, now: datetime) -> None:
    customer, models = _nobody(by, now), _models(rows)
    written = [_register(row, customer, models.get((row.brand, row.model)), by=by, now=now) for row in rows]
    ContactLine.objects.bulk_create([line for request, row in zip(written, rows, strict=True) for line in _lines(request, row.dialogue)])
    _end_clocks(written, now)
    for request, row in zip(written, rows, strict=True):
        _index(request, row)


def _register(row: Row, customer: Customer, model: ProductModel | None, *, by: Actor, now: datetime) -> ServiceRequest:
    request = ServiceRequest(
        customer=customer, product_model=model, channel=Channel.IMPORT, called_at=now, fault=row.question, source_key=row.qid,
        answer="" if row.report.strip() else row.report,
    )  # fmt: skip
    requests.register(request, by=by, at=now)
    journal.append(
        by, "import", request, at=now, data={"source": row.qid, "row": row.place, "time_of_call": "unknown", "time_limits": "none"}
    )
    if row.report.strip():
        with REQUEST.step("solve_by_phone", request, by=by, at=now) as step:
            request.answer, request.closed_at, request.contacted_at = row.report, now, now
            step.note(answer=row.report)
    return request


def _lines(request: ServiceRequest, dialogue: str) -> Iterator[ContactLine]:
    """The dialogue as contact log. ``raw`` keeps each part as it came; no ``at``, because nobody noted it."""
    for position, raw in enumerate(dialogue.split("|") if dialogue else [], start=1):
        named = _SPEAKER.match(raw)
        speaker, text = (named.group(1) or "", raw[named.end() :]) if named else ("", raw)
        yield ContactLine(request=request, position=position, speaker=speaker, text=text.strip(), raw=raw, by_name=_("导入"))


def _end_clocks(written: list[ServiceRequest], now: datetime) -> None:
    for start in range(0, len(written), BATCH):
        ids = [request.pk for request in written[start : start + BATCH]]
        mine = Deadline.objects.filter(record_type=ServiceRequest._meta.label, record_id__in=ids)
        mine.update(state=State.ENDED, stopped_by="import", stopped_at=now, stop_recorded_at=now, next_at=None, breached_at=None)
        ServiceRequest.objects.filter(pk__in=ids).update(next_due_at=None, next_clock="")


def _index(request: ServiceRequest, row: Row) -> None:
    """Found by what was asked, said and answered, not by the question alone."""
    texts = [request.number, row.qid, row.brand, row.model, row.question, row.dialogue.replace("|", "\n"), row.report]
    index.index(request._meta.label, request.pk, request.branch_id, [text for text in texts if text])


def _nobody(by: Actor, now: datetime) -> Customer:
    """The customer of all whose names the file does not give."""
    if found := Customer.objects.filter(name=NOBODY).first():
        return found
    home = headquarters()
    customer = Customer.objects.create(
        number=draw("C", home.code, home.zone, now), name=NOBODY, initials=" ".join(index.pinyin_initials(NOBODY)),
        note=_("导入的历史对话没有客户资料，都记在这里。"),
    )  # fmt: skip
    Site.objects.create(customer=customer, name=home.name, branch=home)
    journal.append(by, "customer.new", customer, at=now, after={"number": customer.number, "name": customer.name})
    index_customer(customer)
    return customer


def _models(rows: list[Row]) -> dict[tuple[str, str], ProductModel]:
    """The product model of each (brand, model) in *rows*, made where it is not there: brands are product lines."""
    wanted = dict.fromkeys((row.brand, row.model) for row in rows if row.brand or row.model)
    lines = {line.name: line for line in ProductLine.objects.filter(code__startswith=LINE_CODE)}
    models = {(model.line.name, model.name): model for model in ProductModel.objects.filter(line__in=lines.values()).select_related("line")}
    found = {}
    for brand, name in wanted:
        key = brand or files.RESERVED, name or files.RESERVED
        if key[0] not in lines:
            lines[key[0]] = ProductLine.objects.create(code=f"{LINE_CODE}{len(lines) + 1:03d}", name=key[0])
        if key not in models:
            models[key] = ProductModel.objects.create(line=lines[key[0]], name=key[1])
        found[brand, name] = models[key]
    return found


def _said(report: Report, dry_run: bool) -> Iterator[str]:
    if report.problems:
        yield from report.problems
        yield _("共 {count} 处不合格，整个文件没有导入。请改好后再导入。").format(count=len(report.problems))
        return
    if report.known:
        yield _("{count} 条以前已导入，没有重复写入。").format(count=report.known)
    told = _("检查通过，可导入 {count} 条对话。") if dry_run else _("已导入 {count} 条对话。")
    yield told.format(count=report.imported)
    if report.imported:
        yield _("来电时间原文件没有记，按导入时间登记；首次联系等时限不作判断。")
    if report.open:
        yield _("其中 {count} 条没有处理报告，留在总部“已受理”，请客服处理。").format(count=report.open)
