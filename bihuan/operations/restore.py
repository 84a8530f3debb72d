"""Restoring an archive into an empty place, and judging what came of it by a process of its own (#79, #82)."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

from bihuan.kernel.access.refusals import Conflict, Invalid

from . import archive, postgres

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Restored:
    """What was restored, and what is wrong with it: nothing, if it may be used."""

    manifest: archive.Manifest
    problems: list[str]


def restore(file: Path, home: Path, *, url: str = "", owner: str = "") -> Restored:
    """Lay the archive into the empty folder *home* and, for PostgreSQL, the empty database *url*; then verify.

    *owner*: the account that shall own the tables (default: *url*). Nothing is touched before the whole archive was read
    and agreed with its manifest. Raises Refusal for a target that is not empty, an archive that is broken, or newer.
    """
    if not file.is_file():
        raise Invalid(_("找不到文件 {file}，请核对路径。").format(file=file))
    if home.exists() and (not home.is_dir() or any(path.name != "lost+found" for path in home.iterdir())):
        raise Conflict(_("{home} 不是空目录，不会覆盖。请另给一个空目录。").format(home=home))
    manifest = archive.read(file)
    _refuse_newer(file, manifest)
    settings = _database(manifest, url, owner)
    with _filling(home) as place:
        _lay(file, place, manifest, settings)
    return Restored(manifest, judged(manifest, home, url=owner or url))


def _refuse_newer(file: Path, manifest: archive.Manifest) -> None:
    """By its migrations, not by its version number: those are what an older program does not understand."""
    ours = {config.label for config in apps.get_app_configs()}
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations or {}}
    unknown = [name for name in manifest.state["migrations"] if name not in known and name.split(".")[0] in ours]
    if unknown:
        told = {"file": file.name, "program": manifest.program, "names": "、".join(unknown[:3])}
        raise Conflict(_("{file} 比程序新（版本 {program}，含本程序不认识的 {names}）。请先安装新版程序再恢复。").format(**told))


def _database(manifest: archive.Manifest, url: str, owner: str) -> dict[str, Any] | None:
    """The settings of the empty database to load, None for SQLite."""
    if manifest.state["engine"] == "sqlite":
        if url:
            raise Conflict(_("这份备份来自 SQLite，不能恢复到 PostgreSQL。请去掉 DATABASE_URL 和 --database。"))
        return None
    if not url:
        raise Conflict(_("这份备份来自 PostgreSQL。请用 --database 给出一个空的数据库：postgres://…"))
    settings = postgres.settings_of(owner or url)
    if not postgres.is_empty(settings):
        raise Conflict(_("数据库 {name} 里已经有表，不会覆盖。请另建一个空的数据库。").format(name=settings["NAME"]))
    return settings


@contextmanager
def _filling(home: Path) -> Iterator[Path]:
    """A folder inside *home* (which may be a disk of its own) whose content moves up when the block ends well; else nothing remains."""
    is_new = not home.exists()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=home, prefix=".restore-") as passing:
            yield Path(passing)
            for part in Path(passing).iterdir():
                part.rename(home / part.name)
    except BaseException:
        if is_new:
            home.rmdir()
        raise


def _lay(file: Path, place: Path, manifest: archive.Manifest, settings: dict[str, Any] | None) -> None:
    archive.read(file, into=place)
    packed = place / manifest.database
    if settings is None:
        with gzip.open(packed, "rb") as raw, (place / "bihuan.sqlite3").open("wb") as out:
            shutil.copyfileobj(raw, out, 2**20)
            os.fsync(out.fileno())
        (place / "bihuan.sqlite3").chmod(0o600)
    else:
        postgres.load(settings, packed)
    packed.unlink()
    if (rest := place / "home").is_dir():
        for part in rest.iterdir():
            part.rename(place / part.name)
        rest.rmdir()


def judged(manifest: archive.Manifest, home: Path, *, url: str) -> list[str]:
    """What a process that runs on the restored installation, as the owner of its tables, finds wrong with it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATABASE_", "BIHUAN_HOME", "BIHUAN_MODE", "BIHUAN_FILES_S3"))
    }
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = kept | {"BIHUAN_HOME": str(home), "DATABASE_URL": url, "PYTHONPATH": paths}
    command = [sys.executable, "-c", "from bihuan.cli_backup import judge; judge()"]
    told = json.dumps(manifest.state)
    done = subprocess.run(command, env=environment, input=told, capture_output=True, text=True)  # noqa: S603 -- ourselves
    if done.returncode:
        return [_("核对没有做完：{problem}").format(problem=" ".join(done.stderr.split())[-500:])]
    return json.loads(done.stdout)
