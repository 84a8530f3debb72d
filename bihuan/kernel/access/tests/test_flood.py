"""Floods by those who are signed in: requests in a minute, exports at once; others go on (#40, ASVS 2.4.1, 15.2.2)."""

import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bihuan.kernel.access import flood
from bihuan.kernel.access.actors import actor_for
from bihuan.kernel.access.flood import EXPORTS, one_of_few_exports
from bihuan.kernel.access.models import Attempt
from bihuan.kernel.access.proof import TooMany
from bihuan.kernel.access.tokens import issue
from bihuan.kernel.testing.overlap import together

pytestmark = pytest.mark.both


@pytest.fixture
def hurry(settings, monkeypatch):
    """Six requests a minute, shared by two processes."""
    settings.RATE, settings.WEB_PROCESSES = 6, 2
    monkeypatch.setattr(flood, "_minute", flood.Minute())


@pytest.mark.django_db
def test_those_signed_in_are_limited_by_the_minute_and_others_go_on(browser, engineer, desk, hurry):
    browser.sign_in(engineer)
    flood._minute = flood.Minute()
    assert [browser.get("/account/").status_code for _time in range(3)] == [200] * 3, "this process's share of six"
    with CaptureQueriesContext(connection) as allowed:
        refused = browser.get("/account/")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    assert "一分钟内的请求太多" in refused.content.decode()
    assert not [query for query in allowed if "access_attempt" in query["sql"]], "counted in memory"
    other = type(browser)()
    other.sign_in(desk)
    assert other.get("/account/").status_code == 200
    flood._minute._ends = 0.0
    assert browser.get("/account/").status_code == 200, "a minute later"


@pytest.mark.django_db
def test_what_programs_ask_by_token_counts_apart_and_is_refused_as_a_problem(browser, engineer, hurry):
    headers = {"Authorization": f"Bearer {issue(engineer, 'program')}"}
    answers = [Client().get("/api/v1/requests", headers=headers) for _time in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3]["Content-Type"] == "application/problem+json"
    assert 0 < int(answers[3]["Retry-After"]) <= 60
    browser.sign_in(engineer)
    assert browser.get("/account/").status_code == 200, "the pages are not shut by a program"


def test_of_many_threads_the_limit_lets_through_exactly_its_number(committed):
    def asked(_index, minute):
        return [minute.left_after(("web", 1), 4000) for _time in range(1000)]

    done = together(8, asked, fresh=flood.Minute)
    assert done.failures == []
    assert sum(answers.count(0.0) for answers in done.results) == 4000


def test_of_many_exports_at_once_two_run_and_the_next_one_may_when_they_have_ended(committed, engineer):
    actor = actor_for(engineer)

    def export(_index, decided):
        """Nobody ends before everybody has been let in or refused."""

        def all_decided():
            decided.append(1)
            until = time.monotonic() + 20
            while len(decided) < EXPORTS + 4 and time.monotonic() < until:
                time.sleep(0.01)

        try:
            with one_of_few_exports(actor):
                all_decided()
                return "done"
        except TooMany as refusal:
            all_decided()
            return refusal.wait

    done = together(EXPORTS + 4, export, fresh=list)
    assert sorted(map(str, done.results)) == sorted(["done"] * EXPORTS + ["10"] * 4)
    with one_of_few_exports(actor):
        pass
    assert not Attempt.objects.filter(key__startswith="export:").exists()


@pytest.mark.django_db
def test_an_export_that_fails_is_not_counted_for_ever(engineer):
    actor = actor_for(engineer)
    for _time in range(EXPORTS + 1):
        with pytest.raises(ZeroDivisionError), one_of_few_exports(actor):
            1 / 0  # noqa: B018
    assert not Attempt.objects.filter(key=f"export:{engineer.pk}").exists()
