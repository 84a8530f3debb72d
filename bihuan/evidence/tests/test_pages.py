"""The evidence pages: figures that open their list, rows that open the entry that proves them, cost that does not grow."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bihuan.evidence import conformance
from bihuan.evidence.models import Deviation
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.procedures.registry import all_procedures
from bihuan.kernel.tables.clauses import rules

from ..wording import WORDS

PAGES = ("/evidence/", "/evidence/BX/first_contact/", "/evidence/PG/AS-5.2.3/", "/evidence/PG/steps/approve/", "/evidence/deviations/")


def text(answer):
    assert answer.status_code == 200, answer.content.decode()[:400]
    return answer.content.decode()


def statements(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        text(client.get(address))
    return len(asked)


def test_every_rule_has_words_and_every_claimed_clause_a_line(browse, company):
    assert set(WORDS) == set(rules())
    page = text(browse("auditor").get("/evidence/"))
    for procedure in all_procedures():
        for thing in (*procedure.steps, *procedure.clocks):
            assert f"/evidence/{procedure.form}/{thing.clause}/" in page
    assert "尚未落实" in page


def test_every_step_and_every_clock_has_its_page(browse, company):
    company.closed()
    conformance.catch_up()
    client = browse("auditor")
    for procedure in all_procedures():
        for clock in procedure.clocks:
            assert str(clock.label) in text(client.get(f"/evidence/{procedure.form}/{clock.name}/"))
        for step in procedure.steps:
            assert str(step.label) in text(client.get(f"/evidence/{procedure.form}/steps/{step.name}/"))


def test_a_figure_opens_its_list_and_a_row_the_entry_that_proves_it(browse, contacted_after):
    kept, missed = contacted_after(20), contacted_after(75)
    conformance.catch_up()
    client = browse("auditor")

    page = text(client.get("/evidence/"))
    (address,) = set(re.findall(r'href="(/evidence/BX/first_contact/[^"]*show=missed)#list" title="未做到">1<', page))
    listed = text(client.get(address.replace("&amp;", "&")))
    table = listed[listed.index('id="list"') :]

    assert missed.number in table
    assert kept.number not in table
    entry = Entry.objects.get(record_id=missed.pk, action="BX.contact")
    anchor = f"j{entry.chain}-{entry.seq}"
    assert f'/r/{missed.number}/history/#{anchor}"' in table
    assert f'id="{anchor}"' in text(client.get(f"/r/{missed.number}/history/"))


def test_the_procedure_is_told_as_written(browse, company):
    page = text(browse("auditor").get("/evidence/BX/first_contact/"))
    for words in ("1 小时，自“来电时间”起", "分公司售后负责人 → 售后服务部部长 → 销售公司总经理", "AS-5.2.1", "受理"):
        assert words in page
    assert "办理过“开派工单、提交审批”者不得办理" in text(browse("auditor").get("/evidence/PG/steps/approve/"))


def test_a_branch_lead_sees_his_branch_alone(browse, company):
    own, foreign = company.registered(), company.registered(unit=company.other_unit)
    listed = text(browse("lead").get("/evidence/BX/first_contact/"))
    assert own.number in listed
    assert foreign.number not in listed
    assert "华北分公司" not in listed
    assert browse("lead").get("/evidence/?branch=HB").status_code == 404
    assert foreign.number in text(browse("auditor").get("/evidence/BX/first_contact/?branch=HB"))
    assert browse("engineer").get("/evidence/").status_code == 403


@pytest.mark.parametrize(
    "asked", ["from=2026-13", "from=2026-05&to=2026-04", "from=2010-01&to=2026-01", "show=xx", "after=%00", "x=1", "from=²026-01"]
)
def test_what_no_page_writes_is_refused(browse, company, asked):
    assert browse("auditor").get(f"/evidence/BX/first_contact/?{asked}").status_code == 400


def test_an_unknown_rule_is_not_found(browse, company):
    client = browse("auditor")
    for address in ("/evidence/XX/first_contact/", "/evidence/BX/no-such/", "/evidence/BX/steps/no-such/", "/evidence/BX/RP-1/"):
        assert client.get(address).status_code == 404


@pytest.mark.both
def test_the_pages_cost_the_same_however_much_there_is(browse, company, contacted_after):
    contacted_after(75)
    company.closed()
    conformance.run(company.by("auditor"))
    client = browse("auditor")
    before = {address: statements(client, address) for address in PAGES}
    for _n in range(4):
        contacted_after(75)
        company.closed()
    conformance.run(company.by("auditor"))

    after = {address: statements(client, address) for address in PAGES}

    assert after == before
    door = 3  # session, person, rights
    assert {address: count - door for address, count in after.items()} == dict(zip(PAGES, COST, strict=True))


COST = (7, 5, 5, 7, 5)


def test_a_list_longer_than_a_page_goes_on(browse, company):
    for _n in range(52):
        company.registered()
    client = browse("auditor")
    first = text(client.get("/evidence/BX/forwarding/"))
    (following,) = re.findall(r'rel="next" href="\?([^"#]+)', first)
    second = text(client.get(f"/evidence/BX/forwarding/?{following.replace('&amp;', '&')}"))
    shown = [set(re.findall(r"/r/(BX-HD-2026-\d+)/history", page)) for page in (first, second)]
    assert (len(shown[0]), len(shown[1]), shown[0] & shown[1]) == (50, 2, set())


@pytest.fixture
def deviation(company, contacted_after):
    contacted_after(75)
    conformance.catch_up()
    return Deviation.objects.get(subject="BX.first_contact")


def test_a_deviation_is_accepted_once_with_a_reason_on_the_records_history(browse, company, deviation):
    head = browse("head")
    address = f"/evidence/deviations/{deviation.pk}/accept/"
    assert head.post(address, {"reason": " "}).status_code == 422
    assert head.post(address, {"reason": "客户电话占线，已补打并致歉"}).status_code == 302
    assert head.post(address, {"reason": "再来一次"}).status_code == 409

    deviation.refresh_from_db()
    assert (deviation.state, deviation.disposed_by) == ("accepted", "陈志强")
    entry = Entry.objects.get(action="deviation.accepted")
    assert (entry.record_number, entry.shown["reason"], entry.shown["clause"]) == (
        deviation.record_number, "客户电话占线，已补打并致歉", "AS-5.2.1",
    )  # fmt: skip
    assert "偏差已接受" in text(head.get(f"/r/{deviation.record_number}/history/"))


def test_nobody_accepts_what_they_did_themselves_and_the_auditor_changes_nothing(browse, company, deviation):
    Deviation.objects.update(actor_id=company.head.pk)
    address = f"/evidence/deviations/{deviation.pk}/accept/"
    for who in ("head", "auditor", "lead"):
        assert browse(who).post(address, {"reason": "可以"}).status_code == 403
    assert browse("other_lead").get(f"/evidence/deviations/{deviation.pk}/").status_code == 404
    assert "由另一人处理" in text(browse("head").get(f"/evidence/deviations/{deviation.pk}/"))


def test_the_auditor_draws_a_sample_on_the_page_and_prints_its_list(browse, company):
    numbers = {company.registered().number for _n in range(3)}
    client = browse("auditor")
    refused = client.post("/evidence/samples/", {"form": "BX", "size": "2", "seed": ""})
    assert refused.status_code == 422
    assert 'value="2"' in refused.content.decode()
    made = client.post("/evidence/samples/", {"form": "BX", "size": "2", "seed": "骰子 4 6 1"})
    page = text(client.get(made["Location"]))
    assert len(set(re.findall(r"/r/(BX-HD-2026-\d+)/\"", page)) & numbers) == 2
    assert "结果一致" in page
    assert "骰子 4 6 1" in page


def test_the_check_is_started_from_the_page(browse, company, contacted_after):
    contacted_after(75)
    assert browse("lead").post("/evidence/check/").status_code == 403
    assert browse("auditor").post("/evidence/check/", follow=True).status_code == 200
    assert Deviation.objects.filter(kind="time_limit").exists()
    assert "时限" in text(browse("auditor").get("/evidence/deviations/"))
    assert timezone.now() - Entry.objects.get(action="evidence.check").recorded_at < timezone.timedelta(minutes=1)
