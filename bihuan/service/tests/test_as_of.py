"""A record as it stood at a moment is what the journal alone rebuilds: snapshots taken on random histories, compared afterwards (#47)."""

import datetime as dt
import random
from importlib import import_module

import pytest
import time_machine
from django.utils import timezone

import bihuan.service.tests.test_contract as cells
from bihuan.kernel.access.refusals import Invalid, Refusal
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.deadlines.sweep import sweep
from bihuan.kernel.files.models import Attachment
from bihuan.kernel.files.store import attach
from bihuan.kernel.journal import unit
from bihuan.kernel.signing.models import Signature
from bihuan.kernel.tables import revisions
from bihuan.kernel.tables.asof import moment_of, rebuilt
from bihuan.service.domain import order as orders
from bihuan.service.domain import record as records
from bihuan.service.models import DispatchOrder, ServiceRecord, ServiceRequest
from bihuan.service.tests.company import png

FILLED = {"work_done": "更换压力开关", "outcome": "repaired", "labour_minutes": 90, "travel_minutes": 45}
START = dt.datetime(2026, 9, 14, 1, 0, tzinfo=dt.UTC)
CASES = 1000
ARGUMENTS = {"BX": cells.TestRequest(), "PG": cells.TestOrder(), "FW": cells.TestRecord()}
LATER = {
    "assign",
    "contact",
    "submit",
    "approve",
    "accept",
    "depart",
    "arrive",
    "fill_in",
    "sign",
    "review",
    "close",
}  # walks that get somewhere


def everything():
    return [*ServiceRequest.objects.all(), *DispatchOrder.objects.all(), *ServiceRecord.objects.all()]


def living(taken):
    return [record for record in everything() if record.pk not in taken["closed"].get(record._meta.label, ())]


def snapshot(record):
    """The row as it is now, its deadlines with their verdicts, its signatures that hold, its files."""
    values = {field.attname: getattr(record, field.attname) for field in record._meta.concrete_fields}
    rows = Deadline.objects.filter(record_type=record._meta.label, record_id=record.pk).order_by("pk")
    clocks = sorted((row.clock, str(row.state), row.started_at, row.due_at, row.calendar, row.calendar_revision) for row in rows)
    seals = [row.seal for row in Signature.objects.of(record).current()]
    return values, clocks, seals, [file.sha256 for file in Attachment.objects.of(record)]


def rebuilt_snapshot(record, at):
    past = rebuilt(record, at)
    assert not past.withheld and past.clocks_told
    values = {field.attname: getattr(past.record, field.attname) for field in record._meta.concrete_fields}
    clocks = sorted((one.clock, one.state, one.started_at, one.due_at, one.calendar, one.calendar_revision) for one in past.clocks)
    return values, clocks, [row.seal for row in past.signatures], [file.sha256 for file in past.attachments]


def act(company, chance, record):
    """One random thing that may be done with *record* by somebody; False when nothing came of it."""
    steps = [step for step in record.procedure.from_state(record.status) if not step.follows]
    if not steps:
        return False
    if chance.random() < 0.1:
        with unit():
            attach(record, png(), kind="photo", by=company.by("desk"), at=timezone.now(), name="铭牌.png")
        return True
    step = chance.choice([step for step in steps if step.name in LATER and chance.random() < 0.8] or steps)
    contract = ARGUMENTS[record.procedure.form]
    try:
        given = contract.arguments(step.name, record, company)
        if step.name == "fill_in" or step.name == "sign":
            lines = [{**line, "ok": True, "value": "0.7" if line["measured"] else ""} for line in record.checklist]
            given = (
                {**FILLED, "checklist": lines, "findings": chance.choice(["阀卡住", "压力开关失灵"])} if step.name == "fill_in" else given
            )
        if step.name == "contact":
            given["answer"] = chance.choice(["已约明早", "请先断电"])
        verb = getattr(import_module(record.procedure.verbs), step.name)
        verb(
            record,
            by=contract.allowed(step, record, company),
            at=timezone.now() - dt.timedelta(minutes=chance.choice([0, 0, 0, 7])),
            **given,
        )
    except (Refusal, AssertionError):
        return False
    return True


def drafted(company, request):
    """Whether an order could be drafted: not while another is open."""
    order = DispatchOrder(request=request, engineer=company.engineer, task="检查", planned_arrival=timezone.now() + dt.timedelta(hours=3))
    try:
        orders.draft(order, by=company.by("lead"), at=timezone.now(), carry=[])
    except Refusal:
        return False
    return True


def history(company, chance, taken):
    """A request with its orders and records lives for a while; after each thing done every record is snapshot into *taken*."""
    with time_machine.travel(START + dt.timedelta(days=chance.randrange(40)), tick=True) as clock:
        company.registered(unit=company.unit, at=timezone.now() - dt.timedelta(minutes=chance.randrange(90)), caller_name="王工")
        for _turn in range(34):
            clock.shift(dt.timedelta(minutes=chance.choice([2, 20, 90, 600])))
            if chance.random() < 0.3:
                sweep()
            mine = living(taken)
            contacted = [record for record in mine if record._meta.model is ServiceRequest and record.status == "contacted"]
            if contacted and chance.random() < 0.7 and drafted(company, contacted[0]):
                pass
            elif not act(company, chance, chance.choice(mine)):
                continue
            clock.shift(dt.timedelta(seconds=1))
            taken["cases"] += [(record, timezone.now(), snapshot(record)) for record in living(taken)]
    for record in everything():
        taken["closed"].setdefault(record._meta.label, set()).add(record.pk)


