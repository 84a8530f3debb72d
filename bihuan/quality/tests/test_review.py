"""RZ: a month's review of the journal is opened, given to somebody, every anomaly judged, concluded (QM-7, #51)."""

import dataclasses
import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bihuan.kernel import journal
from bihuan.kernel.access.actors import system
from bihuan.kernel.access.refusals import Conflict, Invalid, NotAllowed, NotFound
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.notify.deliver import hand_out
from bihuan.kernel.notify.models import Message
from bihuan.kernel.printing.runs import print_record
from bihuan.kernel.tables.document import markdown
from bihuan.kernel.testing.contract import RecordContract
from bihuan.kernel.testing.overlap import together
from bihuan.organisation import roles
from bihuan.organisation.domain import people as staff
from bihuan.quality.access import access_reviews
from bihuan.quality.domain import review as verbs
from bihuan.quality.domain.monthly import due, made_for, made_of, open_reviews
from bihuan.quality.models import Finding, Nonconformity, Review
from bihuan.quality.prints import review_form
from bihuan.quality.procedure import REVIEW
from bihuan.quality.queries.anomalies import DEFAULT, entries_of
from bihuan.quality.queries.organisation_wide import WATCHED, words_for
from bihuan.quality.queries.signals import signals, stands_out
from bihuan.service.tests.company import PASSWORD

APPROVED = Path(__file__).parents[3] / "docs" / "procedures" / "QM.md"
CHINA = ZoneInfo("Asia/Shanghai")
MARCH = dt.date(2026, 3, 1)


def at(day, hour, month=3, minute=0):
    return dt.datetime(2026, month, day, hour, minute, tzinfo=CHINA)


def entry(company, moment, action="BX.assign", happened=None, by="lead", request=None):
    """A step of the eastern branch, recorded at *moment*."""
    with time_machine.travel(moment, tick=False):
        request = request or company.registered(at=moment)
        with journal.unit():
            journal.append(company.by(by), action, request, at=happened or moment)
    return Entry.objects.filter(chain=company.east.pk).latest("seq")


def opened(company):
    """March of the eastern branch, with a night entry of the lead's and one that is said to be of two days before, opened in the month after."""
    month = Review.objects.count()  # each its own month: there is one review for a month
    first = dt.datetime(2024, 1, 1, tzinfo=CHINA) + dt.timedelta(days=31 * month)
    first = first.replace(day=10)
    request = company.registered()
    told = ((23, None, "lead"), (12, first - dt.timedelta(days=2), "engineer"))
    entries = [entry(company, first.replace(hour=hour), happened=happened, by=by, request=request) for hour, happened, by in told]
    review, findings = made_of(company.east, company.east.pk, first.date().replace(day=1), entries)
    return verbs.begin(review, by=system("月度审查"), at=timezone.now(), findings=findings)


def review_of(company, branch):
    """One of *branch* that the head reviews, with one finding about somebody who has left."""
    review = verbs.begin(
        Review(branch=branch, chain=branch.pk, month=dt.date(2025, 6, 1), entries=1, counts={"night": 1}, thresholds=DEFAULT.kept()),
        by=system("月度审查"), at=timezone.now(),
        findings=[Finding(seq=1, action="BX.assign", actor_name="老张", happened_at=timezone.now(), recorded_at=timezone.now(), reasons=[["night", None]])],
    )  # fmt: skip
    verbs.assign(review, by=company.by("head"), at=timezone.now(), reviewer=company.head)
    return review


def reviewing(company):
    review = opened(company)
    verbs.assign(review, by=company.by("head"), at=timezone.now(), reviewer=company.head)
    return review


def seqs(review, **where):
    return list(review.findings.filter(**where).values_list("seq", flat=True))


def judged(company):
    review = reviewing(company)
    verbs.clear(review, by=company.by("head"), at=timezone.now(), findings=seqs(review), reason="夜班值守，已核对排班表")
    return review


def proved(company, key="head"):
    return company.by(key).proved(timezone.now())


