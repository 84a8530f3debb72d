"""Each kept release becomes today's program: nothing lost, verification passes, protections hold, the main job goes on (#49, #81, #82).

In one step, as `bihuan up` does it, and with the upgrade killed by SIGKILL on the way and begun again.
"""

import json
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from bihuan.config.tests.home import HOME
from bihuan.config.tests.program import bihuan
from bihuan.kernel.journal import protect

from .kept import RELEASES, laid, told
from .promises import BOOKS, CHANGED, GROWN, READY, SEAL

pytestmark = [pytest.mark.both, pytest.mark.django_db]

ATTEMPTS = """
import json, sys
from django.db import Error, connection, transaction
answers = []
for statement in json.loads(sys.argv[1]):
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            answers.append([statement, cursor.rowcount])
            transaction.set_rollback(True)
    except Error as problem:
        answers.append([statement, str(problem)])
print(json.dumps(answers))
"""
WALK = """
import datetime as dt, json
from django.utils import timezone
from bihuan.demo.lives import Life, Players
from bihuan.equipment.models import Unit
from bihuan.kernel.access.actors import actor_for
from bihuan.kernel.journal.read import differences
from bihuan.kernel.proof.deliver import deliver
from bihuan.kernel.proof.seal import seal
from bihuan.kernel.signing.models import Signature
from bihuan.organisation.models import Person
from bihuan.service.models import DispatchOrder
from bihuan.worker import round_of_work
people = {name: Person.objects.get(username=name) for name in ("zhoumin", "lijg", "chenzq", "zhangwei")}
desk, lead, head, engineer = map(actor_for, people.values())
unit = Unit.objects.filter(site__branch=people["lijg"].home_branch).order_by("id").first()
life = Life(Players(desk, lead, head, engineer, people["zhangwei"]), unit)
life.clock = timezone.now() - dt.timedelta(days=1)
request = life.live("closed")
round_of_work(); seal(); deliver()
signers = [signature.shown("signer_name") for signature in Signature.objects.filter(record_number__startswith="FW").order_by("-id")[:2]]
print(json.dumps([request.status, signers, list(differences())]))
"""


@pytest.fixture
def place():
    """Where there is room for installations, in memory if the run's own home is."""
    with tempfile.TemporaryDirectory(dir=HOME) as made:
        yield Path(made)


@pytest.fixture(params=RELEASES)
def release(request, place):
    with laid(request.param, place / "home") as found:
        yield found


def test_a_release_is_kept_for_each_version_that_was_given_out():
    assert {"0.0", "0.1.0"} <= set(RELEASES)


def test_an_upgrade_in_one_step_loses_nothing_and_the_work_goes_on(release):
    before = release.rows()
    assert not release.run(READY), "nothing to remark"
    upgraded = release.rows()
    assert lost(before, upgraded) == [] and unfindable(before, upgraded) == []
    assert verdict(release) == 0
    assert unrefused(release) == []
    assert schema(release) == schema_of_a_new_database()
    assert told(release.run(WALK)) == ["closed", ["李建国", "王工"], []]
    assert verdict(release) == 0
    after = release.rows()
    release.run("from bihuan import cli_start; cli_start.upgrade()")
    assert lost(after, release.rows()) == [], "a second upgrade does nothing"


@pytest.mark.parametrize("name", RELEASES)
def test_an_upgrade_killed_on_the_way_is_finished_by_the_next_start(name, place):
    """The latest release between its last migration and the end of the upgrade, earlier ones amid their migrations."""
    with laid(name, place / "counted") as counted:
        statements = counted.cut(0)
    with laid(name, place / "cut") as cut:
        before = cut.rows()
        cut.cut(statements - 1 if name == RELEASES[-1] else statements // 2)
        assert "bihuan up" in bihuan("worker", home=cut.home, **cut.settings).stderr, "the worker waits for the upgrade"
        assert not cut.run(READY), "nothing to remark"
        assert lost(before, cut.rows()) == []
        assert verdict(cut) == 0
        assert unrefused(cut) == []
        assert schema(cut) == schema_of_a_new_database()


@pytest.mark.parametrize("command", ["up", "worker"])
def test_an_older_program_does_not_start_on_a_newer_database(place, command):
    with laid(RELEASES[-1], place / "home") as found:
        found.run(READY)
        with found.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('service', '0999_from_the_future', CURRENT_TIMESTAMP)"
            )
            cursor.connection.commit()
        port = ("--port", "0") if command == "up" else ()
        refused = bihuan(command, *port, home=found.home, **found.settings)
    assert refused.returncode == 1
    assert "bihuan.E007" in refused.stdout + refused.stderr
    assert "service.0999_from_the_future" in refused.stdout + refused.stderr


