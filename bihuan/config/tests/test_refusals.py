"""What no production server starts with (#22): the process ends, and its last words name the remedy."""

import sqlite3
from pathlib import Path

import pytest

from .program import SAFE, WRITE_AND_SEAL, Server, bihuan, free_port, inside

LONG_KEY = "k3Jx-9fQ_vTz7LmPw2RbYc5NdHs8GaUe4WoKi6XuVtBq1ZrMy0DpCjFlEhSgOnA"


def refused(home: Path, *says: str, **more: str) -> None:
    answer = bihuan("up", "--port", str(free_port()), home=home, **SAFE | more)
    assert answer.returncode != 0, answer.stdout
    assert "没有启动" in answer.stderr
    for words in says:
        assert words in answer.stdout


def test_a_server_with_the_debug_mode_on_does_not_start(tmp_path):
    refused(tmp_path, "bihuan.E001", "BIHUAN_DEBUG=0", BIHUAN_DEBUG="1")


@pytest.mark.parametrize("key", ["change-me-" + LONG_KEY, LONG_KEY[:49], "ab" * 40])
def test_a_server_with_a_sample_or_short_key_does_not_start(tmp_path, key):
    refused(tmp_path, "bihuan.E002", "secret.key", BIHUAN_SECRET_KEY=key)


def test_a_server_for_every_host_does_not_start(tmp_path):
    refused(tmp_path, "bihuan.E003", "BIHUAN_HOSTS=service.example.com", BIHUAN_HOSTS="service.example.com,*")


def test_a_server_with_a_default_administrator_does_not_start(installed):
    headquarters = "branch = Branch.objects.create(code='HQ', name='总部', is_headquarters=True)\n"
    inside(installed, headquarters + "Person.objects.create_person('admin', '管理员', 'admin', home_branch=branch)")
    refused(installed, "bihuan.E004", "admin", "changepassword")


def test_a_server_in_the_home_of_the_demo_does_not_start(tmp_path):
    (tmp_path / "demo.json").write_text("{}")
    refused(tmp_path, "bihuan.E005", "BIHUAN_HOME")


def test_the_demo_is_not_loaded_into_production(tmp_path):
    answer = bihuan("demo", home=tmp_path, BIHUAN_MODE="production")
    assert answer.returncode != 0
    assert "不装示例公司" in answer.stderr
    assert not list(tmp_path.iterdir())


def test_invented_requests_are_not_added_to_production(tmp_path):
    answer = bihuan("seed", "--requests", "1", home=tmp_path, **SAFE)
    assert answer.returncode != 0
    assert "不添加虚构数据" in answer.stderr


def test_a_setting_that_cannot_be_understood_is_named(tmp_path):
    answer = bihuan("up", home=tmp_path, **SAFE, BIHUAN_DEBUG="perhaps")
    assert answer.returncode != 0
    assert "BIHUAN_DEBUG='perhaps'" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_database_that_cannot_be_reached_is_named(tmp_path):
    refused(tmp_path, "连不上数据库", "DATABASE_URL", DATABASE_URL=f"postgres://nobody@127.0.0.1:{free_port()}/nothing")


def test_a_port_that_is_taken_is_named(installed):
    with Server("up", home=installed, **SAFE) as first:
        first.first_answer()
        second = bihuan("up", "--port", str(first.port), home=installed, **SAFE)
    assert second.returncode != 0
    assert f"端口 {first.port}" in second.stderr


def test_safe_settings_start_and_what_is_doubtful_is_only_said(installed):
    with Server("up", home=installed, **SAFE | {"BIHUAN_ORIGIN": "http://service.example.com", "BIHUAN_SECOND_FACTOR": "0"}) as server:
        status, _seconds = server.first_answer()
        said = server.stop()
    assert status == 301  # to https, as production does
    assert {"bihuan.W001", "bihuan.W002", "bihuan.W004"} <= {word.strip("[]") for word in said.split()}


def test_a_server_whose_checkpoint_key_others_can_read_does_not_start(tmp_path):
    (tmp_path / "checkpoint.key").write_text("PRIVATE+KEY+…")
    (tmp_path / "checkpoint.key").chmod(0o640)
    refused(tmp_path, "bihuan.E010", "chmod 600", "bihuan.W005", "bihuan.W006")


def test_a_server_with_a_checkpoint_key_that_is_none_does_not_start(tmp_path):
    refused(tmp_path, "bihuan.E009", BIHUAN_CHECKPOINT_KEY="nonsense")


def test_a_server_that_lost_its_checkpoint_key_does_not_start(installed):
    wrote = inside(installed, WRITE_AND_SEAL)
    assert wrote.split() == ["1", "1"]
    (installed / "checkpoint.key").unlink()
    refused(installed, "bihuan.E011", "BIHUAN_CHECKPOINT_KEY")
    assert not (installed / "checkpoint.key").exists(), "and none is made in its place"


def test_a_server_whose_journal_is_not_protected_does_not_start(installed):
    database = sqlite3.connect(installed / "bihuan.sqlite3")
    database.execute("DROP TRIGGER journal_entry_append_only_update")
    database.close()
    refused(installed, "bihuan.E008", "journal_entry", "bihuan verify")
