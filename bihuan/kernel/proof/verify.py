"""``bihuan verify``: does everything still agree? Chains, checkpoints kept elsewhere, signatures, files, rows (#41, #50).

Each finding is a sentence that names record or entry. Checkpoints are read before the chains, and a chain is read to the
end it had then: who works on meanwhile is no finding.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ..files.check import check_file, check_files
from ..files.models import Attachment
from ..journal.models import Chain, Entry
from ..journal.read import Kept, columns_that_lie, kept
from ..journal.words import bare, commitments_in, forgotten, is_true
from ..signing.models import Signature
from ..signing.verify import check_signatures
from ..signing.verify import verify as verify_signature
from . import apart
from .apart import Around, Task
from .key import holds, signer
from .models import Checkpoint
from .rows import check_rows
from .verify_export import START, Finding, Held, Key, Papers, Row, Walk, gather, read_folder, title
from .verify_export import Checkpoint as Promise

BATCH = 500


class Verification:
    """One run. Iterate ``findings()``; afterwards ``counted`` tells how much there was to look at.

    *processes* walk the chains side by side; None: as many as there are processors when the journal is long, else this one alone.
    """

    def __init__(
        self,
        *,
        folder: Path | None = None,
        keys: list[Key] | None = None,
        since: dt.datetime | None = None,
        papers: Papers | None = None,
        processes: int | None = 1,
    ) -> None:
        self.folder, self.since, self.papers, self.processes = folder, since, papers or {}, processes
        self.keys = keys or [signer().key]
        self.counted: Counter[str] = Counter({"entries": 0, "checkpoints": 0, "signatures": 0, "files": 0})

    def findings(self) -> Iterator[str]:
        """Each thing that does not agree, as a sentence in the active language."""
        language = get_language() or "zh"
        for finding in self.journal():
            yield finding if isinstance(finding, str) else finding.sentence(language)
        yield from self.around()

    def around(self) -> Iterator[str]:
        """What does not agree beside the journal: signatures, files, rows."""
        yield from self._signatures()
        yield from self._files()
        yield from check_rows()

    @property
    def nothing(self) -> str:
        """Why this run proves nothing, if it does not: "nothing to verify" is a failure."""
        if not self.counted["entries"]:
            return _("日志里没有条目，无从核对。")
        if self.folder is not None and not self.counted["elsewhere"]:
            return _("目录 %(folder)s 里没有校验点，无从核对。") % {"folder": self.folder}
        return ""

    def journal(self) -> Iterator[Finding | str]:
        """What does not agree in the journal itself: entries, chains, checkpoints, and the texts kept apart from them."""
        held, found = read_folder(self.folder, self.keys, holds) if self.folder else ({}, [])
        self.counted["elsewhere"] = sum(map(len, held.values()))
        yield from found
        own, found = gather(_own_notes(), self.keys, holds)
        yield from found
        yield from _gone(held, own)
        ends = {str(chain.pk): (chain.seq, chain.hash) for chain in Chain.objects.order_by("pk")}
        strays = Entry.objects.exclude(chain__in=list(map(int, ends))).values_list("chain", flat=True).distinct()
        names = sorted({*ends, *held, *own, *self.papers, *map(str, strays)}, key=int)
        tasks = [Task(name, ends.get(name), {**own.get(name, {}), **held.get(name, {})}, self.papers.get(name)) for name in names]
        self.counted["checkpoints"] += sum(len(task.promised) for task in tasks)
        processes = self.processes or apart.processes_for(sum(seq for seq, _hash in ends.values()))
        if processes == 1:
            for task in tasks:
                yield from self.chain(task)
            return
        for entries, wrong in apart.walked(tasks, Around(self.folder, self.keys, self.since, get_language() or "zh"), processes):
            self.counted["entries"] += entries
            yield from wrong

    def chain(self, task: Task) -> Iterator[Finding | str]:
        """What does not agree in one chain."""
        leaf_at = Leaves(self.folder, task.promised) if self.folder else lambda seq: None
        walk = Walk(task.name, task.promised, leaf_at=leaf_at, papers=task.papers)
        entries = Entry.objects.filter(chain=int(task.name)).order_by("seq")
        if task.end is not None:
            entries = entries.filter(seq__lte=max(task.end[0], max(task.promised, default=0)))
        lies: list[Finding | str] = []
        for finding in walk.along(self._read(entries, lies)):
            yield from _emptied(lies)
            yield finding
        yield from _emptied(lies)
        registered = task.end or (0, START)
        if registered != (walk.tree.size, walk.hash):
            yield Finding("end", task.name, {"end": registered[0], "seq": walk.tree.size})
        yield from _beyond(task.name)

    def _read(self, entries: Any, lies: list[Finding | str]) -> Iterator[Row]:
        """The rows for the walk; what else is wrong with them is put into *lies*."""
        stream, since = kept(entries), f"{self.since.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}" if self.since else ""
        while batch := list(islice(stream, BATCH)):
            young = [entry for entry in batch if entry.recorded_at >= since]
            lies += _missing_rows(young)
            lies += _changed_texts(young)
            self.counted["entries"] += len(batch)
            for entry in batch:
                body = entry.body.encode("utf-8", "surrogatepass")
                if wrong := columns_that_lie(entry, body):
                    lies.append(
                        Finding("columns", str(entry.chain), {"seq": entry.seq, "what": title(entry.body), "names": ", ".join(wrong)})
                    )
                yield Row(entry.seq, entry.prev_hash, entry.hash, entry.alg, body)

    def _signatures(self) -> Iterator[str]:
        for signature, problem in check_signatures(since=self.since):
            if problem in verify_signature(Signature.objects.get(pk=signature.pk)):  # again: it may have been voided just then
                yield problem
        self.counted["signatures"] = Signature.objects.count()

    def _files(self) -> Iterator[str]:
        for attachment, problem in check_files(since=self.since):
            if check_file(attachment):
                yield _("%(number)s 的附件“%(name)s”：%(problem)s") % {
                    "number": _number(attachment),
                    "name": attachment.name,
                    "problem": problem,
                }
        self.counted["files"] = Attachment.objects.count()


class Leaves:
    """The leaves that were sent along with checkpoints, read file by file as the walk comes to them."""

    def __init__(self, folder: Path, promised: dict[int, Promise]) -> None:
        named = {size: folder / promise.source for size, promise in promised.items() if promise.source.endswith(".checkpoint")}
        self.files = sorted((size, file.with_suffix(".leaves")) for size, file in named.items())
        self.at = 0
        self.first, self.leaves = 0, list[bytes]()

    def __call__(self, seq: int) -> bytes | None:
        while self.at < len(self.files) and seq >= self.first + len(self.leaves):
            size, file = self.files[self.at]
            if size < seq:
                self.at += 1
                continue
            self.at += 1
            self.first, self.leaves = _leaves(file)
        place = seq - self.first
        return self.leaves[place] if 0 <= place < len(self.leaves) else None


def _leaves(file: Path) -> tuple[int, list[bytes]]:
    try:
        first, *leaves = file.read_text(encoding="ascii").split()
        return int(first), [bytes.fromhex(leaf) for leaf in leaves]
    except (OSError, ValueError):
        return 0, []  # without them a difference is named to the span between two checkpoints


def _beyond(name: str) -> Iterator[Finding]:
    """An entry numbered after the chain's end: put there by hand, for whoever writes moves the end in the same transaction."""
    last = Entry.objects.filter(chain=int(name)).order_by("-seq").values_list("seq", flat=True).first() or 0
    end = Chain.objects.filter(pk=int(name)).values_list("seq", flat=True).first()  # asked afterwards: somebody may be writing
    if end is not None and last > end:
        yield Finding("end", name, {"end": end, "seq": last})


