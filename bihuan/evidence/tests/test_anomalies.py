"""What is worth a question in a month's journal: found in that month's range of one chain, each line opening its entry (QM-7, #51)."""

import dataclasses
import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bihuan.kernel import journal
from bihuan.kernel.access.actors import system
from bihuan.kernel.journal.models import Chain, Entry
from bihuan.kernel.procedures.registry import all_procedures
from bihuan.quality.queries.anomalies import DEFAULT, NEAR, Oddity, anomalies, found_in

from .test_pages import text

CHINA = ZoneInfo("Asia/Shanghai")
MARCH = dt.date(2026, 3, 1)


def at(day, hour, month=3, minute=0):
    return dt.datetime(2026, month, day, hour, minute, tzinfo=CHINA)


@pytest.fixture
def enter(company):
    """An entry of a request of the eastern branch, recorded at one moment, said to have happened at another."""
    with time_machine.travel(at(2, 10, month=2), tick=False):
        request = company.registered(at=at(2, 10, month=2))

    def write(action, recorded, happened=None, by=None):
        with time_machine.travel(recorded, tick=False), journal.unit():
            journal.append(by or company.by("lead"), action, request, at=happened or recorded)
        return Entry.objects.filter(chain=company.east.pk).latest("seq")

    return write


def kinds(company, month=MARCH, limits=DEFAULT):
    return [(one.kind, one.entry.seq) for one in anomalies(company.east, month, limits)]


@pytest.mark.both
def test_night_back_dated_repeated_corrections_and_exceptions_are_found_and_nothing_else(company, enter):
    enter("BX.assign", at(3, 10))
    night = [enter("BX.assign", at(4, 22)), enter("BX.assign", at(5, 5, minute=59))]
    enter("BX.assign", at(5, 6))
    enter("BX.assign", at(6, 12), at(5, 12, minute=1))
    behind = enter("BX.assign", at(7, 12), at(6, 12))
    exception = enter("PG.release_by_phone", at(8, 12))
    for day in range(10, 14):
        enter("PG.amend", at(day, 12))
    assert kinds(company) == [
        (Oddity.NIGHT, night[0].seq),
        (Oddity.NIGHT, night[1].seq),
        (Oddity.BACK_DATED, behind.seq),
        (Oddity.EXCEPTION, exception.seq),
    ]

    enter("PG.amend", at(14, 12), by=company.by("desk"))
    assert Oddity.CORRECTIONS not in dict(kinds(company)), "five, but not by one person"
    enter("PG.amend", at(15, 12))
    assert [kind for kind, _seq in kinds(company)].count(Oddity.CORRECTIONS) == 5


@pytest.mark.both
def test_a_month_ends_where_the_next_begins_and_is_the_month_of_entry(company, enter):
    first, last = enter("BX.assign", at(1, 0)), enter("BX.assign", at(31, 23, minute=59))
    after = enter("BX.assign", at(1, 0, month=4), at(20, 12))

    assert kinds(company) == [(Oddity.NIGHT, first.seq), (Oddity.NIGHT, last.seq)]
    assert kinds(company, dt.date(2026, 4, 1)) == [(Oddity.NIGHT, after.seq), (Oddity.BACK_DATED, after.seq)]
    assert kinds(company, dt.date(2025, 4, 1)) == kinds(company, dt.date(2027, 4, 1)) == []


def test_the_server_s_own_entries_and_what_is_no_step_are_left_out(company, enter):
    enter("deadline.missed", at(4, 23), by=system("sweep"))
    enter("BX.assign", at(4, 23), by=system("sweep"))
    enter("print", at(4, 23))
    assert kinds(company) == []


def test_the_thresholds_are_data(company, enter):
    entry = enter("BX.assign", at(4, 20))
    assert kinds(company) == []
    assert kinds(company, limits=dataclasses.replace(DEFAULT, night=(20, 7))) == [(Oddity.NIGHT, entry.seq)]
    steps = {f"{procedure.form}.{step.name}" for procedure in all_procedures() for step in procedure.steps}
    assert DEFAULT.correcting | DEFAULT.exceptions <= steps


def test_a_long_chain_costs_a_few_statements_more_and_reads_no_other_month(company, enter):
    for _n in range(30):
        enter("BX.assign", at(4, 12, month=2))
    enter("BX.assign", at(4, 23))
    for _n in range(120):
        enter("BX.assign", at(4, 12, month=4))
    length = Chain.objects.get(pk=company.east.pk).seq
    with CaptureQueriesContext(connection) as asked:
        assert len(kinds(company)) == 1
    begins, ends = map(int, re.search(r'"seq" >= *\D*?(-?\d+)\D.*"seq" < *\D*?(\d+)', asked[-1]["sql"]).groups())
    assert ends - begins <= 1 + 2 * NEAR, "the range of that month alone is read"
    assert len(asked) <= 2 + 2 * (length.bit_length() + 1)
    assert found_in([], CHINA) == []


def test_the_page_lists_each_with_its_entry_and_narrows_by_kind(company, enter, browse):
    night, exception = enter("BX.assign", at(4, 23)), enter("PG.release_by_phone", at(8, 12))
    client = browse("auditor")
    address = f"/evidence/anomalies/?from=2026-03&branch={company.east.code}"
    page = text(client.get(address))
    for entry in (night, exception):
        assert f"/r/{entry.record_number}/history/#j{entry.chain}-{entry.seq}" in page
    narrowed = text(client.get(f"{address}&kind=night"))
    assert f"#j{night.chain}-{night.seq}" in narrowed
    assert f"#j{exception.chain}-{exception.seq}" not in narrowed
    assert "本月日志没有这样的异常" in text(client.get(f"{address}&kind=corrections"))
    assert client.get(f"{address}&kind=xx").status_code == 400


def test_a_branch_lead_reads_his_own_branch_and_an_engineer_none(company, enter, browse):
    assert company.east.name in text(browse("lead").get("/evidence/anomalies/"))
    assert browse("lead").get("/evidence/anomalies/?branch=HB").status_code == 404
    assert browse("engineer").get("/evidence/anomalies/").status_code == 403
