"""Commands that read or write records: each finds the person it acts for, calls the module that knows, and prints what it said."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bihuan.cli import _, start_django
from bihuan.kernel.access.refusals import Invalid, Refusal


def manage(arguments: Namespace) -> int:
    """Django's own commands."""
    start_django()
    from django.core.management import execute_from_command_line

    execute_from_command_line(["bihuan manage", *arguments.arguments])
    return 0


def token(arguments: Namespace) -> int:
    """An API token, printed once: only its digest is kept."""

    def work() -> int:
        from bihuan.kernel.access.tokens import issue

        print(issue(_person(arguments.user), arguments.name))
        print(_("请立即保存，以后不再显示。"), file=sys.stderr)
        return 0

    return _refusing(work)


def clauses(arguments: Namespace) -> int:
    """Which rule of the procedures is kept by which step, clock or record."""
    start_django()
    from bihuan.kernel.tables.clauses import report

    rows = report()
    if arguments.json:
        json.dump([asdict(row) for row in rows], sys.stdout, ensure_ascii=False, indent=1)
        print()
        return 0
    for row in rows:
        kept = "、".join(dict.fromkeys((*row.steps, *row.clocks, *row.records)))
        print(f"{'✓' if row.claimed else '·'} {row.id:<14}{row.text}\n    {kept or _('尚未落实')}")
    print(_("共 {count} 条，已落实 {claimed} 条。").format(count=len(rows), claimed=sum(row.claimed for row in rows)))
    return 0


def conformance(arguments: Namespace) -> int:
    """The journal held against the procedures; 1 when deviations wait for somebody's word."""

    def work() -> int:
        from bihuan.evidence import conformance as check
        from bihuan.evidence.models import Deviation

        made = check.run(_actor(arguments.by), from_the_start=arguments.from_the_start)
        waiting = Deviation.objects.filter(state=Deviation.OPEN).count()
        if made is not None:
            print(
                _("读日志 {entries} 条，新发现偏差 {found} 条，待处理 {waiting} 条。").format(
                    entries=made.entries, found=made.found, waiting=waiting
                )
            )
        return 1 if waiting else 0

    return _refusing(work)


def audit_pack(arguments: Namespace) -> int:
    """The records of a period as one ZIP with a manifest; or such a ZIP read back, 1 when it was changed."""
    return _refusing(lambda: _checked_pack(arguments.check) if arguments.check else _packed(arguments))


def _checked_pack(path: Path) -> int:
    from bihuan.evidence.pack_read import read

    papers = read(path)
    print(_("与清单一致：{count} 份单据，{files} 个文件。").format(count=len(papers.records), files=len(papers.manifest["files"])))
    print(_("清单的 SHA-256：{sha256}").format(sha256=papers.manifest_sha256))
    known = _("本系统的日志里有这个包。")
    print(known if papers.is_known_here() else _("本系统的日志里没有这个包；请与制作它的系统的日志 evidence.pack 核对 SHA-256。"))
    return 0


def _packed(arguments: Namespace) -> int:
    options = {"--procedure": arguments.procedure, "--from": arguments.first, "--to": arguments.last, "--out": arguments.out}
    if missing := [name for name, value in options.items() if not value]:
        raise Invalid(_("请写明 {options}；只核对一个包请用 --check。").format(options=" ".join(missing)))
    from bihuan.evidence import pack, sample
    from bihuan.evidence.period import period_of
    from bihuan.kernel.procedures.registry import all_procedures
    from bihuan.organisation.models import Branch

    procedures = {procedure.form: procedure for procedure in all_procedures()}
    _need(arguments.procedure, list(procedures))
    by, procedure = _actor(arguments.by), procedures[arguments.procedure]
    period = period_of(arguments.first, arguments.last)
    numbers = sample.population(by, procedure, list(Branch.objects.values_list("pk", flat=True)), period)
    records = pack.records_of(by, procedure, numbers)
    with arguments.out.open("wb") as out:
        manifest = pack.write(out, records, by=by, about={"procedure": procedure.form, "from": arguments.first, "to": arguments.last})
    print(_("{count} 份单据，{files} 个文件。").format(count=len(records), files=len(manifest["files"])))
    return 0


def seed(arguments: Namespace) -> int:
    """Many invented requests; never among real ones."""
    start_django()
    from django.conf import settings

    if settings.PRODUCTION:
        print(_("这里是生产环境，不添加虚构数据。"), file=sys.stderr)
        return 1
    from bihuan.demo.seed import seed as plant

    plant(arguments.requests, arguments.seed, sys.stdout)
    return 0


def import_(arguments: Namespace) -> int:
    """A file into records of one kind; 1 when rows were refused."""

    def work() -> int:
        if not arguments.file.is_file():
            raise Invalid(_("找不到文件 {file}，请核对路径。").format(file=arguments.file))
        if arguments.kind == "dialogues":
            from bihuan.service.public import import_dialogues

            return import_dialogues(arguments.file, arguments.dry_run, sys.stdout)
        from bihuan.kernel.lists.imports import importers, run_import

        _need(arguments.kind, [*importers, "dialogues"])
        options = {"dry_run": arguments.dry_run, "skip_bad": arguments.skip_bad, "forced": arguments.again}
        report = run_import(arguments.kind, arguments.file, by=_actor(arguments.by), **options)
        print("\n".join(report.lines()))
        return 1 if report.errors and not report.written else 0

    return _refusing(work)


def export(arguments: Namespace) -> int:
    """Records of one kind on the standard output; how many there were goes to the other one."""

    def work() -> int:
        if arguments.kind == "dialogues":
            from bihuan.service.public import export_dialogues

            sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]  # whatever the terminal's own is
            export_dialogues(sys.stdout)
            return 0
        from bihuan.kernel.lists.declare import registry
        from bihuan.kernel.lists.exports import export_to

        _need(arguments.kind, [*registry, "dialogues"])
        by = _actor(arguments.by)
        count = export_to(arguments.kind, sys.stdout.buffer, by=by, query=arguments.query, format=arguments.format)
        print(_("{count} 行").format(count=count), file=sys.stderr)
        return 0

    return _refusing(work)


def _refusing(work: Callable[[], int]) -> int:
    """A refusal is a sentence, here as on a page; the exit code tells scripts."""
    start_django()
    try:
        return work()
    except Refusal as refusal:
        print(refusal.sentence, file=sys.stderr)
        return 1


def _need(kind: str, kinds: list[str]) -> None:
    if kind not in kinds:
        raise Invalid(_("没有“{kind}”这一种。可选：{kinds}。").format(kind=kind, kinds="、".join(sorted(kinds))))


def _person(username: str) -> Any:
    from django.contrib.auth import get_user_model

    person = get_user_model()._default_manager.filter(username=username, is_active=True).first()
    if person is None:
        raise Invalid(_("没有在职的账号 {user}，请核对账号。").format(user=username), field="user")
    return person


def _actor(username: str | None) -> Any:
    from bihuan.kernel.access.actors import actor_for, system

    return actor_for(_person(username), channel="cli") if username else system(_("命令行"))