def concluded(company):
    review = judged(company)
    verbs.conclude(review, by=proved(company), at=timezone.now(), conclusion="两处疑点均有记录可查")
    return review


class TestReview(RecordContract):
    procedure = REVIEW
    reach = {"opened": opened, "reviewing": reviewing, "concluded": concluded}

    def arguments(self, name, record, company):
        return {
            "assign": {"reviewer": company.head},
            "hand_over": {"reviewer": company.head, "reason": "出差"},
            "clear": {"findings": seqs(record, verdict=""), "reason": "已核对"},
            "escalate": {"findings": seqs(record, verdict=""), "description": "夜间补录", "responsible": company.lead},
            "conclude": {"conclusion": "无异常"},
        }.get(name, {})


def test_what_the_system_does_is_what_was_approved():
    assert markdown(REVIEW) in APPROVED.read_text(encoding="utf-8")


@pytest.mark.both
def test_a_month_is_assigned_judged_and_concluded_and_each_finding_leads_to_its_entry(company):
    review = opened(company)
    night, behind = review.findings.order_by("seq")
    assert (night.reasons, behind.reasons) == ([["night", None]], [["back_dated", 60]])
    assert (review.counts, review.entries) == ({"night": 1, "back_dated": 1}, 2)
    kept = Entry.objects.get(action="RZ.begin", record_number=review.number)
    assert kept.actor_id is None and kept.said["data"]["findings"] == [night.seq, behind.seq]
    limit = Deadline.objects.get(record_type="quality.Review", record_id=review.pk)
    assert (limit.clock, limit.state) == ("review", "running")

    verbs.assign(review, by=company.by("head"), at=timezone.now(), reviewer=company.head)
    with pytest.raises(Conflict) as refused:
        verbs.conclude(review, by=proved(company), at=timezone.now(), conclusion="好")
    assert "2 个疑点" in refused.value.sentence and night.entry in refused.value.sentence
    verbs.clear(review, by=company.by("head"), at=timezone.now(), findings=[night.seq], reason="夜班")
    made = verbs.escalate(
        review, by=company.by("head"), at=timezone.now(), findings=[behind.seq], description="两天后补录", responsible=company.lead
    )
    assert (made.source_number, made.source_key, made.clause) == (review.number, f"{review.number}/{behind.entry}", "AS-5.2.1")
    with pytest.raises(NotAllowed):
        verbs.conclude(review, by=company.by("head"), at=timezone.now(), conclusion="未证明身份")
    verbs.conclude(review, by=proved(company), at=timezone.now(), conclusion="一处已开不合格报告")
    limit.refresh_from_db()
    assert (review.status, limit.state) == ("concluded", "met")

    client = Client()
    client.force_login(company.head)
    page = client.get(f"/r/{review.number}/").content.decode()
    for finding in (night, behind):
        assert f"/r/{finding.record_number}/history/#j{finding.entry}" in page
    assert made.number in page and "夜班" in page


@pytest.mark.both
def test_a_finding_is_judged_once(company):
    review = reviewing(company)
    given = {"by": company.by("head"), "at": timezone.now(), "findings": seqs(review)}
    verbs.escalate(review, **given, description="补录", responsible=company.lead)
    for again in (
        lambda: verbs.escalate(review, **given, description="补录", responsible=company.lead),
        lambda: verbs.clear(review, **given, reason="算了"),
    ):
        with pytest.raises(Conflict):
            again()
    assert Nonconformity.objects.count() == 1 and set(review.findings.values_list("verdict", flat=True)) == {"raised"}
    with pytest.raises(Invalid) as refused:
        verbs.clear(review, **(given | {"findings": [10**6]}), reason="没有这一条")
    assert refused.value.field == "findings"


