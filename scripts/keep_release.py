"""Keeps a release for the upgrade tests:  scripts/keep_release.py NAME [--source CHECKOUT]

Builds, with the program of CHECKOUT (default: this one), the demo company with ugly rows on both engines, and packs each
as tests/upgrades/kept/NAME.<engine>.tar.xz: the database (an SQLite file; pg_dump's plain text) and what lay at home
(attachments, invented keys, checkpoints). Run it once for each release, on the day of the release, and commit the files.
PostgreSQL: the server on 127.0.0.1:5432 unless KEEP_SERVER=postgres://user@host:port says otherwise.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "tests" / "upgrades" / "kept"
SERVER = os.environ.get("KEEP_SERVER", "postgres://postgres@127.0.0.1:5432")
NOT_KEPT = ("static", "bihuan.sqlite3", "thumbnails", "incoming", "fonts")

# Runs with the program of the release, so it uses only what every release has.
BUILD = """
from bihuan.cli import start_django
start_django()
import datetime as dt, io, importlib.util
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.utils import timezone
call_command("migrate", verbosity=0)
from bihuan.customers.models import Customer, Site
from bihuan.demo import pictures
from bihuan.demo.build import build
from bihuan.kernel import journal
from bihuan.kernel.access.actors import actor_for, system
from bihuan.kernel.access.tokens import issue
from bihuan.kernel.files.store import attach
from bihuan.organisation.models import Branch, Person
from bihuan.service.domain import request as requests
from bihuan.service.models import ServiceRequest
build(io.StringIO(), thin=4)

UGLY = [
    "𠮷野 龘", "O'Brien \\"三\\" \\\\ %s {0} <b>&amp;", "\\u202eتجربة\\u202c العربية", "e\\u0301\\u200d👩🏽‍🔧 𝔘𝔤𝔩𝔶", "长" * 60, " 前后空格 ",
    "'; DROP TABLE x; --", "NULL", "0",
]
home = Branch.objects.get(code="HD")
desk, lead = (actor_for(Person.objects.get(username=name)) for name in ("zhoumin", "lijg"))
for number, name in enumerate(UGLY):
    someone = Person.objects.create_person(f"ugly.{number}", name[:30], "a phrase nobody uses", home_branch=home)
    hasher = ("argon2", "pbkdf2_sha256")[number % 2]
    Person.objects.filter(pk=someone.pk).update(password=make_password("old hash", hasher=hasher) if number else make_password(None))
    customer = Customer.objects.create(number=f"UGLY-{number}", name=name, short_name="", note="\\r\\n\\t" if number % 2 else "")
    site = Site.objects.create(customer=customer, name=name[:40], branch=home, address="")
    now = timezone.now() - dt.timedelta(days=40, microseconds=number)
    with journal.unit():
        call = ServiceRequest(customer=customer, site=site, branch=home, fault=name * 20, called_at=now, caller_phone="")
        request = requests.register(call, by=desk, at=now)
        attach(request, pictures.signature(name[:3])[0], kind="scan", by=desk, name=f"../{name[:20]}\\u202egpj.png")
    if number % 3 == 0:
        requests.cancel(request, by=lead, at=timezone.now(), reason=name)
issue(Person.objects.get(username="zhoumin"), "旧令牌 𠮷")
assert not ServiceRequest.objects.exclude(source_key="").exists(), "nobody's conversations are kept"
if importlib.util.find_spec("bihuan.kernel.proof"):
    from bihuan.kernel.proof.deliver import deliver
    from bihuan.kernel.proof.seal import seal
    seal(), deliver()
"""


def keep(name: str, source: Path, engine: str) -> Path:
    """Build and pack one engine's; the file."""
    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "home"
        home.mkdir()
        packed = KEPT / f"{name}.{engine}.tar.xz"
        if engine == "sqlite":
            _build(source, home, "")
            database = home / "database.sqlite3"
            _program(
                "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('VACUUM INTO ?', [sys.argv[2]])",
                home / "bihuan.sqlite3",
                database,
            )
        else:
            database = _postgresql(source, home, f"bihuan_keep_{os.getpid()}")
        with tarfile.open(packed, "w:xz", preset=9, format=tarfile.PAX_FORMAT) as tar:
            for path in sorted(home.rglob("*")):
                parts = path.relative_to(home).parts
                if path.is_file() and not any(part.startswith(NOT_KEPT) for part in parts):
                    tar.add(path, str(path.relative_to(home)), filter=_nobody)
    return packed


def _nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _postgresql(source: Path, home: Path, database: str) -> Path:
    subprocess.run(["psql", "-qd", f"{SERVER}/postgres", "-c", f"CREATE DATABASE {database} TEMPLATE template0"], check=True)
    try:
        _build(source, home, f"{SERVER}/{database}")
        options = ["--no-owner", "--no-privileges", "--inserts", "--rows-per-insert=100"]
        dumped = subprocess.run(["pg_dump", *options, f"{SERVER}/{database}"], check=True, capture_output=True, text=True).stdout
    finally:
        subprocess.run(["psql", "-qd", f"{SERVER}/postgres", "-c", f"DROP DATABASE {database} WITH (FORCE)"], check=True)
    path = home / "database.sql"
    path.write_text(
        "".join(line for line in dumped.splitlines(keepends=True) if not line.startswith("\\")), encoding="utf-8"
    )  # psql's own commands
    return path


def _build(source: Path, home: Path, url: str) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("BIHUAN_", "DATABASE_", "DJANGO_"))}
    settings = {"BIHUAN_HOME": str(home), "BIHUAN_MODE": "demo", "DATABASE_URL": url, "PYTHONPATH": str(source)}
    subprocess.run([sys.executable, "-c", BUILD], env=plain | settings, cwd=source, check=True)


def _program(text: str, *arguments: Path) -> None:
    subprocess.run([sys.executable, "-c", text, *map(str, arguments)], check=True)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("name", help="the release, 0.1.0")
    asked.add_argument("--source", type=Path, default=ROOT, help="a checkout of that release")
    arguments = asked.parse_args()
    KEPT.mkdir(parents=True, exist_ok=True)
    for engine in ("sqlite", "postgresql"):
        path = keep(arguments.name, arguments.source.resolve(), engine)
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
