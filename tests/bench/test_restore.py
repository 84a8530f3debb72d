"""``python -m bench.restore`` at a small size: everything comes back by the written commands, and what does not is told (#79)."""

import pytest
from django.db import connection

from bench import restore
from bihuan.config.tests.program import free_port
from bihuan.operations import postgres

pytestmark = pytest.mark.both
ENGINE = "postgres" if connection.vendor == "postgresql" else "sqlite"


@pytest.fixture
def server(monkeypatch):
    if ENGINE == "postgres":
        monkeypatch.setenv("DATABASE_URL", postgres.url_of(connection.settings_dict | {"NAME": "postgres"}))


def test_taken_under_load_it_comes_back_and_somebody_signs_in(server, tmp_path, monkeypatch):
    monkeypatch.setattr(restore, "AHEAD", 1)
    with restore.installation(tmp_path, ENGINE) as made:
        found = restore.measured(made, 60, 3_000_000, free_port())
        _folder, old, new = made
        assert found["wrong"] == []
        assert found["bytes"] >= 3_000_000 and found["archive"] > found["bytes"]
        assert not old.home.exists()
        assert "0 refused" in found["load"] and "during 0/s" not in found["load"]
        assert f"| back | {found['restore'] + found['start and sign in']:.1f} |" in restore.table(found)
        damage(new)
        told = restore.verified(new)["wrong"]
        assert any("附件" in sentence for sentence in told), told
    assert list(tmp_path.iterdir()) == []


def damage(machine):
    """One byte of one photo."""
    photo = max((path for path in (machine.home / "files").rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    content = bytearray(photo.read_bytes())
    content[-1] ^= 1
    photo.write_bytes(content)


def test_facts_tell_of_a_sum_that_differs():
    was = {"last": {"entry": 1, "request": 1}, "files": {"n": 3, "bytes": 300}}
    assert restore.different(was, was) == []
    (sentence,) = restore.different(was, was | {"files": {"n": 3, "bytes": 299}})
    assert sentence.startswith("files: ")


def test_without_room_it_says_so_and_makes_nothing(tmp_path):
    free = 10**12 * 1000
    assert "this needs" in restore.lacking(tmp_path, free, 10)
    assert restore.lacking(tmp_path, 10**6, 10) == ""
    assert list(tmp_path.iterdir()) == []


def test_the_commands_are_those_of_the_manual():
    assert restore.written("backup", postgresql=True) == ["backup", "--to", "/srv/backups"]
    assert "--database" in restore.written("restore", postgresql=True)
    assert "--database" not in restore.written("restore", postgresql=False)
    with pytest.raises(LookupError):
        restore.written("conjure", postgresql=False)
