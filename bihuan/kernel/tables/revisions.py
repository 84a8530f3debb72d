"""The rules in force on a day: each revision of a procedure is kept with its text when the program that runs it first starts (#84)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.utils import timezone

from .. import journal
from ..access.actors import system
from ..procedures.declare import Procedure
from ..procedures.registry import all_procedures
from .document import markdown
from .models import RuleRevision

APPROVED = Path(__file__).parents[3] / "docs" / "procedures"  # the approved texts, beside the program
ROW = re.compile(r"^\|(.+)\|$")


def keep(at: datetime | None = None) -> list[RuleRevision]:
    """Keep every text that is not kept yet as in force from *at* (now); those that were new. Journalled with its hash."""
    at, fresh = at or timezone.now(), []
    for code, number, text in _texts():
        said = {"sha256": hashlib.sha256(text.encode()).hexdigest()}
        with journal.unit():
            row, new = RuleRevision.objects.get_or_create(code=code, number=number, **said, defaults={"text": text, "in_force_from": at})
            if new:
                journal.append_plain(system("升级"), "rules.in-force", str(row), at=at, data=said)
                fresh.append(row)
    return fresh


def _texts() -> Iterator[tuple[str, int, str]]:
    for procedure in all_procedures():
        yield procedure.form, procedure.revision, markdown(procedure)
    for path in sorted(APPROVED.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        yield path.stem, max((int(number) for number in re.findall(r"（A/(\d+) 版）", text)), default=1), text


def in_force(code: str, at: datetime) -> RuleRevision | None:
    """The revision of *code* that was in force at *at*; None before the first that was kept."""
    return RuleRevision.objects.filter(code=code, in_force_from__lte=at).order_by("-in_force_from", "-id").first()


def text_of(code: str, number: int, at: datetime) -> RuleRevision | None:
    """The text of revision *number*, which a record says it was made under, as it stood at *at*.

    A record may be older than the day on which its revision was first kept: then the first text of that revision is its own.
    """
    rows = RuleRevision.objects.filter(code=code, number=number).order_by("in_force_from", "id")
    return rows.filter(in_force_from__lte=at).last() or rows.first()


def not_yet_kept(procedure: Procedure, number: int) -> RuleRevision | None:
    """The text that runs now, where no start has kept it yet; None for another revision. Not saved."""
    if number != procedure.revision:
        return None
    text = markdown(procedure)
    return RuleRevision(code=procedure.form, number=number, text=text, sha256=hashlib.sha256(text.encode()).hexdigest())


def texts_of(code: str, number: int) -> int:
    """How many texts have stood under one revision; more than one is a change that nobody numbered."""
    return RuleRevision.objects.filter(code=code, number=number).count()


def tables(text: str) -> Iterator[tuple[str, list[list[str]]]]:
    """The text as headings and tables for a page: (heading, rows), the first row being the head."""
    heading, rows = "", list[list[str]]()
    for line in [*text.splitlines(), "## "]:
        found = ROW.match(line.strip())
        if found and not set(found[1]) <= set("-| :"):
            rows.append([cell.strip().replace("`", "") for cell in found[1].split("|")])
        elif not found and rows:
            yield heading, rows
            heading, rows = "", []
        if line.startswith("#"):
            heading = line.lstrip("# ")
