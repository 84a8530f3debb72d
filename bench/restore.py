"""``python -m bench.restore``: a backup taken under load comes back on an empty machine, by the written instructions only (#79).

Makes an installation in DIR, fills it with requests and photos to GIGABYTES, serves it to clients that write, and takes ``bihuan backup``
meanwhile. Then that machine is gone (its home moved away, its database renamed), and the commands of docs/production.md, as they
stand there, restore the backup. Judged are rows, sums, files, journal, checkpoints, what was acknowledged before and after the backup,
signing in over HTTP, and a time limit that falls due on the new machine.

    python -m bench.restore --engine sqlite --gigabytes 10 --place /var/tmp

PostgreSQL: the server of DATABASE_URL, else one on 127.0.0.1:5432, with an account that may make databases and accounts. Everything
made is gone afterwards. Exit code 1 when something is not as it was, or took longer than the half hour allowed.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import load
from .writers import Writers

ROOT = Path(__file__).resolve().parent.parent
SERVER = "postgres://postgres@127.0.0.1:5432/postgres"
ALLOWED = 30 * 60  # seconds until somebody signs in again
PER_REQUEST = 33_000  # bytes of database, docs/capacity.md
AHEAD = 5  # seconds of load before the backup begins

FACTS = """
import json, sys
from django.db.models import Count, Sum
from bihuan.customers.models import Customer
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.files.models import Attachment
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.signing.models import Signature
from bihuan.service.models import CarryItem, ServiceRecord, ServiceRequest
kinds = {"entry": Entry, "request": ServiceRequest, "limit": Deadline}
last = json.loads(sys.argv[1]) or {name: kind.objects.latest("id").pk for name, kind in kinds.items()}
print(json.dumps({
    "last": last,
    "entries": Entry.objects.filter(pk__lte=last["entry"]).count(),
    "requests": ServiceRequest.objects.filter(pk__lte=last["request"]).aggregate(n=Count("pk"), visits=Sum("visits")),
    "customers": Customer.objects.count(),
    "carried": CarryItem.objects.aggregate(n=Count("pk"), sum=Sum("quantity")),
    "minutes": ServiceRecord.objects.aggregate(n=Count("pk"), labour=Sum("labour_minutes"), travel=Sum("travel_minutes")),
    "files": Attachment.objects.aggregate(n=Count("pk"), bytes=Sum("size")),
    "signatures": Signature.objects.count(),
    "limits": Deadline.objects.filter(pk__lte=last["limit"]).count(),
}, default=str))
"""
FRESH = """
import json, sys
from bihuan.kernel.deadlines.models import Deadline
from bihuan.service.models import ServiceRequest
asked = json.loads(sys.argv[1])
there = set(ServiceRequest.objects.filter(number__in=asked["before"] + asked["after"]).values_list("number", flat=True))
limit = Deadline.objects.get(record_number=asked["before"][0], clock="first_contact")
print(json.dumps({
    "lost": sorted(set(asked["before"]) - there), "too much": sorted(set(asked["after"]) & there),
    "limit": [limit.state, limit.due_at.isoformat(), limit.schedule],
}))
"""
DUE = """
import datetime as dt, json, sys
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.deadlines.sweep import sweep
limit = Deadline.objects.get(record_number=sys.argv[1], clock="first_contact")
sweep(limit.due_at + dt.timedelta(seconds=1))
limit.refresh_from_db()
print(json.dumps(bool(limit.breached_at)))
"""


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m bench.restore", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite")
    asked.add_argument("--gigabytes", type=float, default=10, help="of photos")
    asked.add_argument("--requests", type=int, default=20_000, help="with their whole history, about 33 kB each")
    asked.add_argument("--place", type=Path, default=Path(tempfile.gettempdir()), metavar="DIR")
    asked.add_argument("--port", type=int, default=8120)
    arguments = asked.parse_args()
    size = int(arguments.gigabytes * 10**9)
    if missing := lacking(arguments.place, size, arguments.requests):
        print(missing, file=sys.stderr)
        return 2
    with installation(arguments.place, arguments.engine) as made:
        found = measured(made, arguments.requests, size, arguments.port)
    print("\n".join(["", *table(found)]))
    for sentence in found["wrong"]:
        print(f"✗ {sentence}")
    return 1 if found["wrong"] else 0


def lacking(place: Path, size: int, requests: int) -> str:
    """Why there is no room, or "": the installation, its archive, and either a copy of the archive or what is restored."""
    need, free = 3.1 * (size + requests * PER_REQUEST), shutil.disk_usage(place).free
    return (
        ""
        if need < free
        else f"{place} has {free / 1e9:.1f} GB free; this needs {need / 1e9:.1f} GB. Choose another --place or less --gigabytes."
    )


class Machine:
    """A home and, on PostgreSQL, a database with two accounts; empty addresses on SQLite."""

    def __init__(self, home: Path, url: str = "", owner: str = "") -> None:
        self.home, self.url, self.owner = home, url, owner

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("BIHUAN_", "DATABASE_", "DJANGO_"))}
        addresses = {"DATABASE_URL": self.url} | ({"DATABASE_OWNER_URL": self.owner} if self.owner else {})
        own = {"BIHUAN_HOME": str(self.home), "BIHUAN_MODE": "demo", "BIHUAN_RATE": "0", "PYTHONPATH": str(ROOT)}
        return kept | own | addresses | more

    def run(self, program: str, *arguments: str) -> Any:
        """What a few lines print last, as data. They run as the owner, who may read everything."""
        lines = f"from bihuan.cli import start_django; start_django()\n{program}"
        return _told([sys.executable, "-c", lines, *arguments], self.environment(DATABASE_URL=self.owner or self.url))

    def module(self, name: str, *arguments: str) -> Any:
        """The same for a module of the bench."""
        return _told([sys.executable, "-m", name, *arguments], self.environment(DATABASE_URL=self.owner or self.url))

    @contextmanager
    def serving(self, port: int) -> Iterator[None]:
        """``bihuan up`` with its worker, until the block ends."""
        command = [sys.executable, "-m", "bihuan", "up", "--port", str(port)]
        with (self.home.parent / f"{self.home.name}.log").open("w") as log:
            server = subprocess.Popen(command, env=self.environment(), cwd=self.home, stdout=log, stderr=log)
            try:
                load.wait_for(port, 180)
                yield
            finally:
                server.terminate()
                server.wait(60)


def _told(command: list[str], environment: dict[str, str]) -> Any:
    done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def installation(place: Path, engine: str) -> Iterator[tuple[Path, Machine, Machine]]:
    """A folder, an empty machine, and another one that is not there yet (its home) or empty (its database); all gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="bihuan-restore-", dir=place))
    (folder / "old").mkdir()
    try:
        if engine == "sqlite":
            yield folder, Machine(folder / "old"), Machine(folder / "new")
            return
        with _databases(f"bihuan_rto_{secrets.token_hex(4)}") as (old, new):
            yield folder, Machine(folder / "old", *old), Machine(folder / "new", *new)
    finally:
        shutil.rmtree(folder)


