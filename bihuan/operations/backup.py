"""Taking a backup: database, files, manifest; read back; copied elsewhere; old ones cleared away; recorded (#79, #80)."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.config import env
from bihuan.kernel.access.refusals import Conflict, Refusal
from bihuan.kernel.files import disk
from bihuan.kernel.files.check import may_be_gone

from . import archive, snapshot
from .models import Run
from .record import recorded

NAME = re.compile(r"bihuan-(\d{8})-(\d{6})(-\d+)?\.tar")
KEEP, MONTHS = 14, 12  # the newest ones, and the last of each of so many months
NOT_KEPT = ("static", "files", "backups")  # made anew, added by the database's own list, or backups themselves


@dataclass(frozen=True)
class Made:
    """``problems``: what the administrator must know although the archive is there."""

    path: Path
    size: int
    problems: list[str]


def folder() -> Path:
    """Where backups go unless the command says otherwise: BIHUAN_BACKUP_TO, else ``backups`` at home."""
    return Path(env.text("BIHUAN_BACKUP_TO") or Path(settings.HOME) / "backups")


def back_up(to: Path, *, by: str, night: date | None = None) -> Made:
    """Take one into *to* and copy it to BIHUAN_BACKUP_COPY. Others go on working meanwhile.

    Raises Refusal with what is wrong and what to do; the failure is recorded as well. *by*: who asked, for the journal.
    """
    with recorded(Run.Kind.BACKUP, by=by, night=night) as run:
        try:
            made = _made(to)
        except OSError as problem:
            raise Conflict(
                _("备份没有写成：{problem}。请检查 {folder} 的权限和剩余空间。").format(problem=problem.strerror or problem, folder=to)
            )
        problems = [*made.problems, *_copied(made.path)]
        for place in filter(None, (to, _elsewhere())):
            clear_old(place)
        run.archive, run.size, run.ok, run.said = str(made.path), made.size, not problems, "\n".join(problems)
        return Made(made.path, made.size, problems)


def _made(to: Path) -> Made:
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    moment = timezone.now()  # what comes later is not promised
    path = _free_name(to, moment)
    partial = path.with_name(f".{path.name}.partial")
    writer = archive.Writer(partial)
    promised = _checkpoints()
    try:
        with tempfile.TemporaryDirectory(dir=to, prefix=".snapshot-") as passing:
            taken = snapshot.take(Path(passing))
            writer.add(taken.member, taken.path)
        damaged = list(_add_attachments(writer, taken.files))
        for file in _rest(to, promised):
            writer.add(f"home/{file.relative_to(settings.HOME)}", file)
        said = {"made_at": moment.isoformat(), "program": program(), "database": taken.member}
        writer.seal(said | {"state": taken.state.as_data(), "damaged": damaged})
        archive.read(partial)  # what cannot be read back is no backup
        partial.replace(path)
        _settle(to)
    except BaseException:
        writer.abandon()
        partial.unlink(missing_ok=True)
        raise
    problems = [_("附件 {hash} 缺失或已损坏，备份里也没有好的。").format(hash=one) for one in damaged]
    return Made(path, path.stat().st_size, problems)


def program() -> str:
    """The version of this program."""
    try:
        return version("bihuan")
    except PackageNotFoundError:  # run from its source
        text = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
        return re.findall(r'^version = "(.+)"', text, re.MULTILINE)[0]


def _free_name(to: Path, now: datetime) -> Path:
    stem = f"bihuan-{now:%Y%m%d-%H%M%S}"
    names = (to / f"{stem}{f'-{number}' if number else ''}.tar" for number in range(1000))
    return next(path for path in names if not path.exists())


def _add_attachments(writer: archive.Writer, hashes: list[str]) -> Iterator[str]:
    """Add what the database names; those that are missing or not what they were."""
    for sha256 in hashes:
        path = disk.fetched(sha256)
        if not path.is_file() and may_be_gone(sha256):
            continue
        if not path.is_file() or writer.add(f"files/{path.relative_to(disk.root())}", path) != sha256:
            yield sha256


def _checkpoints() -> set[Path]:
    """Those that lie there by now. One that arrives later may promise entries that the database's copy does not have yet."""
    return {path for path in Path(settings.CHECKPOINT_DIR).rglob("*") if path.is_file()}


def _rest(to: Path, promised: set[Path]) -> Iterator[Path]:
    """Everything else at home: the secret key, the logo, keys that others lay there, and of the checkpoints those in *promised*."""
    home, witness = Path(settings.HOME), Path(settings.CHECKPOINT_DIR)
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).parts[0]
        ours = name in NOT_KEPT or name.startswith((".", "bihuan.sqlite3", "test.sqlite3")) or path.is_relative_to(to.resolve())
        late = path.is_relative_to(witness) and path not in promised
        if not ours and not late and path.is_file() and not path.is_symlink():
            yield path


def _settle(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _elsewhere() -> Path | None:
    return Path(text) if (text := env.text("BIHUAN_BACKUP_COPY")) else None


def _copied(path: Path) -> list[str]:
    """Copy to the second folder and read the copy back; what went wrong."""
    if (place := _elsewhere()) is None:
        return []
    partial = place / f".{path.name}.partial"
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(path, partial)
        partial.chmod(0o600)
        archive.read(partial)
        partial.replace(place / path.name)
        _settle(place)
    except (OSError, Refusal) as problem:
        with contextlib.suppress(OSError):
            partial.unlink()
        return [
            _("没能复制到 {place}：{problem}。本机的备份是好的。").format(
                place=place, problem=getattr(problem, "strerror", None) or problem
            )
        ]
    return []


def clear_old(place: Path, keep: int | None = None) -> list[str]:
    """Remove what need not be kept any more: all but the newest *keep* and the last of each of the latest twelve months."""
    if not place.is_dir():
        return []
    keep = max(1, env.number("BIHUAN_BACKUP_KEEP", KEEP) if keep is None else keep)
    names = sorted((path.name for path in place.iterdir() if NAME.fullmatch(path.name)), reverse=True)
    last_of_month: dict[str, str] = {}
    for name in names:
        last_of_month.setdefault(name[7:13], name)
    kept = {*names[:keep], *list(last_of_month.values())[:MONTHS]}
    gone = [name for name in names if name not in kept]
    for name in gone:
        (place / name).unlink()
    return gone