def test_nobody_judges_or_concludes_what_they_did_themselves(company):
    review = opened(company)
    night = review.findings.get(actor_id=company.lead.pk)
    Finding.objects.filter(pk=night.pk).update(actor_id=company.head.pk)
    verbs.assign(review, by=company.by("head"), at=timezone.now(), reviewer=company.head)
    for taken, more in ((verbs.clear, {"reason": "好"}), (verbs.escalate, {"description": "坏", "responsible": company.lead})):
        with pytest.raises(NotAllowed) as refused:
            taken(review, by=company.by("head"), at=timezone.now(), findings=seqs(review), **more)
        assert "另一人" in refused.value.sentence
    assert seqs(review, verdict="") == seqs(review)

    quality = company._person("quality", "邵永军", "ZB", roles.QUALITY)
    company.people["quality"] = quality
    verbs.clear(review, by=company.by("quality"), at=timezone.now(), findings=seqs(review), reason="核对过")
    with pytest.raises(NotAllowed):
        verbs.conclude(review, by=proved(company), at=timezone.now(), conclusion="我自己的")
    verbs.conclude(review, by=proved(company, "quality"), at=timezone.now(), conclusion="正常")
    assert review.status == "concluded"


def test_only_those_who_may_review_are_named(company):
    review = opened(company)
    for stranger in (company.engineer, company.other_lead):
        with pytest.raises(Invalid) as refused:
            verbs.assign(review, by=company.by("head"), at=timezone.now(), reviewer=stranger)
        assert refused.value.field == "reviewer"
    assert review.status == "opened"


@pytest.mark.both
def test_the_figures_stay_as_they_were_when_it_was_opened(company):
    request = company.registered()
    entry(company, at(4, 23), request=request)
    review, findings = made_for(company.east, company.east.pk, MARCH)
    verbs.begin(review, by=system("月度审查"), at=timezone.now(), findings=findings)
    before = Review.objects.values("counts", "thresholds", "entries", "signals").get(pk=review.pk)
    entry(company, at(5, 23), request=request)
    stricter, more = made_for(company.east, company.east.pk, MARCH, dataclasses.replace(DEFAULT, night=(12, 11)))
    assert len(more) == 2 and stricter.thresholds["night"] == [12, 11]
    assert Review.objects.values("counts", "thresholds", "entries", "signals").get(pk=review.pk) == before
    assert before["thresholds"]["night"] == [22, 6] and before["counts"] == {"night": 1} and review.findings.count() == 1


@pytest.fixture
def old(company):
    """The eastern branch's journal begins in January."""
    entry(company, at(10, 12, month=1))
    return company


def months(company, chain):
    return [f"{month:%Y-%m}" for month in Review.objects.filter(chain=chain).order_by("month").values_list("month", flat=True)]


@pytest.mark.both
def test_the_job_opens_last_month_once_and_makes_up_for_those_it_missed(old):
    with time_machine.travel(at(1, 0, minute=30), tick=False):
        open_reviews()
        assert months(old, old.east.pk) == ["2026-01"], "of February something may still be on its way"
    with time_machine.travel(at(1, 2, month=4), tick=False):
        assert open_reviews() > 0
        assert open_reviews() == 0
        assert months(old, old.east.pk) == ["2026-01", "2026-02", "2026-03"]
    with time_machine.travel(dt.datetime(2027, 9, 2, tzinfo=CHINA), tick=False):
        open_reviews()
        made = months(old, old.east.pk)
        assert made[3] == "2026-09" and made[-1] == "2027-08" and len(made) == 15, "a year back and no further"


@pytest.mark.both
def test_a_journal_of_years_that_was_never_reviewed_begins_with_last_month(old):
    with time_machine.travel(at(1, 2, month=6), tick=False):
        open_reviews()
    assert months(old, old.east.pk) == ["2026-05"]


def reviewed_before(branch, month):
    verbs.begin(Review(branch=branch, chain=branch.pk, month=month, thresholds=DEFAULT.kept()), by=system("月度审查"), at=timezone.now())


