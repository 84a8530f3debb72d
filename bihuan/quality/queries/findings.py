"""The findings of a review as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel.procedures.registry import all_procedures
from bihuan.kernel.tables.show import proof_url

from ..models import Finding, Review
from .anomalies import Oddity, act, sentence


@dataclass(frozen=True)
class Line:
    """A finding on the page. ``href`` leads to its entry in the record's history; empty where the record has no such page."""

    finding: Finding
    act: str
    why: str
    href: str


@dataclass(frozen=True)
class Group:
    """Findings of one kind and person. ``query`` names the undecided ones for a step's form; ``own``: about the reader."""

    title: str
    lines: Sequence[Line]
    undecided: int
    query: str
    own: bool


def why(finding: Finding) -> str:
    """Why the entry is worth a question."""
    return "；".join(sentence(kind, figure) for kind, figure in finding.reasons)


def told(finding: Finding) -> str:
    """The finding in one line, for choosing it."""
    at = f"{timezone.localtime(finding.recorded_at, finding.review.branch.zone):%m-%d %H:%M}"
    return _("{entry} · {number} {act} · {who} {at} · {why}").format(
        entry=finding.entry, number=finding.record_number, act=act(finding.action), who=finding.actor_name, at=at, why=why(finding)
    )


def counted(record: Review) -> list[tuple[str, int]]:
    """How many of each kind, as fixed when the review was opened; a kind without any is left out."""
    return [(str(kind.label), record.counts[kind.value]) for kind in Oddity if record.counts.get(kind.value)]


def groups(found: Sequence[Finding], record: Review, reader: int | None) -> list[Group]:
    """By kind and person, those with undecided findings first. Nothing is asked of the database."""
    parts: dict[tuple[tuple[str, ...], int | None, str], list[Finding]] = {}
    for finding in found:
        finding.review = record  # asked for once
        kinds = tuple(kind for kind, _figure in finding.reasons)
        parts.setdefault((kinds, finding.actor_id, finding.actor_name), []).append(finding)
    made = [_group(kinds, who, name, mine, reader) for (kinds, who, name), mine in parts.items()]
    return sorted(made, key=lambda group: not group.undecided)


def _group(kinds: tuple[str, ...], who: int | None, name: str, mine: Sequence[Finding], reader: int | None) -> Group:
    waiting = [finding for finding in mine if not finding.verdict]
    title = _("{kinds} · {who} · {n} 条").format(kinds="、".join(str(Oddity(kind).label) for kind in kinds), who=name, n=len(mine))
    query = urlencode({"findings": ",".join(str(finding.seq) for finding in waiting)}, safe=",")
    lines = [Line(finding, act(finding.action), why(finding), _href(finding)) for finding in mine]
    return Group(title, lines, len(waiting), query, who is not None and who == reader)


def _href(finding: Finding) -> str:
    controlled = {procedure.record for procedure in all_procedures()}
    return proof_url(finding.record_number, finding.entry) if finding.record_type in controlled else ""
