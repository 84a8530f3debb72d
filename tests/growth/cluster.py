"""A PostgreSQL server and a copy that follows it, both our own and gone afterwards."""

from __future__ import annotations

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

TOOLS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[4].split(".")[0]))


@dataclass(frozen=True)
class Pair:
    """The addresses of the primary and of the copy, and the folder of the copy."""

    primary: str
    copy: str
    copy_folder: Path

    def stop_copy(self) -> None:
        tool("pg_ctl", "-D", self.copy_folder, "-m", "immediate", "stop")


def tool(name: str, *arguments: object) -> None:
    """Run one of PostgreSQL's tools as an account that it accepts. Its words go to a file: a server keeps the pipe of its parent open."""
    owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run([*owner, str(TOOLS[-1] / name), *map(str, arguments)], cwd="/", stdout=said, stderr=subprocess.STDOUT)
        said.seek(0)
        assert done.returncode == 0, said.read()


@contextmanager
def pair() -> Iterator[Pair]:
    """A primary and a streaming copy on free ports. Skips where PostgreSQL's server is not installed."""
    if not TOOLS:
        pytest.skip("replica skipped: no PostgreSQL server found (apt-get install postgresql)")
    place = Path(tempfile.mkdtemp(prefix="bihuan-pair-"))
    if os.geteuid() == 0:
        shutil.chown(place, "postgres")
    main, copy = place / "main", place / "copy"
    ports = {main: free_port(), copy: free_port()}
    running = []
    try:
        tool("initdb", "-D", main, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        _start(main, ports[main], place)
        running.append(main)
        tool(
            "pg_basebackup",
            "-D",
            copy,
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
            "-h",
            "127.0.0.1",
            "-p",
            ports[main],
            "-U",
            "postgres",
            "--no-sync",
        )
        _start(copy, ports[copy], place)
        running.append(copy)
        addresses = [f"postgres://postgres@127.0.0.1:{ports[folder]}/bihuan" for folder in (main, copy)]
        yield Pair(*addresses, copy)
    finally:
        for folder in reversed(running):
            if (folder / "postmaster.pid").exists():
                tool("pg_ctl", "-D", folder, "-m", "immediate", "stop")
        shutil.rmtree(place)


def _start(folder: Path, port: int, sockets: Path) -> None:
    tool(
        "pg_ctl",
        "-D",
        folder,
        "-w",
        "-l",
        folder.with_suffix(".log"),
        "-o",
        f"-p {port} -c listen_addresses=127.0.0.1 -k {sockets}",
        "start",
    )