def _emptied(lies: list[Finding | str]) -> Iterator[Finding | str]:
    yield from lies
    lies.clear()


def _own_notes() -> Iterator[tuple[str, bytes]]:
    for checkpoint in Checkpoint.objects.order_by("pk").iterator(chunk_size=2000):
        yield _("数据库 %(chain)s/%(size)s") % {"chain": checkpoint.chain, "size": checkpoint.size}, checkpoint.note.encode()


def _gone(held: Held, own: Held) -> Iterator[Finding]:
    for name, promises in held.items():
        for size, promise in sorted(promises.items()):
            if size not in own.get(name, {}):
                yield Finding("absent", name, {"at": promise.at, "size": size})


class _Data(msgspec.Struct):
    """Of a body what an entry of a signature or a file says of it."""

    data: dict[str, Any]


_data = msgspec.json.Decoder(_Data).decode


def _missing_rows(entries: list[Kept]) -> Iterator[str]:
    """Signatures and files that the journal tells of and that are no longer there."""
    signed = {_data_of(entry).get("seal"): entry for entry in entries if entry.action == "sign"}
    for seal in signed.keys() - set(Signature.objects.filter(seal__in=signed).values_list("seal", flat=True)):
        yield _("%(number)s 的签名（日志 %(entry)s）已不在数据库里") % {"number": signed[seal].record_number, "entry": signed[seal]}
    filed = {(entry.record_type, entry.record_id, _data_of(entry).get("sha256")): entry for entry in entries if entry.action == "attach"}
    there = Attachment.objects.filter(sha256__in={sha256 for _type, _id, sha256 in filed})
    for lost in filed.keys() - set(there.values_list("record_type", "record_id", "sha256")):
        yield _("%(number)s 的附件（日志 %(entry)s）的登记已不在数据库里，或被改动") % {
            "number": filed[lost].record_number,
            "entry": filed[lost],
        }


def _data_of(entry: Kept) -> dict[str, Any]:
    try:
        return _data(entry.body).data
    except msgspec.MsgspecError:
        return {}  # its hash or its columns have told of it


def _changed_texts(entries: list[Kept]) -> Iterator[str]:
    """Texts kept apart from the entries that bind them: changed, or gone though no entry says that they were forgotten."""
    asked = {entry.seq: found for entry in entries if "word:" in entry.body and (found := commitments_in(entry.body))}
    words = bare(set().union(*asked.values()))
    for entry in (entry for entry in entries if entry.seq in asked):
        for word in (words[one] for one in sorted(asked[entry.seq] & words.keys())):
            if not is_true(word):
                yield _("%(number)s 的“%(name)s”（日志 %(entry)s）的原文被改动") % {
                    "number": entry.record_number, "name": word.name, "entry": entry,
                }  # fmt: skip
        gone = asked[entry.seq] - words.keys()
        for _gone_one in gone - forgotten(entry.record_type, entry.record_id, gone):
            yield _("%(number)s 的一处原文（日志 %(entry)s）已不在，日志也没有记载删除") % {"number": entry.record_number, "entry": entry}


def _number(attachment: Attachment) -> str:
    last = Entry.objects.filter(record_type=attachment.record_type, record_id=attachment.record_id).order_by("-id").first()
    return last.record_number if last else f"{attachment.record_type} {attachment.record_id}"