def test_a_closed_branch_is_reviewed_for_the_months_in_which_something_was_entered(old):
    with time_machine.travel(at(1, 2), tick=False):
        reviewed_before(old.east, dt.date(2025, 12, 1))
    old.east.is_active = False
    old.east.save()
    with time_machine.travel(at(1, 2, month=4), tick=False):
        assert [month for _branch, chain, month in due(timezone.now()) if chain == old.east.pk] == [dt.date(2026, 1, 1)]


@pytest.mark.both
def test_two_workers_at_once_open_each_review_once(committed_company):
    company = committed_company
    entry(company, timezone.now() - dt.timedelta(days=70))
    wanted = len(list(due(timezone.now())))

    def fresh():
        Finding.objects.all().delete()
        Review.objects.all().delete()

    done = together(2, lambda _index, _subject: open_reviews(), fresh=fresh)
    assert done.failures == [] and sum(done.results) == wanted == Review.objects.count() > 0


@pytest.mark.both
def test_organisation_wide_entries_are_reviewed_at_headquarters(company):
    with time_machine.travel(at(4, 23), tick=False):
        admin = company.by("admin")
        staff.end_appointment(company.engineer.appointments.get(), by=admin, at=timezone.now(), reason="调岗")
        with journal.unit():
            journal.append_plain(company.by("desk"), "signin", "desk", at=timezone.now())
            journal.append_plain(system("命令"), "second-factor.remove", "admin", at=timezone.now())
            journal.append_plain(company.by("desk"), "export", "list:customers", at=timezone.now())
    review, findings = made_for(company.hq, 0, MARCH)
    verbs.begin(review, by=system("月度审查"), at=timezone.now(), findings=findings)
    assert [(one.action, [kind for kind, _figure in one.reasons]) for one in review.findings.order_by("seq")] == [
        ("appointment.end", ["rights", "night"]),
        ("second-factor.remove", ["rights"]),
        ("export", ["transfer", "night"]),
    ]
    assert (review.branch, review.signals) == (company.hq, [])
    client = Client()
    client.force_login(company.head)
    page = client.get(f"/r/{review.number}/").content.decode()
    assert "全公司事项" in page and "解除两步验证" in page and "权限变更" in page


def test_what_is_watched_is_really_written_and_has_words():
    source = "".join(
        path.read_text(encoding="utf-8") for path in (Path(__file__).parents[2]).rglob("*.py") if "tests" not in path.parts
    ).replace(Path(__file__).parents[1].joinpath("queries/organisation_wide.py").read_text(encoding="utf-8"), "")
    for action in WATCHED:
        assert words_for(action)
        assert f'"{action}"' in source, f"nothing writes {action}"


def test_signals_count_what_makes_an_auditor_dig(company):
    limits = {one["name"]: one for one in signals(company.east.pk, MARCH, CHINA, [])}
    assert set(limits) == {"all_kept", "one_day", "equal_texts", "round_minutes"} and not any(map(stands_out, limits.values()))
    with time_machine.travel(at(4, 12), tick=False):
        for _n in range(20):
            company.registered(at=timezone.now() - dt.timedelta(hours=1))
    shown = {one["name"]: one for one in signals(company.east.pk, MARCH, CHINA, entries_of(company.east.pk, MARCH, whole=True))}
    assert (shown["one_day"]["n"], shown["one_day"]["of"]) == (20, 20) and stands_out(shown["one_day"])
    assert shown["equal_texts"]["n"] == shown["equal_texts"]["of"] >= 20 and stands_out(shown["equal_texts"])
    assert (shown["all_kept"]["n"], shown["all_kept"]["of"]) == (20, 40), "registered in time, never contacted"
    assert not stands_out({"n": 19, "of": 19, "limit": 50, "least": 20})


def test_a_month_without_anomaly_is_still_concluded_by_a_person_with_a_sentence(company):
    review, findings = made_for(company.north, company.north.pk, MARCH)
    assert findings == []
    verbs.begin(review, by=system("月度审查"), at=timezone.now())
    verbs.assign(review, by=company.by("head"), at=timezone.now(), reviewer=company.head)
    with pytest.raises(Invalid) as refused:
        verbs.conclude(review, by=proved(company), at=timezone.now(), conclusion=" ")
    assert refused.value.field == "conclusion"
    verbs.conclude(review, by=proved(company), at=timezone.now(), conclusion="本月无疑点")
    assert review.status == "concluded"


