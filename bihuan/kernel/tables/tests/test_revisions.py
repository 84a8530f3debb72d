"""Asked which revision applied to a visit of fourteen months ago, the right one opens (#84)."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bihuan.kernel.journal.models import Entry
from bihuan.kernel.tables import revisions
from bihuan.kernel.tables.models import RuleRevision

NOW = dt.datetime(2026, 11, 22, 4, tzinfo=dt.UTC)
FIRST = NOW - dt.timedelta(days=900)
pytestmark = [pytest.mark.django_db, pytest.mark.both]


def laid(starts):
    """Revisions A/1, A/2 … of BX from those days on, each with a text of its own; some texts stand under the number before."""
    rows, number = [], 0
    for place, (days, raised) in enumerate(sorted(starts)):
        number += 1 if raised or place == 0 else 0
        at = FIRST + dt.timedelta(days=days)
        rows.append(RuleRevision(code="BX", number=number, in_force_from=at, text=f"text {place}", sha256=f"{place:064}"))
    return rows


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    starts=st.lists(st.tuples(st.integers(0, 880), st.booleans()), min_size=1, max_size=6, unique_by=lambda one: one[0]),
    days=st.integers(-60, 890),
)
def test_the_text_in_force_on_the_day_of_a_visit_opens(starts, days):
    from django.db import transaction

    sid = transaction.savepoint()
    try:
        rows = RuleRevision.objects.bulk_create(laid(starts))
        visit = FIRST + dt.timedelta(days=days)
        begun = [row for row in rows if row.in_force_from <= visit]
        assert (revisions.in_force("BX", visit) or None) == (begun[-1] if begun else None)
        for number in {row.number for row in rows}:
            own = [row for row in rows if row.number == number]
            earlier = [row for row in own if row.in_force_from <= visit]
            assert revisions.text_of("BX", number, visit) == (earlier[-1] if earlier else own[0])
    finally:
        transaction.savepoint_rollback(sid)


def test_a_start_keeps_each_text_once_and_a_new_revision_from_then_on(monkeypatch):
    first = revisions.keep(FIRST)
    assert {"BX", "PG", "FW", "AS"} <= {row.code for row in first}
    assert revisions.keep(NOW) == []
    from bihuan.service.procedure import REQUEST

    raised = replace(REQUEST, revision=2)
    monkeypatch.setattr(revisions, "all_procedures", lambda: [raised])
    (fresh,) = revisions.keep(NOW)
    assert (fresh.code, fresh.number, fresh.in_force_from) == ("BX", 2, NOW)
    long_ago = NOW - dt.timedelta(days=425)
    assert revisions.in_force("BX", long_ago).number == 1
    assert revisions.text_of("BX", 1, long_ago).text != fresh.text
    said = [entry.said["data"]["sha256"] for entry in Entry.objects.filter(action="rules.in-force", record_number="BX A/2")]
    assert said == [fresh.sha256]


def test_a_kept_text_cannot_be_changed_or_deleted():
    row = revisions.keep(FIRST)[0]
    row.text = "anders"
    with pytest.raises(RuntimeError):
        row.save()
    with pytest.raises(RuntimeError):
        row.delete()


def test_a_text_is_read_back_as_its_tables():
    row = next(row for row in revisions.keep(FIRST) if row.code == "BX")
    (title, steps), (_none, limits) = revisions.tables(row.text)
    assert "BX" in title and steps[0][0] == "步骤" and limits[0][0] == "时限"
    assert any(line[0].startswith("首次联系") and line[3].startswith("1 小时") for line in limits)
