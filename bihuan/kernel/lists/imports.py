"""Imports: declared columns, every bad row named before anything is written, the whole file in one transaction, once.

    register_importer(Importer(
        "customers", _("客户"),
        columns=[ImportColumn("name", _("客户名称"), required=True, parse=text(120)), ImportColumn("since", _("合作日期"), parse=day())],
        check=lambda rows, actor: duplicates_of(rows), write=lambda rows, actor: create_customers(rows, by=actor),
        may=lambda actor: actor.holds("service_desk", None),
    ))

A column that is not declared (branch, owner, state, signature, history …) is refused by its name (#5).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..access.actors import Actor
from ..access.refusals import Conflict, Invalid, NotAllowed, NotFound, Refusal
from ..journal import append_plain, unit
from .import_rows import ImportColumn, ImportRow, RowError, folded, places, read_row
from .models import ImportRun
from .reading import read_table

__all__ = ["ImportColumn", "ImportReport", "ImportRow", "Importer", "RowError", "at_row", "register_importer", "run_import"]
PREVIEW_KEPT = dt.timedelta(hours=24)


@dataclass(frozen=True)
class Importer:
    """What can be imported. *check* looks at all readable rows together (doubles, unknown customers, foreign branches),
    in a fixed number of statements; *write* stores the good ones through the domain's own verbs, inside the transaction."""

    kind: str
    title: Any
    columns: Sequence[ImportColumn]
    write: Callable[[list[ImportRow], Actor], object]
    may: Callable[[Actor], bool]
    check: Callable[[list[ImportRow], Actor], Iterable[RowError]] = lambda rows, actor: ()
    done_url: str = ""


@dataclass(frozen=True)
class Examined:
    """A file understood: the rows without fault, the faults, and how many rows there are."""

    good: list[ImportRow]
    errors: list[RowError]
    total: int

    @property
    def bad(self) -> int:
        return self.total - len(self.good)


@dataclass(frozen=True)
class ImportReport:
    """What an import did, or would do (``dry_run``)."""

    kind: str
    file_name: str
    rows: int
    written: int
    skipped: int
    errors: list[RowError]
    dry_run: bool = False

    def lines(self) -> list[str]:
        """The report as sentences, one a line, faults first."""
        faults = [
            _("第 %(number)s 行 %(column)s “%(value)s”：%(sentence)s")
            % {"number": error.number, "column": error.column, "value": error.value, "sentence": error.sentence}
            for error in self.errors
        ]
        figures = {"rows": self.rows, "written": self.written, "skipped": self.skipped}
        told = _("共 %(rows)s 行，写入 %(written)s 行，有错误 %(skipped)s 行。") % figures
        return [*faults, _("试运行：") + told if self.dry_run else told]


importers: dict[str, Importer] = {}


def register_importer(importer: Importer) -> Importer:
    """Make an importer known under its kind. Raises ValueError when two columns share a heading."""
    labels = [folded(column.label) for column in importer.columns]
    if len(set(labels)) < len(labels):
        raise ValueError(f"importer {importer.kind!r}: two columns with one heading")
    importers[importer.kind] = importer
    return importer


def importer_for(kind: str, actor: Actor) -> Importer:
    """The importer of that kind. Raises NotFound, or NotAllowed for who may not import it."""
    if (importer := importers.get(kind)) is None:
        raise NotFound(_("没有这种导入，请从菜单里选择。"))
    if not (actor.is_system or importer.may(actor)):  # the command line's user holds the database in hand anyway
        raise NotAllowed(_("您的角色不能导入“%(title)s”。如工作需要，请联系系统管理员。") % {"title": importer.title})
    return importer


def examine(importer: Importer, data: bytes, actor: Actor) -> Examined:
    """Read and check a file without writing anything. Raises Invalid when the file or its columns cannot be accepted."""
    table = read_table(data)
    there = places(importer.columns, table.headings)
    empty = dict.fromkeys(column.name for column in importer.columns)
    rows: list[ImportRow] = []
    errors: list[RowError] = []
    for number, cells in table.rows:
        values, wrong = read_row(number, cells, there)
        errors += wrong
        if not wrong:
            typed = {column.name: cells[at] for at, column in there.items() if at < len(cells)}
            rows.append(ImportRow(number, empty | values, typed))
    errors += importer.check(rows, actor)
    bad = {error.number for error in errors}
    return Examined([row for row in rows if row.number not in bad], sorted(errors, key=lambda error: error.number), len(table.rows))