def test_it_is_judged_on_the_page_and_concluded_with_the_password(company):
    review = reviewing(company)
    client, first, second = Client(), *seqs(review)
    client.force_login(company.head)
    form = client.get(f"/r/{review.number}/steps/clear/?findings={first}").content.decode()
    assert f'value="{first}"' in form and f'value="{second}"' not in form
    wrong = client.post(f"/r/{review.number}/steps/clear/", {"findings": [first], "reason": ""})
    assert wrong.status_code == 422 and seqs(review, verdict="") == [first, second]
    client.post(f"/r/{review.number}/steps/clear/", {"findings": [first], "reason": "夜班"})
    client.post(f"/r/{review.number}/steps/escalate/", {"findings": [second], "description": "补录", "responsible": company.lead.pk})
    assert seqs(review, verdict="") == []
    bad = client.post(f"/r/{review.number}/steps/conclude/", {"conclusion": "完成", "password": "wrong"})
    assert bad.status_code == 422 and "完成" in bad.content.decode()
    client.post(f"/r/{review.number}/steps/conclude/", {"conclusion": "完成", "password": PASSWORD})
    review.refresh_from_db()
    assert review.status == "concluded"


def test_who_may_read_it(company):
    review = opened(company)
    assert access_reviews.one(company.by("lead"), number=review.number) == review
    for key, refusal in (("engineer", NotAllowed), ("other_lead", NotFound), ("other_engineer", NotFound)):
        with pytest.raises(refusal):
            access_reviews.one(company.by(key), number=review.number)
        assert not access_reviews.all(company.by(key)).exists()
    client = Client()
    client.force_login(company.engineer)
    assert (client.get(f"/r/{review.number}/").status_code, client.get("/lists/reviews/").status_code) == (403, 403)
    client.force_login(company.lead)
    assert review.number in client.get("/lists/reviews/").content.decode()


def test_quality_is_told_and_then_the_reviewer(company):
    company.people["quality"] = company._person("quality", "邵永军", "ZB", roles.QUALITY)
    review = opened(company)
    verbs.assign(review, by=company.by("quality"), at=timezone.now(), reviewer=company.head)
    while hand_out():
        pass
    told = dict(Message.objects.filter(notice__record_number=review.number).values_list("notice__kind", "person__username"))
    assert told == {"review_opened": "quality", "review_assigned": "head"}


def test_a_page_asks_as_many_statements_for_many_findings_as_for_few(company):
    review, client = opened(company), Client()
    client.force_login(company.head)
    client.get(f"/r/{review.number}/")

    def asked():
        with CaptureQueriesContext(connection) as statements:
            assert client.get(f"/r/{review.number}/").status_code == 200
        return len(statements)

    few = asked()
    one = review.findings.first()
    for seq in range(1000, 1050):
        one.pk, one.seq = None, seq
        one.save(force_insert=True)
    assert asked() == few <= 14

    with CaptureQueriesContext(connection) as one_review:
        client.get("/lists/reviews/")
    opened(company)
    with CaptureQueriesContext(connection) as two_reviews:
        client.get("/lists/reviews/")
    assert len(two_reviews) == len(one_review)


def test_it_is_printed_with_every_finding_and_who_concluded(company):
    review = concluded(company)
    form = review_form(review, company.by("head"))
    assert [approval.name for approval in form.approvals] == ["陈志强", "陈志强"]
    table = next(section for section in form.sections if hasattr(section, "rows") and hasattr(section, "head"))
    assert [row[0] for row in table.rows] == [f"{company.east.pk}-{seq}" for seq in seqs(review)]
    assert print_record(form, review, by=company.by("head")).startswith(b"%PDF")
