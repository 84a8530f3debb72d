"""The demo company looks like a company: real places, kept and missed time limits, a morning's work waiting."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bihuan.customers.models import Phone
from bihuan.demo.build import build
from bihuan.demo.people import PASSWORD, PEOPLE, USERNAMES
from bihuan.equipment.models import Bulletin, ProductLine, ProductModel, Unit
from bihuan.evidence import tally
from bihuan.evidence.models import Deviation
from bihuan.evidence.period import Period, month_of, shifted
from bihuan.kernel.access.actors import actor_for
from bihuan.kernel.access.refusals import NotAllowed
from bihuan.kernel.deadlines.models import Deadline, Verdict
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences
from bihuan.kernel.lists.search import find_records
from bihuan.kernel.shelf.access import access_shelf
from bihuan.kernel.shelf.models import Shelved
from bihuan.kernel.signing.models import Signature
from bihuan.kernel.tables.worklist import waiting_for
from bihuan.organisation.models import Branch, Person, Region
from bihuan.organisation.public import branch_for
from bihuan.quality.models import Nonconformity
from bihuan.service.models import DispatchOrder, ServiceRecord, ServiceRequest


def person(username: str) -> Person:
    return Person.objects.get(username=username)


def test_all_34_divisions_are_there_and_every_one_has_its_branch(demo):
    provinces = Region.objects.filter(parent__isnull=True)
    assert provinces.count() == 34
    assert {"110000", "320000", "540000", "650000", "710000", "810000", "820000"} <= set(provinces.values_list("code", flat=True))
    assert [region.name for region in provinces if branch_for(region) is None] == []
    assert Region.objects.filter(parent="320000").count() == 13
    assert branch_for(Region.objects.get(code="320500")).code == "HD"
    assert branch_for(Region.objects.get(code="360700")).code == "HN"


def test_codes_of_cities_begin_with_their_province(demo):
    assert [r.code for r in Region.objects.filter(parent__isnull=False) if r.code[:2] != r.parent_id[:2] or not r.code.endswith("00")] == []


def test_everyone_can_sign_in_with_the_one_password(demo):
    assert len(PEOPLE) >= 25
    assert len(set(USERNAMES)) == len(USERNAMES) == Person.objects.count()
    assert all(Person.objects.get(username=name).check_password(PASSWORD) for name in ("zhoumin", "zhangwei"))


def test_products_have_instructions_faults_terms_and_bulletins(demo):
    assert ProductLine.objects.count() == 3
    assert all(
        8 <= model.checklist.count() <= 12 and model.checklist.filter(is_measured=True).exists() for model in ProductModel.objects.all()
    )
    assert all("损坏" in line.major_faults and line.warranty_terms.exists() for line in ProductLine.objects.all())
    assert Bulletin.objects.count() == 6


def test_machines_are_in_and_out_of_warranty_some_overseas_some_of_other_brands(demo):
    today = timezone.localdate()
    covered = Counter(unit.cover(today)["parts"] for unit in Unit.objects.all())
    assert covered[True] >= 20
    assert covered[False] >= 20
    assert Unit.objects.filter(is_overseas=True).exists()
    assert Unit.objects.exclude(oem_brand="").exists()
    assert not Phone.objects.exclude(written__startswith="138 0000 ").exists()


def test_the_evidence_shows_kept_and_broken_months_and_deviations_that_wait_or_were_accepted(demo):
    now = month_of(timezone.now())
    cells = tally.cells(Branch.objects.values_list("pk", flat=True), Period(shifted(now, -3), now))
    contacts = tally.total(cell for cell in cells if cell.clock == "first_contact")
    assert contacts.kept > contacts.missed > 0
    assert contacts.late_entry > 0
    assert len({cell.month for cell in cells}) >= 3
    assert {"open", "accepted", "raised"} == set(Deviation.objects.values_list("state", flat=True))
    assert set(Deviation.objects.values_list("kind", flat=True)) == {"time_limit"}, "the stories themselves keep the procedure"


def test_a_missed_limit_was_seen_through_and_another_waits_for_its_analysis(demo):
    done, waiting = Nonconformity.objects.order_by("pk")
    assert (done.status, waiting.status) == ("verified", "declared")
    for record in (done, waiting):
        deviation = Deviation.objects.get(nonconformity=record.number)
        assert (deviation.state, deviation.record_number) == ("raised", record.source_number)
    assert not Deadline.objects.filter(record_type="quality.Nonconformity", record_id=done.pk, breached_at__isnull=False).exists()
    entries = (
        Entry.objects.filter(record_type="quality.Nonconformity", record_id=done.pk).order_by("seq").values_list("actor_id", flat=True)
    )
    assert len(set(entries)) == 3, "declared, corrected and verified by three people"


def test_words_that_came_for_a_withdrawn_call_wait_on_the_shelf(demo):
    item = Shelved.objects.get()
    assert (item.state, item.kind, item.action) == ("open", "moved_on", "BX.contact")
    assert "散热器积灰" in item.sent
    assert [one.pk for one in access_shelf.all(actor_for(person("lijg")))] == [item.pk]


def test_stories_end_in_every_way(demo):
    assert {"closed", "cancelled", "contacted", "on_site", "signed", "refused", "reviewed"} <= set(
        ServiceRequest.objects.values_list("status", flat=True)
    )
    assert ServiceRecord.objects.filter(status="reviewed").exists()
    assert Signature.objects.filter(method="drawn").exists()
    verdicts = Counter(deadline.verdict for deadline in Deadline.objects.filter(clock="first_contact"))
    assert verdicts[Verdict.KEPT] > 4 * verdicts[Verdict.MISSED]
    assert verdicts[Verdict.MISSED] >= 1


def test_no_two_customers_say_the_same(demo):
    words = list(ServiceRequest.objects.values_list("fault", flat=True))
    assert len(set(words)) == len(words)


def test_the_morning_waits_one_clock_runs_out_and_one_is_overdue(demo, now):
    running = Deadline.objects.filter(clock="first_contact", state="running")
    left = sorted((deadline.due_at - now).total_seconds() / 60 for deadline in running)
    assert -25 < left[0] < -5
    assert any(3 < minutes < 12 for minutes in left)
    assert running.filter(breached_at__isnull=False).count() == 1
    assert set(DispatchOrder.objects.values_list("status", flat=True)) >= {"submitted", "travelling", "on_site", "accepted"}
    half = ServiceRecord.objects.filter(status="open", engineer=person("zhangwei")).get()
    assert half.findings
    assert {line["ok"] for line in half.checklist} >= {True, None}


@pytest.mark.parametrize("username", ["zhoumin", "chenzq", "lijg", "zhangwei", "wanglei", "wufang"])
def test_whoever_tries_an_account_finds_work_waiting(demo, username):
    assert waiting_for(actor_for(person(username)))


def test_a_deputy_stands_in_today(demo):
    roles = {(grant.role, grant.for_whom) for grant in actor_for(person("mali")).grants}
    assert ("branch_lead", "刘岩") in roles


def test_the_journal_holds_and_time_never_runs_backwards_in_it(demo):
    assert list(differences()) == []
    moments = list(Entry.objects.order_by("id").values_list("recorded_at", flat=True))
    assert moments == sorted(moments)
    assert Entry.objects.filter(recorded_at__gt=timezone.now()).count() == 0


def test_customers_machines_and_words_are_found(demo):
    desk = actor_for(person("zhoumin"))
    assert {type(record).__name__ for record in find_records(desk, "22A0457")} >= {"Unit", "ServiceRequest"}
    assert find_records(desk, "hdjm")
    assert find_records(desk, "高压", types=["service.ServiceRequest"])


def test_the_pages_open(demo):
    client = Client()
    client.force_login(person("lijg"))
    newest = ServiceRequest.objects.filter(branch__code="HD").first()
    for path in ("/", f"/r/{newest.number}/"):
        assert client.get(path).status_code == 200, path


def test_the_second_build_only_says_it_again(demo):
    out = io.StringIO()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        build(out)
    assert out.getvalue() == demo
    assert len(asked) <= 3


def test_production_refuses(settings):
    settings.PRODUCTION = True
    with pytest.raises(NotAllowed) as refused:
        build(io.StringIO())
    assert "BIHUAN_HOME" in refused.value.sentence


def test_the_welcome_names_the_accounts_and_what_they_see(demo):
    for username in ("zhoumin", "chenzq", "lijg", "zhangwei"):
        assert username in demo
    assert PASSWORD in demo