def upload(importer: Importer, file_name: str, data: bytes, actor: Actor) -> ImportRun:
    """Keep a file for its preview. Raises Invalid when it cannot be read. Previews nobody confirmed vanish after a day."""
    examined = examine(importer, data, actor)
    now = timezone.now()
    ImportRun.objects.filter(status=ImportRun.Status.PREVIEW, created_at__lt=now - PREVIEW_KEPT).delete()
    return ImportRun.objects.create(
        kind=importer.kind,
        person_id=actor.person_id,
        file_name=_file_name(file_name),
        sha256=hashlib.sha256(data).hexdigest(),
        content=data,
        created_at=now,
        rows=examined.total,
    )


def same_file(run: ImportRun) -> ImportRun | None:
    """The earlier import of the same file, if there was one."""
    return ImportRun.objects.filter(kind=run.kind, sha256=run.sha256, status=ImportRun.Status.DONE).first()


def confirm(importer: Importer, run: ImportRun, actor: Actor, *, skip_bad: bool = False, forced: bool = False) -> ImportReport:
    """Write a previewed file: all of it, or with *skip_bad* its good rows, or nothing. Journalled.

    Raises Invalid for bad rows not skipped, Conflict when the same file was imported before (unless *forced*) or someone was faster.
    """
    before = same_file(run)
    if before is not None and not forced:
        raise Conflict(_again(before))
    try:
        with unit():
            return _write(importer, run, actor, skip_bad=skip_bad, forced=before is not None)
    except IntegrityError as problem:
        raise Conflict(_("写入时与别人刚保存的内容冲突，什么也没有写入。请重新上传并核对预览。")) from problem


def _write(importer: Importer, run: ImportRun, actor: Actor, *, skip_bad: bool, forced: bool) -> ImportReport:
    now, content = timezone.now(), bytes(run.content or b"")
    mine = ImportRun.objects.filter(pk=run.pk)
    if not mine.filter(status=ImportRun.Status.PREVIEW).update(status=ImportRun.Status.DONE, done_at=now, forced=forced, content=None):
        raise Conflict(_("这个文件刚刚已经导入，请查看结果，不要重复提交。"))
    examined = examine(importer, content, actor)
    if examined.bad and not skip_bad:
        remedy = _("有 %(bad)s 行有错误，什么也没有写入。请改正后重新上传，或勾选“跳过有错误的行”。")
        raise Invalid(remedy % {"bad": examined.bad}, field="skip_bad")
    if not examined.good:
        raise Invalid(_("没有一行可以写入，请改正后重新上传。"), field="file")
    importer.write(examined.good, actor)
    mine.update(written=len(examined.good), skipped=examined.bad)
    report = ImportReport(importer.kind, run.file_name, examined.total, len(examined.good), examined.bad, examined.errors)
    told = {"run": run.pk, "file": run.file_name, "sha256": run.sha256, "forced": forced}
    told |= {"rows": report.rows, "written": report.written, "skipped": report.skipped}
    append_plain(actor, "import", f"import:{importer.kind}", at=now, data=told)
    return report


def run_import(
    kind: str, path: str | Path, *, by: Actor, dry_run: bool = False, skip_bad: bool = False, forced: bool = False
) -> ImportReport:
    """Import a file from the command line, as the pages do. With *dry_run* only say what would happen.

    A file with bad rows writes nothing unless *skip_bad*: the report then lists them and ``written`` is 0.
    Raises Refusal when the file cannot be read, was imported before, or *by* may not import.
    """
    importer = importer_for(kind, by)
    path = Path(path)
    data = path.read_bytes()
    examined = examine(importer, data, by)
    if dry_run or (examined.bad and not skip_bad):
        return ImportReport(kind, path.name, examined.total, 0, examined.bad, examined.errors, dry_run)
    with transaction.atomic():
        return confirm(importer, upload(importer, path.name, data, by), by, skip_bad=skip_bad, forced=forced)


@contextmanager
def at_row(row: ImportRow) -> Iterator[None]:
    """For ``write``: a verb's refusal inside also names the row it came from."""
    try:
        yield
    except Refusal as refusal:
        told = _("第 %(number)s 行：%(sentence)s") % {"number": row.number, "sentence": refusal.sentence}
        raise Invalid(told, field=refusal.field) from refusal


def _again(before: ImportRun) -> str:
    when = timezone.localtime(before.done_at).strftime("%Y-%m-%d %H:%M") if before.done_at else ""
    told = _("这个文件已于 %(when)s 导入过（%(written)s 行）。如确实要再导入一次，请勾选“再次导入同一个文件”。")
    return told % {"when": when, "written": before.written}


def _file_name(name: str) -> str:
    return "".join(char for char in Path(name.replace("\\", "/")).name if char.isprintable())[:200] or "?"
