"""FW: what each step of a service record does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.files.models import Attachment
from bihuan.kernel.signing import sign as signing

from .. import search
from ..models import DispatchOrder, ServiceRecord
from ..procedure import RECORD
from ..rules import checklist_gaps
from . import order as orders
from . import request as requests

FILLABLE = ("checklist", "findings", "work_done", "parts", "outcome", "advice", "labour_minutes", "travel_minutes")


def begin(order: DispatchOrder, *, by: Actor, at: datetime) -> ServiceRecord:
    """Open the record of a visit with the model's checklist, empty (AS-5.3.2). Taken with the arrival."""
    model = order.request.product_model
    items = model.checklist.all() if model else []
    record = ServiceRecord(order=order, branch=order.branch, engineer=order.engineer)
    record.checklist = [
        {
            "text": item.text,
            "measured": item.is_measured,
            "unit": item.unit,
            "low": _text(item.low),
            "high": _text(item.high),
            "value": "",
            "ok": None,
            "remark": "",
        }
        for item in items
    ]
    with RECORD.step("begin", record, by=by, at=at) as step:
        step.note(order=order.number)
    search.index_new(record)
    return record


def _text(limit: Any) -> str:
    return "" if limit is None else str(limit)


def fill_in(record: ServiceRecord, *, by: Actor, at: datetime, **fields: Any) -> None:
    """Keep what the engineer has written so far (AS-5.3.2). *fields*: any of FILLABLE; raises TypeError for others."""
    if unknown := fields.keys() - set(FILLABLE):
        raise TypeError(f"not fillable: {', '.join(sorted(unknown))}")
    with RECORD.step("fill_in", record, by=by, at=at):
        for name, value in fields.items():
            setattr(record, name, value)


def sign(
    record: ServiceRecord,
    *,
    by: Actor,
    at: datetime,
    signer_name: str,
    image: bytes,
    strokes: list,
    remarks: str = "",
    signer_title: str = "",
) -> None:
    """The customer signs what stands in the record, drawn on the screen (AS-5.3.2).

    *image*: PNG bytes; *strokes*: the pen's points. The signature is bound to the content by hash. Raises Invalid while
    the checklist has gaps.
    """
    with RECORD.step("sign", record, by=by, at=at) as step:
        _refuse_gaps(record)
        if not signer_name.strip():
            raise Invalid(_("请填写签字人姓名。"), field="signer_name")
        _freeze_photos(record)
        record.signed_at, record.refusal_reason, record.refusal_witness = at, "", ""
        meaning = "received_with_remarks" if remarks.strip() else "received"
        signature = signing.sign_drawn(
            record, by=by, meaning=meaning, signer_name=signer_name.strip(), signer_capacity=signer_title.strip() or _("客户"),
            image=image, strokes=strokes, at=at, remarks=remarks.strip(),
        )  # fmt: skip
        step.note(signature=signature.seal, meaning=meaning)
        orders.finish(record.order, by=by, at=at)
        requests.sign(record.order.request, by=by, at=at, record=record.number)


def _refuse_gaps(record: ServiceRecord) -> None:
    if gaps := checklist_gaps(record.checklist):
        raise Invalid(
            _("检查表还有未完成的项目：%(items)s。请逐项勾选或填写数值，超限的写明说明。") % {"items": "、".join(gaps)}, field="checklist"
        )


def _freeze_photos(record: ServiceRecord) -> None:
    rows = Attachment.objects.filter(record_type=record._meta.label, record_id=record.pk, kind__startswith="photo").order_by("id")
    record.photos = [{"kind": row.kind, "sha256": row.sha256, "handle": row.handle} for row in rows]


def refuse(record: ServiceRecord, *, by: Actor, at: datetime, refusal_reason: str, refusal_witness: str) -> None:
    """The customer refuses to sign: reason and witness are recorded, the branch lead is told (AS-5.3.2, ours)."""
    with RECORD.step("refuse", record, by=by, at=at) as step:
        _refuse_gaps(record)
        _freeze_photos(record)
        record.refusal_reason, record.refusal_witness, record.signed_at = refusal_reason.strip(), refusal_witness.strip(), None
        step.note(refusal_reason=record.refusal_reason, refusal_witness=record.refusal_witness)
        orders.finish(record.order, by=by, at=at)
        requests.refuse(record.order.request, by=by, at=at, record=record.number)


def send_back(record: ServiceRecord, *, by: Actor, at: datetime, reason: str) -> None:
    """The lead returns the record for correction; a signature on it is void (AS-5.3.2, ours)."""
    with RECORD.step("send_back", record, by=by, at=at, reason=reason) as step:
        for signature in signing.current_signatures(record):
            signing.void(signature, by=by, reason=reason, at=at)
            step.note(voided=signature.seal)
        record.signed_at = None
        orders.reopen(record.order, by=by, at=at, reason=reason)
        requests.correct(record.order.request, by=by, at=at, record=record.number, reason=reason)


def review(record: ServiceRecord, *, by: Actor, at: datetime, review_note: str) -> None:
    """The lead has read the record and stands by it; after a refusal the note is the lead's decision (AS-5.3.2)."""
    with journal.unit():
        with RECORD.step("review", record, by=by, at=at) as step:
            record.review_note, record.reviewed_at = review_note.strip(), at
            step.note(review_note=record.review_note)
            requests.review(record.order.request, by=by, at=at, record=record.number)
        signing.sign_as_person(record, by=by, meaning="reviewed", at=at, parties=RECORD.step_named("review").by)
