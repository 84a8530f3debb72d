"""What machines ask of the server: alive, ready, counters; nothing of anybody in any of it."""

import datetime as dt

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from bihuan.kernel.deadlines.models import Deadline
from bihuan.operations.beat import EVERY, LATE, NAME, beat
from bihuan.operations.models import Beat
from bihuan.service.tests.company import Company
from bihuan.worker import round_of_work

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-this-test"
SHOWN = {"Authorization": f"Bearer {TOKEN}"}


def said(path, **more):
    answer = Client().get(path, **more)
    return answer.status_code, answer.content.decode().strip()


def test_alive_is_said_without_a_statement_even_to_who_brings_a_session(client, django_assert_num_queries):
    company = Company()
    client.force_login(company.admin)
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_ready_says_in_one_word_what_is_missing():
    assert said("/readyz") == (503, "worker")
    assert said("/readyz?for=balancer") == (200, "ok")
    round_of_work()
    assert said("/readyz") == (200, "ok")
    Beat.objects.update(at=timezone.now() - LATE - dt.timedelta(seconds=1))
    assert said("/readyz") == (503, "worker")


def test_ready_waits_for_the_migrations():
    beat()
    MigrationRecorder.Migration.objects.filter(app="operations", name="0001_runs").delete()
    assert said("/readyz") == said("/readyz?for=balancer") == (503, "migrations")


def test_ready_tells_of_a_database_that_is_gone_without_a_secret(caplog):
    def gone(execute, sql, params, many, context):
        from django.db import OperationalError

        raise OperationalError("connection to 10.0.0.7 failed: password of bihuan")

    with connection.execute_wrapper(gone):
        assert said("/readyz") == (503, "database")
        assert said("/healthz") == (200, "ok")


def test_the_pulse_is_renewed_only_when_it_is_due():
    beat()
    first = Beat.objects.get(name=NAME).at
    beat()
    assert Beat.objects.get().at == first
    Beat.objects.update(at=first - EVERY)
    beat()
    assert Beat.objects.get().at >= first


def test_a_pulse_that_lies_ahead_since_the_clock_went_back_is_no_pulse():
    beat()
    ahead = timezone.now() + dt.timedelta(hours=2)
    Beat.objects.update(at=ahead)
    assert said("/readyz") == (503, "worker")
    beat()
    assert Beat.objects.get().at < ahead
    assert said("/readyz") == (200, "ok")


def test_counters_do_not_exist_without_a_token_and_are_shown_only_for_it(settings):
    assert said("/metrics", headers={"Authorization": "Bearer "})[0] == 404
    settings.METRICS_TOKEN = TOKEN
    assert said("/metrics")[0] == said("/metrics", headers={"Authorization": "Bearer other"})[0] == 401
    assert said("/metrics", headers={"Authorization": "Bearer ü"})[0] == 401
    assert said("/metrics", headers=SHOWN)[0] == 200


def test_counters_name_routes_and_never_paths(settings):
    settings.METRICS_TOKEN = TOKEN
    for path in ("/nowhere/13800001111/", "/r/BX-13800001111/", "/login/?phone=13800001111"):
        Client().get(path)
    Client().generic("BREW", "/login/")
    text = said("/metrics", headers=SHOWN)[1]
    assert 'bihuan_requests_total{method="GET",route="login",status="2xx"}' in text
    assert 'method="other"' in text
    assert "13800001111" not in text and "BREW" not in text


def test_figures_of_the_business_are_read_from_its_rows(settings):
    settings.METRICS_TOKEN = TOKEN
    company = Company()
    company.contacted()
    beat()
    before = said("/metrics", headers=SHOWN)[1]
    assert "bihuan_deadlines_overdue 0.0" in before
    assert 'bihuan_alarm{kind="worker"} 0.0' in before
    Deadline.objects.filter(state="running").update(breached_at=timezone.now())
    Beat.objects.update(at=timezone.now() - dt.timedelta(hours=1))
    after = said("/metrics", headers=SHOWN)[1]
    assert "bihuan_deadlines_overdue 0.0" not in after
    age = next(line for line in after.splitlines() if line.startswith("bihuan_worker_heartbeat_age_seconds "))
    assert 3600 <= float(age.split()[1]) < 3700


def test_a_scrape_costs_a_pinned_number_of_statements(settings, django_assert_max_num_queries):
    settings.METRICS_TOKEN = TOKEN
    Company()
    with django_assert_max_num_queries(37):
        assert said("/metrics", headers=SHOWN)[0] == 200
