"""``python -m bench.upgrade``: every kept release, filled to 500,000 rows, becomes today's program within ten minutes and loses nothing (#81).

In one step as ``bihuan up`` does it, once more after ``kill -9`` half way, once through the schema of every release between, and a
second time, which must do nothing. After each the rows are compared with those before, one by one, and ``bihuan verify`` is asked.

    python -m bench.upgrade --engine sqlite --rows 500000 [--release 0.1.0]

PostgreSQL: the server of DATABASE_URL, else one on 127.0.0.1:5432, with an account that may make databases and accounts. Everything
made is gone afterwards. Exit code 1 when something was lost, did not verify, or took too long.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LIMIT = 600  # seconds for an upgrade
SERVER = "postgres://postgres@127.0.0.1:5432/postgres"
THROUGH = """
import json, sys
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
MigrationExecutor(connection).migrate([tuple(one) for one in json.loads(sys.argv[1])])
"""


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m bench.upgrade", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite")
    asked.add_argument("--rows", type=int, default=500_000, help="over all tables")
    asked.add_argument("--release", help="one of tests/upgrades/kept; all of them unless given")
    arguments = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="bihuan-upgrade-") as place:
        _start_django(Path(place), arguments.engine)
        from tests.upgrades.kept import RELEASES

        found = []
        for name in [arguments.release] if arguments.release else RELEASES:
            found.append(measured(name, Path(place), arguments.rows))
            print("\n".join(["", *table(found), ""]), flush=True)
    return 1 if any(one["wrong"] for one in found) else 0


def _start_django(place: Path, engine: str) -> None:
    (place / "own").mkdir()
    url = (os.environ.get("DATABASE_URL") or SERVER) if engine == "postgres" else ""
    os.environ |= {"BIHUAN_HOME": str(place / "own"), "BIHUAN_MODE": "test", "DATABASE_URL": url}
    from bihuan.cli import start_django

    start_django()


def measured(name: str, place: Path, rows: int, limit: float = LIMIT) -> dict[str, Any]:
    """Fill and upgrade the release *name* in *place*: seconds of each part, and under ``wrong`` a sentence for each thing that is not right."""
    from bench import multiply
    from tests.upgrades.kept import laid

    with laid(name, place / f"origin-{name}") as origin:
        counts, spent = _timed(lambda: multiply.fill(origin, rows))
        _tell(name, counts, spent)
        found: dict[str, Any] = {"release": name, "rows": sum(counts.values()), "bytes": _size(origin), "floor": _floor(origin, place)}
        wrong: list[str] = []
        with _twin(origin, place) as one:
            found["one step"] = _timed(lambda: ready(one))[1]
            _tell_grown(counts, one)
            more, found["verify"] = after(origin, one, "in one step")
            wrong += more
            with _twin(one, place) as before:
                found["again"] = _timed(lambda: ready(one))[1]
                wrong += lost(before, one, "the second time", grown=False)
        found["killed"], found["finished"], more = _killed(origin, place, found["one step"])
        wrong += more
        found["through"], more = _through(origin, place, name)
        wrong += more + [f"{name}, {part}: {found[part]:.0f} s" for part in ("one step", "finished", "through") if found[part] > limit]
    for sentence in wrong:
        print(f"✗ {sentence}", flush=True)
    return found | {"wrong": wrong}


def _tell(name: str, counts: dict[str, int], spent: float) -> None:
    told = ", ".join(f"{table} {count:,}" for table, count in sorted(counts.items(), key=lambda one: -one[1]) if count)
    print(f"{name}: {sum(counts.values()):,} rows, filled in {spent:.0f} s: {told}", flush=True)


def _tell_grown(counts: dict[str, int], upgraded: Any) -> None:
    """The tables that have other numbers of rows after the upgrade; every one is compared row by row besides."""
    from bench import multiply

    with upgraded.cursor() as cursor:
        now = multiply.counted(cursor, "postgresql" if upgraded.url else "sqlite")
    other = [f"{table} {counts.get(table, 0):,} → {count:,}" for table, count in now.items() if counts.get(table, 0) != count]
    same = sum(counts.get(table) == count for table, count in now.items())
    print(f"  afterwards {same} tables have as many rows as before; {', '.join(other)}", flush=True)


def ready(release: Any) -> None:
    """What ``bihuan up`` does before it serves. Raises AssertionError when it would not have started."""
    from tests.upgrades.promises import READY

    release.run(READY)


def verified(release: Any) -> str:
    """What ``bihuan verify`` finds wrong, held against the checkpoints that the release delivered; where it delivered none, against new ones."""
    from tests.upgrades.promises import SEAL

    folder = release.home / "checkpoints"
    if not folder.exists():
        release.run(SEAL)
    done = subprocess.Popen(
        [sys.executable, "-m", "bihuan", "verify", "--checkpoints", str(folder)], env=_environment(release), cwd=release.home,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    said = done.communicate()[0]
    return "" if done.returncode == 0 else said


def after(origin: Any, upgraded: Any, how: str) -> tuple[list[str], float]:
    """What an upgrade lost, and what does not verify after it; how many seconds verifying took."""
    said, spent = _timed(lambda: verified(upgraded))
    return lost(origin, upgraded, how) + ([f"{how}: {said}"] if said else []), spent


def lost(before: Any, now: Any, how: str, *, grown: bool = True) -> list[str]:
    """Tables whose rows are not as they were, in the columns that both have; *grown*: the upgrade's own journal entries may have come."""
    from django.db import connection

    from bihuan.operations import state
    from tests.upgrades.promises import BOOKS, CHANGED, GROWN

    found = []
    with before.cursor() as old, now.cursor() as new:
        there = set(state.tables(new, connection.vendor))
        for table in sorted(set(state.tables(old, connection.vendor)) - BOOKS):
            if table not in there:
                found.append(f"{how}: {table} is gone")
                continue
            changed = {column.partition(".")[2] for column in CHANGED if column.startswith(f"{table}.")} if grown else set()
            names = [name for name in _columns(old, table) if name not in changed]
            if missing := sorted(set(names) - set(_columns(new, table))):
                found.append(f"{how}: {table} lost {', '.join(missing)}")
                continue
            until = _last(old, table) if grown and table in GROWN else None
            was = _sum_before(before, old, table, names, until)
            if was != (is_now := _sum(new, table, names, until)):
                found.append(f"{how}: {table} had {was[0]} rows and has {is_now[0]}, or other content")
        if _words_gone(old, new):
            found.append(f"{how}: documents of the search lost words")
    return found


