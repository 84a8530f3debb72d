"""``bihuan verify`` as an administrator or a cron job runs it: sentences, JSON, exit codes."""

import json
import sqlite3
import subprocess
import sys
import zipfile

import pytest

from .program import WRITE_AND_SEAL, bihuan, inside


@pytest.fixture
def sealed(installed):
    """An installation with five entries, one checkpoint, delivered into its folder."""
    inside(installed, WRITE_AND_SEAL)
    return installed


def bend(home, statement):
    database = sqlite3.connect(home / "bihuan.sqlite3")
    database.execute("DROP TRIGGER journal_entry_append_only_update")
    database.execute(statement)
    database.commit()
    database.close()


def test_an_honest_database_agrees(sealed):
    answer = bihuan("verify", "--checkpoints", "checkpoints", home=sealed)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "核对了 5 条日志、1 个校验点" in answer.stdout and "结论：一致。" in answer.stdout


def test_without_checkpoints_it_says_what_it_cannot_find(sealed):
    answer = bihuan("verify", home=sealed)
    assert answer.returncode == 0 and "--checkpoints" in answer.stdout


def test_a_changed_entry_is_named_and_the_exit_code_is_one(sealed):
    bend(sealed, "UPDATE journal_entry SET body = replace(body, 'probe', 'bogus') WHERE seq = 3")
    answer = bihuan("verify", "--checkpoints", "checkpoints", home=sealed)
    assert answer.returncode == 1
    assert "日志链 0：第 3 条（2 bogus）与自己的校验值不符，内容被改过" in answer.stdout


def test_json_carries_the_same_sentences(sealed):
    bend(sealed, "UPDATE journal_entry SET actor_name = '别人' WHERE seq = 3")
    answer = bihuan("verify", "--json", home=sealed, LANG="en_US.UTF-8")
    told = json.loads(answer.stdout)
    assert answer.returncode == 1
    assert told["findings"] == ["Journal chain 0: entry 3 (2 probe): columns actor_name differ from its body"]
    assert told["counted"]["entries"] == 5 and len(told["keys"]) == 1


MANY_CHAINS = """
from django.utils import timezone
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal import write
from bihuan.kernel.access.actors import system
with write.unit():
    for number in range(30):
        write._collect(system("试验"), "probe", {"record": {"type": "", "id": None, "number": str(number), "version": 0}}, chain=number % 3, at=timezone.now())
"""


def test_chains_walked_side_by_side_give_the_same_findings_in_the_same_order(sealed):
    inside(sealed, MANY_CHAINS)
    alone, apart = (json.loads(bihuan("verify", "--json", "--processes", n, home=sealed).stdout) for n in ("1", "2"))
    assert alone["counted"] == apart["counted"] and alone["counted"]["entries"] == 35 and apart["findings"] == []
    bend(sealed, "UPDATE journal_entry SET body = replace(body, 'probe', 'bogus') WHERE chain IN (1, 2) AND seq IN (4, 5)")
    alone, apart = (bihuan("verify", "--json", "--processes", n, home=sealed) for n in ("1", "2"))
    assert alone.returncode == apart.returncode == 1
    assert json.loads(alone.stdout)["findings"] == json.loads(apart.stdout)["findings"]
    assert len(json.loads(apart.stdout)["findings"]) == 8  # of four entries the hash and the column


def test_nothing_to_verify_is_no_success(installed):
    inside(installed, "from bihuan.kernel.proof.key import signer; signer()")
    answer = bihuan("verify", home=installed)
    assert answer.returncode == 2 and "无从核对" in answer.stdout
    inside(installed, WRITE_AND_SEAL)
    (installed / "empty").mkdir()
    answer = bihuan("verify", "--checkpoints", "empty", home=installed)
    assert answer.returncode == 2 and "没有校验点" in answer.stdout


@pytest.mark.parametrize("wrong", [["--from", "yesterday"], ["--key", "nonsense"], ["--held", "3/27"], ["--checkpoints", "nowhere"]])
def test_a_question_that_cannot_be_understood_is_refused_with_a_sentence(sealed, wrong):
    answer = bihuan("verify", *wrong, home=sealed)
    assert answer.returncode == 2 and answer.stderr.strip() and "Traceback" not in answer.stderr


def test_verifying_makes_no_key_and_asks_for_the_one_that_signed(sealed):
    (sealed / "checkpoint.key").unlink()
    answer = bihuan("verify", home=sealed)
    assert answer.returncode == 2 and "checkpoint.key" in answer.stderr
    assert not (sealed / "checkpoint.key").exists()


def test_an_export_is_verified_with_python_alone(sealed, tmp_path):
    assert bihuan("verify", "--export", "journal.zip", home=sealed).returncode == 0
    empty = tmp_path / "auditor"
    empty.mkdir()
    with zipfile.ZipFile(sealed / "journal.zip") as archive:
        archive.extract("verify_export.py", empty)
    command = [sys.executable, "-I", "-S", "verify_export.py", str(sealed / "journal.zip"), "--checkpoints", str(sealed / "checkpoints")]
    done = subprocess.run(command, cwd=empty, env={}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_home_without_a_database_is_refused_with_a_sentence(tmp_path):
    inside(tmp_path, "from bihuan.kernel.proof.key import signer; signer()")
    answer = bihuan("verify", home=tmp_path)
    assert answer.returncode == 2 and "连不上数据库" in answer.stderr and "Traceback" not in answer.stderr
