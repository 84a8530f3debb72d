"""The commands of docs/production.md, run as they stand there, bring an installation back (#79)."""

import re

import pytest
from django.db import connection

from bihuan.config.tests.program import ROOT, bihuan, inside

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's instructions; test_backup_and_restore tries PostgreSQL's")
COUNT = "print(Branch.objects.count(), Person.objects.count())"


def written(beginning: str) -> list[str]:
    """The words of the first command in the manual that begins so."""
    line = re.search(rf"^bihuan {beginning}.*$", (ROOT / "docs" / "production.md").read_text(), re.MULTILINE)
    assert line, f"docs/production.md no longer says: bihuan {beginning}"
    return line.group().partition("#")[0].split()[1:]


def test_the_manual_s_commands_back_up_try_and_restore(installed, tmp_path):
    def filled(words):
        made = next(iter((tmp_path / "backups").glob("bihuan-*.tar")), "")
        places = {"/srv/backups": str(tmp_path / "backups"), "/srv/bihuan": str(tmp_path / "new")}
        return [str(made) if word.endswith(".tar") else places.get(word, word) for word in words]

    inside(installed, "Branch.objects.create(code='ZB', name='总部')")
    before = inside(installed, COUNT)

    for beginning in ("backup --to /srv/backups ", "backup --to /srv/backups --drill", "restore "):
        answer = bihuan(*filled(written(beginning)), home=installed)
        assert answer.returncode == 0, answer.stderr

    assert inside(tmp_path / "new", COUNT) == before
    assert before.startswith("1 ")
    again = bihuan(*filled(written("restore ")), home=installed)
    assert again.returncode == 1
    assert "不是空目录" in again.stderr