def _columns(cursor: Any, table: str) -> list[str]:
    cursor.execute(f'SELECT * FROM "{table}" LIMIT 0')
    return [column[0] for column in cursor.description]


def _last(cursor: Any, table: str) -> int:
    cursor.execute(f'SELECT max(id) FROM "{table}"')
    return cursor.fetchone()[0] or 0


def _sum_before(release: Any, cursor: Any, table: str, names: list[str], until: int | None) -> tuple[int, int]:
    """The same for an installation that nobody changes any more, asked once."""
    key = table, tuple(names), until
    release.__dict__.setdefault("sums", {})
    if key not in release.sums:
        release.sums[key] = _sum(cursor, table, names, until)
    return release.sums[key]


def _sum(cursor: Any, table: str, names: list[str], until: int | None) -> tuple[int, int]:
    """How many rows, and the sum of their hashes: the same for the same rows in whatever order."""
    where = "" if until is None else f" WHERE id <= {until}"
    cursor.execute(f'SELECT {", ".join(f"{chr(34)}{name}{chr(34)}" for name in names)} FROM "{table}"{where}')
    count, total = 0, 0
    while rows := cursor.fetchmany(5000):
        count += len(rows)
        total += sum(int.from_bytes(hashlib.blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=16).digest()) for row in rows)
    return count, total


def _words_gone(old: Any, new: Any) -> int:
    """How many documents of the search lost a word; new marks may have come to them."""
    for cursor in (old, new):
        cursor.execute("SELECT id, words FROM lists_document ORDER BY id")
    kept = {pk: set(words.split(" ")) for pk, words in new.fetchall()}
    return sum(not set(words.split(" ")) <= kept.get(pk, set()) for pk, words in old.fetchall())


def _killed(origin: Any, place: Path, seconds: float) -> tuple[float, float, list[str]]:
    """(seconds until ``kill -9``, seconds of the next start, what is wrong). Again with less patience when it was done by then."""
    from tests.upgrades.promises import READY

    program = f"from bihuan.cli import start_django; start_django()\n{READY}"
    for part in (0.5, 0.4, 0.3, 0.2):
        with _twin(origin, place) as cut:
            upgrading = subprocess.Popen([sys.executable, "-c", program], env=_environment(cut), start_new_session=True)
            time.sleep(seconds * part)
            done = upgrading.poll() is not None
            if not done:
                os.killpg(upgrading.pid, signal.SIGKILL)
            upgrading.wait()
            if done:
                continue
            print(f"  killed after {seconds * part:.0f} s, {_applied(cut) - _applied(origin)} migrations in", flush=True)
            spent = _timed(lambda cut=cut: ready(cut))[1]
            return seconds * part, spent, after(origin, cut, "killed half way")[0]
    return 0, 0, ["killed half way: every time it was done before it was killed"]