def verdict(release):
    """The exit code of ``bihuan verify``, against the checkpoints that the release delivered (if it could); 0 as well when there are none yet."""
    folder = release.home / "checkpoints"
    if not folder.exists():
        release.run(SEAL)
    done = bihuan("verify", "--checkpoints", str(folder), home=release.home, **release.settings)
    return 0 if done.returncode == 0 else done.stdout + done.stderr


def lost(before, after):
    """What is not as it was, in the columns that both have."""
    return [problem for table, (columns, rows) in before.items() if table not in BOOKS for problem in _lost(table, columns, rows, after)]


def unfindable(before, after):
    """The documents of the search index that lost a word; new marks may have come to them."""
    (names, rows), (later, now) = before["lists_document"], after["lists_document"]
    kept = {row[later.index("id")]: set(row[later.index("words")].split(" ")) for row in now}
    return [row for row in rows if not set(row[names.index("words")].split(" ")) <= kept.get(row[names.index("id")], set())]


def _lost(table, columns, rows, after):
    if table not in after:
        return [] if table in CHANGED else [f"{table} is gone"]
    names, now = after[table]
    gone = [f"{table}.{column} is gone" for column in columns if column not in names and f"{table}.{column}" not in CHANGED]
    both = [column for column in columns if column in names and f"{table}.{column}" not in CHANGED]
    old, new = picked(columns, rows, both), picked(names, now, both)
    same = not Counter(old) - Counter(new) if table in GROWN else old == new
    return gone if same else [*gone, f"{table}: {len(rows)} rows before, {len(now)} now, or other content"]


def picked(columns, rows, names):
    places = [columns.index(name) for name in names]
    return sorted(repr([row[place] for place in places]) for row in rows)


def unrefused(release):
    """Statements against what is append-only that the serving account was not refused."""
    statements = [
        statement for table in protect.tables()
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"DROP TABLE {table}")
        if table in ("journal_entry", "signing_signature") or statement.startswith("DROP")
    ]  # fmt: skip
    answers = told(release.run(ATTEMPTS, json.dumps(statements)))
    words = ("append-only", "permission denied", "must be owner", "not authorized")
    return [(statement, said) for statement, said in answers if not any(word in str(said) for word in words)]


SCHEMA = {
    "sqlite": "SELECT m.name, c.name, c.type, c.\"notnull\", c.pk FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'",
    "postgresql": "SELECT table_name, column_name, data_type, is_nullable, character_maximum_length FROM information_schema.columns "
    "WHERE table_schema = 'public'",
}
PARTS = {
    "sqlite": "SELECT type, tbl_name, name FROM sqlite_master WHERE type IN ('index', 'trigger') AND name NOT LIKE 'sqlite_%'",
    "postgresql": "SELECT 'index', tablename, indexname FROM pg_indexes WHERE schemaname = 'public' "
    "UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal",
}


def schema(release):
    with release.cursor() as cursor:
        return _schema(cursor)


def schema_of_a_new_database():
    with connection.cursor() as cursor:
        return _schema(cursor)


def _schema(cursor):
    """Columns with their types, indexes and triggers by name."""
    found = set()
    for statement in (SCHEMA[connection.vendor], PARTS[connection.vendor]):
        cursor.execute(statement)
        found |= {tuple(row) for row in cursor.fetchall()}
    return found
