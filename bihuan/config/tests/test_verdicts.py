"""The lines of `bihuan check`, and how findings are told at the start: each level, each remedy."""

import io
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from django.core.checks import Error, Warning
from django.db import DatabaseError, connection

from bihuan import cli_check, cli_start
from bihuan.config import checks

Usage = namedtuple("Usage", "total used free")


def the(verdicts, subject):
    (found,) = [verdict for verdict in verdicts if verdict.subject == subject]
    return found


@pytest.mark.parametrize(("free", "level"), [(499 * 2**20, "bad"), (501 * 2**20, "warn"), (6 * 2**30, "ok")])
def test_the_disk_is_bad_below_half_a_gigabyte_and_worth_a_warning_below_five(monkeypatch, free, level):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(2**40, 0, free))
    verdict = cli_check._disk()
    assert verdict.level == level
    assert bool(verdict.remedy) is (level != "ok")


def test_a_font_that_is_missing_is_named_with_the_way_to_fetch_it(monkeypatch):
    assert cli_check._fonts().level == "ok"
    there = Path.is_file
    monkeypatch.setattr(Path, "is_file", lambda path: path.name != "NotoSansSC-Bold.ttf" and there(path))
    verdict = cli_check._fonts()
    assert verdict.level == "bad"
    assert "NotoSansSC-Bold.ttf" in verdict.said
    assert "make vendor" in verdict.remedy


@pytest.mark.django_db
@pytest.mark.both
def test_a_database_of_this_version_gets_a_line_for_every_setting():
    verdicts = list(cli_check._database())
    assert {verdict.level for verdict in verdicts} == {"ok"}
    told = {verdict.subject.strip() for verdict in verdicts}
    assert {name for name, _found, _right in checks.durability()} <= told


@pytest.mark.django_db
def test_without_a_calendar_there_is_a_warning():
    assert the(cli_check._calendars(), "工作日历").level == "warn"


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="synchronous_commit is PostgreSQL's")
def test_a_commit_that_does_not_wait_for_the_disk_is_an_error():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    (found,) = checks.durable_database(None, databases=["default"])
    assert found.id == "bihuan.E006"
    assert "synchronous_commit=off" in found.msg


def test_columns_count_a_chinese_character_twice():
    assert cli_check._columns("数据库") == 6
    assert cli_check._columns("SQLite") == 6


def told(*messages):
    out = io.StringIO()
    return cli_start.passes(list(messages), out), out.getvalue()


def test_an_error_stops_the_start_and_a_warning_does_not():
    assert told(Error("坏", hint="改", id="bihuan.E001")) == (False, "✗ 坏  [bihuan.E001]\n  → 改\n")
    assert told(Warning("留意", id="bihuan.W001")) == (True, "! 留意  [bihuan.W001]\n")
    assert told() == (True, "")


def test_what_we_say_ourselves_django_does_not_repeat():
    assert told(Warning("You should not have DEBUG set to True", id="security.W018"))[1] == ""


@pytest.mark.django_db
@pytest.mark.both
def test_nothing_waits_in_a_database_of_this_version():
    assert cli_start.waiting() == 0


@pytest.mark.django_db
def test_a_removed_migration_waits_again():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    assert cli_start.waiting() == 1


def test_an_owner_that_cannot_get_in_stops_the_upgrade(monkeypatch):
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgres://nobody@127.0.0.1:1/nothing")
    monkeypatch.setattr(connection, "close", lambda: None)
    with pytest.raises(DatabaseError, match=r"DATABASE_OWNER_URL.*127\.0\.0\.1"):
        cli_start.upgrade()


def test_this_run_has_a_home_of_its_own(settings):
    assert settings.HOME.name.startswith("bihuan-test-")
    assert settings.MODE == "test"
    assert not checks.demo_home()


@pytest.mark.parametrize(
    ("key", "weak"),
    [
        ("k3Jx-9fQ_vTz7LmPw2RbYc5NdHs8GaUe4WoKi6XuVtBq1ZrMy0DpCjFlEhSgOnA", False),
        ("k3Jx-9fQ_vTz7LmPw2RbYc5NdHs8GaUe4WoKi6XuVtBq1ZrM", True),
        ("django-insecure-k3Jx-9fQ_vTz7LmPw2RbYc5NdHs8GaUe4WoKi6XuVtBq1", True),
        ("please-replace-k3Jx-9fQ_vTz7LmPw2RbYc5NdHs8GaUe4WoKi6XuVtBq1Z", True),
        ("1212121212" * 8, True),
    ],
)
def test_a_key_is_weak_when_short_repetitive_or_a_sample(key, weak):
    assert checks._weak(key) is weak
