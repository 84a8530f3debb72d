"""One matter from end to end: every record of it, everything done in the order of time, and what is missing or does not fit (QM-7).

What an auditor who has picked a request follows through; shown on a page and laid on top of an audit pack.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.deadlines.models import Deadline, State, Verdict
from bihuan.kernel.files.check import check_file
from bihuan.kernel.files.models import Attachment
from bihuan.kernel.journal import words
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.write import chain_hash
from bihuan.kernel.procedures.registry import procedure_for
from bihuan.kernel.proof.models import Grown
from bihuan.kernel.proof.rows import agrees
from bihuan.kernel.signing.models import Signature
from bihuan.kernel.signing.show import SignatureLine, signature_line
from bihuan.kernel.signing.verify import verify
from bihuan.kernel.tables import show
from bihuan.kernel.tables.pages import page_of
from bihuan.kernel.tables.thread import thread_of
from bihuan.kernel.ui import pieces

from . import told
from .models import Deviation

UNTOLD = ("print", "export")  # done with the papers, not in the matter


@dataclass(frozen=True)
class Gap:
    """Something missing, late or not fitting. ``answer`` says why it is so or what was done about it; without one it is red."""

    number: str
    sentence: str
    answer: str = ""
    href: str = ""


@dataclass(frozen=True)
class Part:
    """A record of the matter, with the signatures on it."""

    record: Any
    title: str
    status: str
    signatures: Sequence[SignatureLine]


@dataclass(frozen=True)
class Thread:
    """The whole: records, acts by time, gaps (the unanswered first), and how many of the entries a checkpoint covers."""

    root: Any
    parts: Sequence[Part]
    acts: Sequence[pieces.Entry]
    gaps: Sequence[Gap]
    sealed: int

    @property
    def records(self) -> list[Any]:
        return [part.record for part in self.parts]

    @property
    def unanswered(self) -> int:
        return sum(not gap.answer for gap in self.gaps)


def followed(record: Any, actor: Actor, *, read_files: bool = False) -> Thread:
    """The matter that *record* belongs to, everything in it verified now. Statements grow with the kinds and signatures, not with history.

    *read_files* False: files are measured, not read, which is enough for a page.
    """
    records = thread_of(record, actor)
    by_key = {(one._meta.label, one.pk): one for one in records}
    entries = list(Entry.objects.filter(telling_of(by_key.values())).exclude(action__in=UNTOLD).order_by("happened_at", "pk"))
    words.show(entries)
    signatures = list(Signature.objects.filter(telling_of(by_key.values())).select_related("voiding").order_by("pk"))
    problems = {
        signature.pk: verify(signature, by_key[signature.record_type, signature.record_id], read_files=read_files)
        for signature in signatures
    }
    gaps = [
        *_of_the_journal(entries),
        *_of_the_rows(records),
        *_of_signatures(entries, signatures, problems),
        *_of_files(by_key, read_files),
        *_of_the_procedure(by_key),
        *_not_done(records),
    ]
    return Thread(
        root=record,
        parts=[
            Part(one, page_of(one).title(one), str(one.get_status_display()), [
                signature_line(signature, zone=one.branch.zone, problems=problems[signature.pk])
                for signature in signatures if (signature.record_type, signature.record_id) == (one._meta.label, one.pk)
            ]) for one in records
        ],
        acts=[_act(entry, by_key[entry.record_type, entry.record_id]) for entry in entries],
        gaps=sorted(gaps, key=lambda gap: bool(gap.answer)),
        sealed=_sealed(entries),
    )  # fmt: skip


def telling_of(records: Iterable[Any]) -> Q:
    """What tells of those records, in any table that names them by type and id."""
    ids: dict[str, list[int]] = defaultdict(list)
    for record in records:
        ids[record._meta.label].append(record.pk)
    found = Q(pk__in=[])
    for label, keys in ids.items():
        found |= Q(record_type=label, record_id__in=keys)
    return found


def _act(entry: Entry, record: Any) -> pieces.Entry:
    page = reverse("journal-entry", args=[f"{entry.chain}-{entry.seq}"])
    return replace(show.line(entry, record), number=entry.record_number, href=page)


def _of_the_journal(entries: Sequence[Entry]) -> Iterator[Gap]:
    for entry in entries:
        if chain_hash(entry.prev_hash, entry.body, entry.alg) != entry.hash:
            page = reverse("journal-entry", args=[f"{entry.chain}-{entry.seq}"])
            yield Gap(entry.record_number, _("日志 %(entry)s 的内容与校验值不符") % {"entry": f"{entry.chain}-{entry.seq}"}, href=page)


def _of_the_rows(records: Sequence[Any]) -> Iterator[Gap]:
    for record in records:
        if not agrees(record):
            yield Gap(record.number, _("单据内容与日志最后一次所记不同"), href=reverse("record", args=[record.number]))


def _of_signatures(entries: Sequence[Entry], signatures: Sequence[Signature], problems: dict[int, list[str]]) -> Iterator[Gap]:
    for signature in signatures:
        for problem in problems[signature.pk]:
            yield Gap(signature.record_number, problem, href=reverse("record", args=[signature.record_number]))
    told_of = Counter(entry.record_number for entry in entries if entry.action == "sign")
    kept = Counter(signature.record_number for signature in signatures)
    for number in told_of - kept:
        yield Gap(number, _("日志记有签名，签名却不在了"), href=reverse("record", args=[number]))


def _of_files(by_key: dict[tuple[str, int], Any], read: bool) -> Iterator[Gap]:
    for attachment in Attachment.objects.filter(telling_of(by_key.values())).order_by("pk"):
        if problem := check_file(attachment, read=read):
            number = by_key[attachment.record_type, attachment.record_id].number
            yield Gap(number, f"{attachment.name}：{problem}", href=reverse("record", args=[number]))


def _of_the_procedure(by_key: dict[tuple[str, int], Any]) -> Iterator[Gap]:
    """Deviations with what was said about them; and time limits missed that the check has not come to yet."""
    found = list(Deviation.objects.filter(telling_of(by_key.values())).order_by("happened_at", "pk"))
    for deviation in found:
        yield Gap(deviation.record_number, told.sentence(deviation), _answer(deviation), reverse("deviation", args=[deviation.pk]))
    known = {deviation.key for deviation in found}
    for row in Deadline.objects.filter(telling_of(by_key.values())).order_by("due_at", "pk"):
        late = row.verdict in (Verdict.MISSED, Verdict.LATE_ENTRY) or (row.state == State.RUNNING and row.due_at < timezone.now())
        if late and f"time_limit:{row.pk}" not in known:
            clock = procedure_for(row.record_type).clock(row.clock)
            yield Gap(
                row.record_number, _("“{name}”没有按时办理").format(name=clock.label), href=reverse("history", args=[row.record_number])
            )


def _answer(deviation: Deviation) -> str:
    if deviation.state == Deviation.ACCEPTED:
        return _("%(who)s接受：%(reason)s") % {"who": deviation.disposed_by, "reason": deviation.reason}
    return _("已开具不合格报告 %(number)s") % {"number": deviation.nonconformity} if deviation.state == Deviation.RAISED else ""


def _not_done(records: Sequence[Any]) -> Iterator[Gap]:
    """What is still under way: no fault, but the matter is not closed."""
    for record in records:
        if record.status not in record.procedure.final:
            yield Gap(
                record.number,
                _("还没有办完"),
                _("现在：%(state)s") % {"state": record.get_status_display()},
                reverse("record", args=[record.number]),
            )


def _sealed(entries: Sequence[Entry]) -> int:
    """How many of the entries lie under a checkpoint."""
    sizes = dict(Grown.objects.filter(chain__in={entry.chain for entry in entries}).values_list("chain", "size"))
    return sum(entry.seq <= sizes.get(entry.chain, 0) for entry in entries)