@contextmanager
def _databases(name: str) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Addresses (runtime, owner) of two empty databases, made as docs/production.md says."""
    import psycopg

    server = os.environ.get("DATABASE_URL") or SERVER
    roles, names = (f"{name}_runtime", f"{name}_owner"), (f"{name}_old", f"{name}_new")
    where = server.rpartition("@")[2].partition("/")[0]
    with psycopg.connect(server.rpartition("/")[0] + "/postgres", autocommit=True) as admin:
        try:
            for role in roles:
                admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'for-the-bench'")
            for database in names:
                admin.execute(f"CREATE DATABASE {database} OWNER {roles[1]}")
            old, new = (tuple(f"postgres://{role}:for-the-bench@{where}/{database}" for role in roles) for database in names)
            yield old, new  # type: ignore[misc]
        finally:
            for database in names:
                admin.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            for role in roles:
                admin.execute(f"DROP ROLE IF EXISTS {role}")


def measured(made: tuple[Path, Machine, Machine], requests: int, size: int, port: int) -> dict[str, Any]:
    """Fill, back up under load, restore, judge: seconds of each part, and under ``wrong`` a sentence for each thing that is not as it was."""
    folder, old, new = made
    found: dict[str, Any] = {"requests": requests}
    known = _timed(found, "seeding", lambda: old.module("bench.prepare", str(requests)))
    photos = _timed(found, "photos", lambda: old.module("bench.photos", str(size)))
    _say(found, f"{photos['files']:,} photos, {photos['bytes'] / 1e9:.2f} GB")
    facts = old.run(FACTS, "null")
    with old.serving(port):
        archive, writers = _backed_up(found, old, folder / "backups", port, known)
    found |= {"archive": archive.stat().st_size, "database": _database_size(old), "files": photos["files"], "bytes": photos["bytes"]}
    limit = old.run(FRESH, json.dumps({"before": writers.before, "after": writers.after}))["limit"]
    _timed(found, "floor", lambda: _copied(archive))
    shutil.rmtree(old.home)  # that machine is gone
    said = _timed(found, "restore", lambda: follow("restore", folder / "backups", new, archive))
    _say(found, said.strip())
    found["wrong"] = list(_judged(found, new, port, photos, facts, writers, limit))
    found["back"] = found["restore"] + found["start and sign in"]
    if found["back"] > ALLOWED:
        found["wrong"].append(f"back after {found['back']:.0f} s, allowed are {ALLOWED}")
    return found


def _timed(found: dict[str, Any], part: str, what: Any) -> Any:
    started = time.monotonic()
    answer = what()
    found[part] = time.monotonic() - started
    print(f"{part}: {found[part]:.1f} s", flush=True)
    return answer


def _say(_found: dict[str, Any], sentence: str) -> None:
    print(f"  {sentence}", flush=True)


def _backed_up(found: dict[str, Any], old: Machine, backups: Path, port: int, known: dict[str, Any]) -> tuple[Path, Writers]:
    """The archive, taken by the written command while clients write, and what these were told."""
    with Writers(port, known) as writers:
        time.sleep(AHEAD)
        writers.mark("during")
        said = _timed(found, "backup", lambda: follow("backup", backups, old))
        writers.mark("afterwards")
        time.sleep(AHEAD)
    _say(found, said.strip())
    found["load"] = writers.rates()
    (archive,) = backups.glob("bihuan-*.tar")
    return archive, writers


def follow(beginning: str, backups: Path, machine: Machine, archive: Path | None = None) -> str:
    """Run the command of docs/production.md that begins so, with its places replaced by ours; what it said. Raises CalledProcessError."""
    places = {"/srv/backups": str(backups), "/srv/bihuan": str(machine.home)}
    words = written(beginning, postgresql=bool(machine.owner))
    filled = [
        str(archive) if word.endswith(".tar") else machine.owner if word.startswith("postgres://") else places.get(word, word)
        for word in words
    ]
    environment = machine.environment()
    if archive:  # an empty machine: nothing is set but what the command itself says
        environment = {name: value for name, value in environment.items() if not name.startswith(("BIHUAN_HOME", "DATABASE_"))}
    done = subprocess.run([sys.executable, "-m", "bihuan", *filled], env=environment, cwd=backups.parent, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"bihuan {' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def written(beginning: str, *, postgresql: bool) -> list[str]:
    """The words of the command in the manual. Raises LookupError when it no longer stands there."""
    text = (ROOT / "docs" / "production.md").read_text(encoding="utf-8")
    lines = [line.partition("#")[0].split()[1:] for line in re.findall(rf"^bihuan {beginning} .*$", text, re.MULTILINE)]
    fitting = [words for words in lines if beginning == "backup" or ("--database" in words) == postgresql]
    if not fitting:
        raise LookupError(f"docs/production.md no longer says: bihuan {beginning}")
    return fitting[0]


def _database_size(machine: Machine) -> int:
    if not machine.owner:
        return (machine.home / "bihuan.sqlite3").stat().st_size
    import psycopg

    with psycopg.connect(machine.owner) as database:
        return (database.execute("SELECT pg_database_size(current_database())").fetchone() or (0,))[0]


def _copied(archive: Path) -> None:
    """What nothing that restores can undercut: the same bytes, read, written and synced once."""
    copy = archive.with_suffix(".copy")
    with archive.open("rb") as source, copy.open("wb") as target:
        shutil.copyfileobj(source, target, 2**20)
        os.fsync(target.fileno())
    copy.unlink()


def _judged(
    found: dict[str, Any], new: Machine, port: int, photos: dict[str, Any], facts: dict[str, Any], writers: Writers, limit: list[Any]
) -> Iterator[str]:
    """A sentence for each thing that is not as it was at the moment of the backup."""
    started = time.monotonic()
    with new.serving(port):
        if not signed_in(port, photos["username"], photos["password"]):
            yield "nobody can sign in"
        found["start and sign in"] = time.monotonic() - started
        said = _timed(found, "verify", lambda: verified(new))
        _say(found, said["said"])
        yield from said["wrong"]
    now = new.run(FACTS, json.dumps(facts["last"]))
    yield from different(facts, now)
    fresh = new.run(FRESH, json.dumps({"before": writers.before, "after": writers.after}))
    yield from (f"{number} was acknowledged before the backup and is not there" for number in fresh["lost"])
    yield from (f"{number} came after the backup and is there" for number in fresh["too much"])
    if fresh["limit"] != limit:
        yield f"the time limit of {writers.before[0]}: {limit} before, {fresh['limit']} now"
    if not new.run(DUE, writers.before[0]):
        yield f"the time limit of {writers.before[0]} does not fall due"


def different(facts: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """The counts and sums that are not as they were."""
    return [f"{name}: {was} before, {now[name]} now" for name, was in facts.items() if now[name] != was]


def signed_in(port: int, username: str, password: str) -> bool:
    """Whether the page of signing in lets this person in."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    page = browser.open(f"http://127.0.0.1:{port}/login/", timeout=60).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    form = {"username": username, "password": password, "csrfmiddlewaretoken": token[1] if token else ""}
    sent = urllib.request.Request(f"http://127.0.0.1:{port}/login/", urllib.parse.urlencode(form).encode())
    with browser.open(sent, timeout=60) as answer:
        return answer.status == 200 and "/login/" not in answer.url


def verified(machine: Machine) -> dict[str, Any]:
    """What ``bihuan verify`` says, held against the checkpoints that came back with the home."""
    command = [sys.executable, "-m", "bihuan", "verify", "--checkpoints", str(machine.home / "checkpoints"), "--json"]
    done = subprocess.run(command, env=machine.environment(), cwd=machine.home, capture_output=True, text=True)
    if done.returncode == 2 or not done.stdout:
        return {"said": "", "wrong": [done.stderr + done.stdout]}
    told = json.loads(done.stdout)
    return {"said": ", ".join(f"{name} {count:,}" for name, count in told["counted"].items()), "wrong": told["findings"][:20]}


def table(found: dict[str, Any]) -> list[str]:
    """The figures in Markdown, the floor beside them."""
    parts = ("seeding", "photos", "backup", "restore", "start and sign in", "back", "verify", "floor")
    size = f"{found['archive'] / 1e9:.2f} GB ({found['files']:,} photos, {found['bytes'] / 1e9:.2f} GB; database {found['database'] / 1e9:.2f} GB)"
    return [
        f"Archive {size}; load: {found['load']}", "", "| part | seconds |", "| --- | --- |",
        *(f"| {part} | {found[part]:.1f} |" for part in parts),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
