"""``bihuan verify``: whether anybody changed what was written, and the export with which others find out without us."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from argparse import Namespace

from bihuan.cli import _, start_django


def verify(arguments: Namespace) -> int:
    """0: everything agrees; 1: something does not, each in a sentence; 2: there was nothing to verify, or the question was wrong."""
    start_django()
    from django.db import DatabaseError

    try:
        return _verify(arguments)
    except DatabaseError as problem:
        print(
            _("连不上数据库：{problem}\n  → 请核对 DATABASE_URL，并确认数据库已启动。").format(problem=str(problem).strip()),
            file=sys.stderr,
        )
        return 2


def _verify(arguments: Namespace) -> int:
    from bihuan.kernel.proof import key
    from bihuan.kernel.proof.export import export
    from bihuan.kernel.proof.verify import Verification
    from bihuan.kernel.proof.verify_export import read_key, read_papers

    if not (arguments.key or key.exists()):
        print(_("{file} 不在，不知道是哪把密钥签的。请取回，或用 --key 给出公钥。").format(file=key.path()), file=sys.stderr)
        return 2
    try:
        keys = [read_key(text) for text in arguments.key]
        papers = read_papers(arguments.held)
        since = _midnight(arguments.since)
    except ValueError as problem:
        print(f"bihuan verify: {problem}", file=sys.stderr)
        return 2
    if arguments.export:
        manifest = export(arguments.export, since)
        print(_("已导出 {file}。公钥 {key}").format(file=arguments.export, key=manifest["keys"][0]), file=sys.stderr)
        return 0
    if arguments.checkpoints and not arguments.checkpoints.is_dir():
        print(_("目录 {folder} 不存在。").format(folder=arguments.checkpoints), file=sys.stderr)
        return 2
    run = Verification(folder=arguments.checkpoints, keys=keys, since=since, papers=papers, processes=arguments.processes)
    started, found = time.monotonic(), []
    for sentence in run.findings():
        found.append(sentence)
        if not arguments.json:
            print(f"✗ {sentence}", flush=True)
    took = time.monotonic() - started
    if arguments.json:
        told = {
            "findings": found,
            "counted": run.counted,
            "seconds": round(took, 3),
            "nothing": run.nothing,
            "keys": list(map(str, run.keys)),
        }
        json.dump(told, sys.stdout, ensure_ascii=False, indent=1)
        print()
    else:
        _conclude(run, len(found), took, key.fingerprint(run.keys[0]))
    return 1 if found else 2 if run.nothing else 0


def _conclude(run, found: int, took: float, key: str) -> None:
    counted = run.counted
    print(
        _(
            "核对了 {entries} 条日志、{checkpoints} 个校验点、{signatures} 个签名、{files} 个附件，用时 {took:.1f} 秒。公钥指纹 {key}"
        ).format(**{name: counted[name] for name in ("entries", "checkpoints", "signatures", "files")}, took=took, key=key)
    )
    if run.nothing:
        print(f"✗ {run.nothing}")
    elif run.folder is None:
        print(_("! 没有给出另处保存的校验点（--checkpoints），整条链被重写时发现不了。"))
    print(_("结论：不一致，{found} 处。").format(found=found) if found else _("结论：一致。") if not run.nothing else _("结论：无从核对。"))


def _midnight(day: str | None) -> dt.datetime | None:
    """The start of *day* (2026-11-22), local time. Raises ValueError."""
    if not day:
        return None
    from django.utils import timezone

    return timezone.make_aware(dt.datetime.combine(dt.date.fromisoformat(day), dt.time.min))