@pytest.mark.both
def test_what_is_rebuilt_is_the_snapshot_of_that_day(company):
    taken, seed = {"cases": [], "closed": {}}, 0
    while len(taken["cases"]) < CASES:
        seed += 1
        history(company, random.Random(seed), taken)  # noqa: S311 -- repeatable walks, no secrets
    reached = {record.status for record in everything()}
    assert len(reached & {"reviewed", "closed", "cancelled", "done", "signed", "refused"}) >= 3, reached  # the walks got somewhere
    with time_machine.travel(START + dt.timedelta(days=400)):
        for record, at, before in taken["cases"][:CASES]:
            assert rebuilt_snapshot(type(record).objects.get(pk=record.pk), at) == before, (seed, record.number, at)


@pytest.fixture
def signed_once(company):
    """A service record that was signed, sent back and signed again, with the moments between."""
    moments = {}
    with time_machine.travel(START, tick=True) as clock:
        record = company.signed()
        clock.shift(60)
        moments["signed"] = timezone.now()
        clock.shift(60)
        records.send_back(record, by=company.by("lead"), at=timezone.now(), reason="读数漏填")
        clock.shift(60)
        moments["back"] = timezone.now()
        records.fill_in(record, by=company.by("engineer"), at=timezone.now(), findings="压力开关失灵，读数 0.8")
        records.sign(record, by=company.by("engineer"), at=timezone.now(), signer_name="王工", image=png(), strokes=cells.STROKES)
    return record, moments


def test_a_corrected_record_is_a_new_version_and_the_signed_one_can_still_be_seen(company, signed_once):
    """#46: new version, mandatory reason, the old one shown, the customer signs what changed."""
    record, moments = signed_once
    now = ServiceRecord.objects.get(pk=record.pk)
    then, between = rebuilt(now, moments["signed"]), rebuilt(now, moments["back"])
    assert (then.record.findings, now.findings) == ("压力开关失灵", "压力开关失灵，读数 0.8")
    assert then.record.version < between.record.version < now.version
    assert [row.record_version for row in then.signatures] < [row.record_version for row in Signature.objects.of(now).current()]
    assert between.signatures == [] and between.record.signed_at is None
    (old,) = then.signatures
    assert old.is_void and old.voiding.shown_reason == "读数漏填"
    with pytest.raises(Invalid) as refused:
        records.send_back(now, by=company.by("lead"), at=timezone.now(), reason="")
    assert refused.value.field == "reason"


def test_a_deleted_personal_value_is_told_as_a_commitment_only(company):
    request = company.registered(caller_name="王工")
    at = timezone.now()
    assert rebuilt(request, at).record.caller_name == "王工"
    ServiceRequest.objects.filter(pk=request.pk).update(caller_name="")
    request.refresh_from_db()
    past = rebuilt(request, at)
    assert (past.record.caller_name, past.withheld) == ("", {"caller_name"})


def test_a_moment_before_it_was_entered_or_to_come_or_none_at_all_is_refused(company):
    request = company.registered()
    for text in ("gestern", "2026-13-40T00:00", (timezone.now() + dt.timedelta(days=1)).isoformat()):
        with pytest.raises(Invalid) as refused:
            moment_of(text)
        assert refused.value.field == "as_of"
    with pytest.raises(Invalid):
        rebuilt(request, timezone.now() - dt.timedelta(days=2))


def test_the_page_shows_the_record_as_it_stood_and_offers_nothing(company, client, signed_once):
    record, moments = signed_once
    client.force_login(company.auditor)
    page = client.get(f"/r/{record.number}/as-of/", {"at": moments["back"].isoformat()}).content.decode()
    assert "历史视图" in page and "压力开关失灵" in page and "读数 0.8" not in page
    assert page.count("<form") - page.count('method="post"') >= 1 and "/steps/" not in page
    assert "A/1" in page
    answer = client.get(f"/r/{record.number}/as-of/", {"at": "2001-01-01T00:00"})
    assert answer.status_code == 422 and "当时还没有录入" in answer.content.decode()


def test_a_number_is_masked_for_the_auditor_in_the_past_too(company, client):
    request = company.registered()
    for key, sees in (("auditor", False), ("lead", True)):
        client.force_login(company.people[key])
        page = client.get(f"/r/{request.number}/as-of/", {"at": timezone.now().isoformat()}).content.decode()
        told = client.get(f"/api/v1/requests/{request.number}", {"as_of": timezone.now().isoformat()})
        assert ("13800005678" in page) is sees
        assert ("13800005678" in told.content.decode()) is sees


def test_the_api_tells_the_record_as_it_stood_with_the_rules_of_that_day(company, client, signed_once):
    record, moments = signed_once
    revisions.keep(START - dt.timedelta(days=30))
    client.force_login(company.lead)
    told = client.get(f"/api/v1/records/{record.number}", {"as_of": moments["signed"].isoformat()}).json()
    assert (told["status"], told["values"]["findings"], len(told["signatures"])) == ("signed", "压力开关失灵", 1)
    assert told["rules"]["revision"] == 1 and told["rules"]["text"].startswith("## FW")
    order = client.get(f"/api/v1/orders/{record.order.number}", {"as_of": moments["signed"].isoformat()}).json()
    assert {(row["clock"], row["verdict"]) for row in order["deadlines"]} >= {("arrival", "kept")}
    assert client.get(f"/api/v1/records/{record.number}", {"as_of": "morgen"}).status_code == 422
    assert client.get("/api/v1/customers/KH-22A0457", {"as_of": moments["signed"].isoformat()}).status_code == 400
    client.force_login(company.other_lead)
    assert client.get(f"/api/v1/records/{record.number}", {"as_of": moments["signed"].isoformat()}).status_code == 404