def _applied(release: Any) -> int:
    with release.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        return cursor.fetchone()[0]


def _through(origin: Any, place: Path, name: str) -> tuple[float, list[str]]:
    """Seconds of going through the schema of every later kept release, each told by its own list of migrations; what is wrong."""
    from tests.upgrades.kept import RELEASES

    with _twin(origin, place) as walked:
        owner = type(walked)(walked.home, walked.owner, "")  # migrations are the owner's work
        started = time.monotonic()
        for later in RELEASES[RELEASES.index(name) + 1 :]:
            owner.run(THROUGH, json.dumps(_migrations(later, place)))
            print(f"  at the schema of {later}: {_applied(walked)} migrations", flush=True)
        ready(walked)
        spent = time.monotonic() - started
        return spent, after(origin, walked, "through each version")[0]


def _migrations(name: str, place: Path) -> list[tuple[str, str]]:
    """The last migration of each application that the release *name* had."""
    from tests.upgrades.kept import laid

    home = place / f"asked-{secrets.token_hex(3)}"
    with laid(name, home) as release, release.cursor() as cursor:
        cursor.execute("SELECT app, max(name) FROM django_migrations GROUP BY app ORDER BY min(id)")
        found = [tuple(row) for row in cursor.fetchall()]
    shutil.rmtree(home)
    return found


@contextmanager
def _twin(release: Any, place: Path) -> Iterator[Any]:
    """A copy of the installation, gone afterwards."""
    home = place / f"twin-{secrets.token_hex(3)}"
    shutil.copytree(release.home, home)
    try:
        if not release.url:
            yield type(release)(home, "", "")
            return
        with _twin_database(release) as (url, owner):
            yield type(release)(home, url, owner)
    finally:
        shutil.rmtree(home)


@contextmanager
def _twin_database(release: Any) -> Iterator[tuple[str, str]]:
    from django.db import connection
    from psycopg import sql

    from bihuan.operations import postgres

    own, served = (postgres.settings_of(address) | {"OPTIONS": {}} for address in (release.owner, release.url))
    admin = connection.settings_dict | {"NAME": "postgres"}
    name = f"bihuan_twin_{secrets.token_hex(6)}"
    with postgres.connected(admin) as server:
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
        server.execute(command.format(sql.Identifier(name), sql.Identifier(own["NAME"]), sql.Identifier(own["USER"])))
    try:
        yield postgres.url_of(served | {"NAME": name}), postgres.url_of(own | {"NAME": name})
    finally:
        with postgres.connected(admin) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _environment(release: Any) -> dict[str, str]:
    from bihuan.config.tests.program import environment

    return environment(release.home, **release.settings)


def _size(release: Any) -> int:
    if not release.url:
        return (release.home / "bihuan.sqlite3").stat().st_size
    with release.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return cursor.fetchone()[0]


def _floor(release: Any, place: Path) -> float:
    """Seconds of what no upgrade of all rows can undercut: a copy of the file, or dumping and loading with PostgreSQL's own tools."""
    started = time.monotonic()
    if not release.url:
        with (release.home / "bihuan.sqlite3").open("rb") as source, (place / "floor").open("wb") as target:
            shutil.copyfileobj(source, target, 2**20)
            os.fsync(target.fileno())
        (place / "floor").unlink()
        return time.monotonic() - started
    from django.db import connection

    from bihuan.operations import postgres

    admin = connection.settings_dict | {"NAME": "postgres"}
    with postgres.passing_database(admin, f"bihuan_floor_{secrets.token_hex(6)}") as empty:
        subprocess.run(["pg_dump", "--format=custom", f"--file={place / 'floor'}", release.owner], check=True)
        postgres.load(empty, place / "floor")
        spent = time.monotonic() - started
    (place / "floor").unlink()
    return spent


def _timed(what: Any) -> tuple[Any, float]:
    started = time.monotonic()
    answer = what()
    return answer, time.monotonic() - started


def table(found: list[dict[str, Any]]) -> list[str]:
    """The figures in Markdown, the floor beside them."""
    lines = [
        "| release | rows | size | in one step | killed after | finished by the next start | through each version | second run | verify | floor | wrong |",
        "|" + " --- |" * 11,
    ]
    for one in found:
        seconds = [f"{one[part]:.1f} s" for part in ("one step", "killed", "finished", "through", "again", "verify", "floor")]
        cells = [one["release"], f"{one['rows']:,}", f"{one['bytes'] / 2**20:,.0f} MiB", *seconds, len(one["wrong"]) or "nothing"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


if __name__ == "__main__":
    sys.exit(main())
