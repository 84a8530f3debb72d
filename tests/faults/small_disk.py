"""A disk that a test can fill, and a PostgreSQL of its own of which a part lies there."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bihuan.config.tests.program import free_port
from tests.growth.cluster import TOOLS, tool

MB = 2**20


@dataclass(frozen=True)
class Disk:
    """``fill`` leaves no byte free, ``empty`` takes the filling away."""

    folder: Path

    @property
    def filling(self) -> Path:
        return self.folder / "somebody-else-s"

    def fill(self) -> None:
        with contextlib.suppress(OSError), self.filling.open("ab", buffering=0) as file:
            for piece in (MB, 4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"x" * piece):
                        pass

    def empty(self) -> None:
        self.filling.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Disk]:
    """A file system of that size at *folder*. Skips, and says so, where none can be mounted."""
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("a full disk skipped: mounting one needs root")
    folder.mkdir(parents=True, exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], capture_output=True).returncode:
        pytest.skip("a full disk skipped: no tmpfs can be mounted here")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server of our own: ``url`` of an empty database, ``disk`` that holds its tables or its log."""

    url: str
    disk: Disk
    folder: Path
    options: str

    def start(self) -> None:
        tool("pg_ctl", "-D", self.folder, "-w", "-t", "60", "-l", self.folder.with_suffix(".log"), "-o", self.options, "start")

    def stop(self) -> None:
        if (self.folder / "postmaster.pid").exists():
            tool("pg_ctl", "-D", self.folder, "-m", "immediate", "stop")

    def said(self) -> str:
        return self.folder.with_suffix(".log").read_text()


@contextmanager
def cluster(part: str, megabytes: int) -> Iterator[Cluster]:
    """*part* on the small disk: ``tables`` (a tablespace, the log of transactions elsewhere) or ``log`` (pg_wal)."""
    if not TOOLS:
        pytest.skip("a full disk of PostgreSQL skipped: no PostgreSQL server found (apt-get install postgresql)")
    place = Path(tempfile.mkdtemp(prefix="bihuan-small-"))
    shutil.chown(place, "postgres")
    try:
        with small_disk(place / "small", megabytes) as disk:
            shutil.chown(disk.folder, "postgres")
            inside = disk.folder / "of-postgres"
            port, where = free_port(), ["--waldir", inside] if part == "log" else []
            initdb = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--wal-segsize=1", *where)
            tool("initdb", "-D", place / "main", "-U", "postgres", *initdb)
            options = f"-p {port} -c listen_addresses=127.0.0.1 -k {place} -c min_wal_size=2MB -c max_wal_size=8MB"
            made = Cluster(f"postgres://postgres@127.0.0.1:{port}/bihuan", disk, place / "main", options)
            made.start()
            try:
                _database(made, port, inside if part == "tables" else None)
                yield made
            finally:
                made.stop()
    finally:
        shutil.rmtree(place)


def _database(made: Cluster, port: int, tablespace: Path | None) -> None:
    if tablespace:
        tablespace.mkdir(mode=0o700)
        shutil.chown(tablespace, "postgres")
    asked = [f"CREATE TABLESPACE small LOCATION '{tablespace}'"] if tablespace else []
    if not tablespace:  # a copy that is away: the log is kept for it, and grows
        asked = ["SELECT pg_create_physical_replication_slot('away', true)"]
    asked += ["CREATE DATABASE bihuan TEMPLATE template0" + (" TABLESPACE small" if tablespace else "")]
    for statement in asked:
        tool("psql", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "-c", statement, "postgres")
