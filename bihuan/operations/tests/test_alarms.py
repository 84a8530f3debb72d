"""Failures that nobody looks at reach the administrators the same day, once a day, with the remedy (#80)."""

import datetime as dt
import threading
import time
from types import SimpleNamespace

import pytest
from django.core import mail
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from bihuan import worker
from bihuan.kernel.access.refusals import Refusal
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.notify.deliver import hand_out, send_mails
from bihuan.kernel.notify.models import Message, Notice
from bihuan.kernel.proof.deliver import deliver
from bihuan.kernel.proof.models import Checkpoint
from bihuan.kernel.proof.seal import seal
from bihuan.kernel.testing.committed import lift_triggers
from bihuan.operations.alarms import KINDS, raise_alarms, standing
from bihuan.operations.backup import back_up
from bihuan.operations.beat import LATE, beat
from bihuan.operations.drill import drill
from bihuan.operations.models import Beat, Run
from bihuan.operations.nightly import verify_journal
from bihuan.operations.watchdog import look
from bihuan.service.tests.company import Company

pytestmark = pytest.mark.django_db
LONG_AGO = dt.timedelta(days=400)
QUERIES = 25  # of the page with one alarm


@pytest.fixture
def company(settings, tmp_path, monkeypatch):
    """A company in which everything was done tonight, with an administrator who reads mails."""
    settings.CHECKPOINT_DIR = tmp_path / "checkpoints"
    monkeypatch.setenv("BIHUAN_BACKUP_HOUR", "0")
    made = Company()
    made.contacted()
    made.admin.email = "admin@example.com"
    made.admin.save(update_fields=["email"])
    MigrationRecorder.Migration.objects.update(applied=timezone.now() - LONG_AGO)
    for kind in Run.Kind:
        Run.objects.create(kind=kind, started_at=timezone.now(), ended_at=timezone.now(), ok=True)
    beat()
    return made


def backup_without_a_place(company, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises((Refusal, OSError)):
        back_up(tmp_path / "file" / "backups", by="test")


def drill_of_an_empty_file(company, tmp_path):
    (tmp_path / "bihuan-20261122-020000.tar").touch()
    with pytest.raises((Refusal, OSError)):
        drill(tmp_path, by="test")


def journal_that_was_bent(company, tmp_path):
    Run.objects.filter(kind="verify").delete()
    lift_triggers()
    Entry.objects.filter(pk=Entry.objects.latest("pk").pk).update(actor_name="somebody else")
    verify_journal()


def checkpoint_that_does_not_arrive(company, tmp_path):
    (tmp_path / "checkpoints").write_text("a file where the folder belongs")
    seal()
    deliver()
    lift_triggers()
    Checkpoint.objects.update(made_at=timezone.now() - dt.timedelta(hours=4))


def worker_that_died(company, tmp_path):
    Beat.objects.update(at=timezone.now() - LATE - dt.timedelta(minutes=1))


FAILURES = {
    "backup": (backup_without_a_place, "bihuan backup"),
    "drill": (drill_of_an_empty_file, "bihuan backup --drill"),
    "verify": (journal_that_was_bent, "bihuan verify"),
    "checkpoint": (checkpoint_that_does_not_arrive, "能否写入"),
    "worker": (worker_that_died, "bihuan worker"),
}


def test_nothing_is_said_while_all_is_well(company):
    assert standing() == {}
    assert raise_alarms() == 0


@pytest.mark.parametrize("kind", FAILURES)
def test_each_failure_is_a_notice_and_a_mail_with_its_remedy_once_a_day(company, tmp_path, kind):
    fail, remedy = FAILURES[kind]
    fail(company, tmp_path)
    assert kind in standing()
    assert raise_alarms() >= 1
    assert raise_alarms() == 0
    hand_out()
    send_mails()
    message = Message.objects.get(notice__kind=f"alarm_{kind}")
    assert message.person == company.admin
    (sent,) = [one for one in mail.outbox if remedy in one.body]
    assert sent.to == ["admin@example.com"]
    assert "/operations/" in sent.body
    assert raise_alarms(timezone.now() + dt.timedelta(days=1)) >= 1


@pytest.mark.parametrize("kind", ["backup", "drill", "verify", "orphans"])
def test_what_was_not_done_for_long_is_told_like_what_failed(company, kind):
    Run.objects.filter(kind=kind).update(ended_at=timezone.now() - LONG_AGO)
    assert set(standing()) == {kind}


def test_what_was_never_done_is_told_but_not_in_a_new_installation(company):
    Run.objects.all().delete()
    Beat.objects.all().delete()
    assert set(standing()) == {"backup", "drill", "verify", "worker", "orphans"}
    MigrationRecorder.Migration.objects.update(applied=timezone.now())
    assert standing() == {}


def test_a_dead_worker_is_told_of_by_the_web_process_at_the_second_look(company, tmp_path):
    assert look(False) is False
    worker_that_died(company, tmp_path)
    assert look(False) is True
    assert not Notice.objects.filter(kind="alarm_worker").exists()
    assert look(True) is True
    assert [one for one in mail.outbox if "bihuan worker" in one.body]


def test_the_journal_is_verified_once_a_night_and_what_is_found_is_kept(company):
    Run.objects.filter(kind="verify").delete()
    assert [verify_journal(), verify_journal()] == [1, 0]
    run = Run.objects.get(kind="verify")
    assert run.ok and not run.said


def test_every_kind_has_its_sentence(company):
    from bihuan.kernel.notify.sentences import address, sentence

    for kind in KINDS:
        notice = Notice(kind=f"alarm_{kind}", facts={"said": ""})
        assert sentence(notice)
        assert address(notice) == "/operations/"


def test_the_page_shows_what_stands_with_its_remedy_to_the_administrator_only(company, client, tmp_path, django_assert_max_num_queries):
    client.force_login(company.people["admin"])
    assert "目前没有告警" in client.get("/operations/").content.decode()
    worker_that_died(company, tmp_path)
    with django_assert_max_num_queries(QUERIES):
        said = client.get("/operations/").content.decode()
    assert "请重新启动 bihuan worker" in said
    assert "目前没有告警" not in said
    client.force_login(company.people["engineer"])
    assert client.get("/operations/").status_code == 403


def test_a_machine_just_switched_on_does_its_hourly_work_at_once(monkeypatch):
    stop, done = threading.Event(), []
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: 5.0, time=time.time))  # it counts from when the machine started
    monkeypatch.setattr(worker, "_each", lambda *jobs: done.extend(jobs))
    monkeypatch.setattr(worker, "round_of_work", stop.set)
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    worker.run(stop)
    assert raise_alarms in done
