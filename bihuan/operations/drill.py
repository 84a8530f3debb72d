"""The drill: a backup is worth what comes back from it. Restores the latest one into a temporary place and judges it (#79)."""

from __future__ import annotations

import secrets
import tempfile
from contextlib import ExitStack
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext as _

from bihuan.kernel.access.refusals import Invalid

from . import postgres
from .backup import NAME
from .models import Run
from .record import recorded
from .restore import restore


def latest(place: Path) -> Path:
    """The newest backup in *place*. Raises Invalid when there is none."""
    names = sorted(path for path in place.iterdir() if NAME.fullmatch(path.name)) if place.is_dir() else []
    if not names:
        raise Invalid(_("{place} 里没有备份。请先执行 bihuan backup。").format(place=place))
    return names[-1]


def drill(place: Path, *, by: str) -> list[str]:
    """Restore the latest backup of *place*, judge it, and clear it away; what was wrong. Recorded either way."""
    with recorded(Run.Kind.DRILL, by=by) as run, ExitStack() as passing:
        file = latest(place)
        run.archive, run.size = str(file), file.stat().st_size
        home = Path(passing.enter_context(tempfile.TemporaryDirectory(dir=place, prefix=".drill-"))) / "home"
        url = ""
        if connection.vendor == "postgresql":
            name = f"bihuan_drill_{secrets.token_hex(6)}"
            url = postgres.url_of(passing.enter_context(postgres.passing_database(postgres.owner_settings(), name)))
        problems = restore(file, home, url=url).problems
        run.ok, run.said = not problems, "\n".join(problems)
        return problems
