"""One entry of the journal on a page of its own: what it says, whether it holds, and who may read it (QM-7, #50, #51)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bihuan.kernel import journal
from bihuan.kernel.journal import protect
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.proof.seal import seal
from bihuan.kernel.testing.committed import lift_triggers

from .test_pages import text


def page(entry):
    return f"/evidence/entries/{entry.chain}-{entry.seq}/"


def latest(chain):
    return Entry.objects.filter(chain=chain).latest("seq")


def test_it_says_who_what_when_and_on_what_it_hangs_and_leads_to_its_record(company, browse):
    company.registered(fault="主机漏油", caller_phone="139 7773 1773")
    entry = latest(company.east.pk)
    said = text(browse("auditor").get(page(entry)))
    assert f"/r/{entry.record_number}/history/#j{entry.chain}-{entry.seq}" in said
    assert entry.actor_name in said and entry.hash in said and entry.prev_hash in said
    assert "内容、校验值与上一条相符" in said and "还没有校验点覆盖这一条" in said
    assert "主机漏油" not in said and "7773" not in said.replace(entry.hash, "").replace(entry.prev_hash, ""), "the chain holds commitments"
    seal()
    assert "由校验点" in text(browse("auditor").get(page(entry)))


def test_what_belongs_to_no_branch_is_read_by_those_who_reach_every_branch(company, browse):
    with journal.unit():
        journal.append_plain(
            company.by("head"), "calendar.publish", "CN 2027", at=timezone.now(), data={"days": {"make_up": 3}}, reason="国办通知"
        )
    entry = latest(0)
    said = text(browse("auditor").get(page(entry)))
    assert "公布工作日历" in said and "CN 2027" in said and "国办通知" in said and "days.make_up" in said
    assert browse("lead").get(page(entry)).status_code == 403
    assert browse("engineer").get(page(entry)).status_code == 403
    assert browse("auditor").get("/evidence/entries/0-999999/").status_code == 404


@pytest.mark.parametrize("key", ["1", "1-", "-1", "a-b", "1-1-1", "1-" + "9" * 18, "1-" + "9" * 40, "١-٢"])
def test_what_is_no_entry_is_not_found(company, browse, key):
    assert browse("auditor").get(f"/evidence/entries/{key}/").status_code == 404


CHANGES = {"body": "内容与校验值不符", "prev_hash": "与上一条接不上", "actor_name": "actor_name"}


@pytest.mark.both
@pytest.mark.parametrize("column", CHANGES)
def test_the_page_says_so_when_the_owner_of_the_database_changed_the_entry(company, browse, column):
    company.registered()
    entry = latest(company.east.pk)
    to = {"body": entry.body.replace(entry.actor_name, "别人"), "prev_hash": "f" * 64, "actor_name": "别人"}[column]
    lift_triggers()
    with protect.as_owner(connection):
        Entry.objects.filter(pk=entry.pk).update(**{column: to})
    said = text(browse("auditor").get(page(entry)))
    assert CHANGES[column] in said and "bihuan verify" in said
    assert "内容、校验值与上一条相符" not in said


def test_the_page_costs_the_same_at_any_length(company, browse):
    company.registered()
    client = browse("auditor")
    client.get(page(latest(company.east.pk)))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(page(latest(company.east.pk))).status_code == 200
    assert len(asked) <= 13, [query["sql"][:90] for query in asked]
