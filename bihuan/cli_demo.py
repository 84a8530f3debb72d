"""The demo company on this machine: made on the first start; a later one finds everything ready and only says the welcome again."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import TextIO

from bihuan.cli import _, home, language, start_django

MARK = "demo.json"  # also read by config/checks.py: where it lies no production server starts
PACKAGE = Path(__file__).resolve().parent


def prepare(out: TextIO) -> str:
    """Make the demo company ready, and print its welcome. Returns why not, as a sentence, or nothing."""
    folder = home()
    mark = _read(folder / MARK)
    if mark.get("program") != _program() or not (folder / "bihuan.sqlite3").exists():
        start_django()
        from bihuan.kernel.access.refusals import Refusal

        if not mark:
            print(_("第一次启动，正在建立示例公司，约一分钟 …"), file=out, flush=True)
        try:
            mark = {"program": _program(), "welcome": _made()}
        except Refusal as refusal:
            return refusal.sentence
        (folder / MARK).write_text(json.dumps(mark, ensure_ascii=False, indent=1), encoding="utf-8")
    out.write(mark["welcome"])
    return ""


def _made() -> str:
    """Bring the database to this version, make the company unless it is there, and return its welcome."""
    from django.core.management import call_command

    from bihuan.demo.build import build

    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    said = io.StringIO()
    build(said)
    return said.getvalue()


def _program() -> str:
    """Changes whenever the database or the welcome may have to: a name for the set of migrations, in this language."""
    names = sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.glob("**/migrations/[0-9]*.py"))
    return hashlib.sha256("\n".join([language(), *names]).encode()).hexdigest()


def _read(path: Path) -> dict[str, str]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
