"""The audit pack: records, their printed forms, photos and journal entries as files that need no Bihuan to be read or checked.

``manifest.json`` names each file with its SHA-256. Personal values stand in the records as the journal has them, as keyed
commitments; the prints and photos are as people see them, so a pack is made by those who may see them. Files deleted on a
person's request are listed and not there.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.kernel import journal
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.getters import getter_for
from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.files import disk
from bihuan.kernel.files.check import is_forgotten
from bihuan.kernel.files.models import Attachment
from bihuan.kernel.journal.canonical import canonical
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.write import commitment
from bihuan.kernel.printing.render import render
from bihuan.kernel.printing.runs import print_record
from bihuan.kernel.procedures.declare import Procedure
from bihuan.kernel.proof.export import VERIFIER
from bihuan.kernel.proof.inclusion import paths
from bihuan.kernel.proof.key import signer
from bihuan.kernel.signing.models import Signature
from bihuan.kernel.tables.pages import page_of

from .pack_csv import tables
from .thread_print import thread_form
from .threads import Thread, followed, telling_of

MOST = 500  # records of one pack
MANIFEST = "manifest.json"
README = """审核包 / Audit pack

threads/编号.pdf            全程追溯：从这张单据查起，有关的单据、全部经过、签名和缺口，按制作时的核对结果
records/编号/record.json   单据的内容、时限、签名和附件清单；个人信息以带密钥的摘要代替
records/编号/编号.pdf       受控打印件
records/编号/files/         照片和附件，文件名是其 SHA-256
tables/类型.csv             每种单据一张表（UTF-8，可用 Excel 打开），内容同 record.json
journal.jsonl               这些单据的日志条目，一行一条；hash = SHA-256（prev_hash、换行、body）
checkpoints/                覆盖这些日志的校验点；proof.json 是每条日志到校验点的路径（RFC 6962）
verify_export.py            核对整个包，不需要闭环：python3 -I verify_export.py 文件.zip --key 公钥
manifest.json               每个文件的 SHA-256；本清单自身的 SHA-256 记在系统日志 evidence.pack 里

核对一个文件：sha256sum 文件名，与 manifest.json 比较。核对整个包：bihuan audit-pack --check 文件.zip

threads/NUMBER.pdf          the matter from end to end: its records, all that was done, signatures and gaps, as verified when the pack was made
records/NUMBER/record.json  the record's values, time limits, signatures and list of files; personal values are keyed digests
records/NUMBER/NUMBER.pdf   the controlled print
records/NUMBER/files/       photos and attachments, each named by its SHA-256
tables/TYPE.csv             one table for each type of record (UTF-8, opens in a spreadsheet), as in record.json
journal.jsonl               the journal's entries about these records, one a line; hash = SHA-256 of prev_hash, line feed, body
checkpoints/                the checkpoints over these entries; proof.json has each entry's path to one of them (RFC 6962)
verify_export.py            checks the whole pack without Bihuan: python3 -I verify_export.py FILE.zip --key PUBLIC-KEY
manifest.json               the SHA-256 of each file; its own SHA-256 is in the system's journal as evidence.pack

To check one file: sha256sum FILE, compare with manifest.json. To check the whole pack: bihuan audit-pack --check FILE.zip
"""  # in both languages: nobody knows who opens it in ten years (#54)


def records_of(actor: Actor, procedure: Procedure, numbers: Iterable[str]) -> list[Any]:
    """The records of those numbers that *actor* may see, by number. Raises Invalid when there are too many for one pack, or none."""
    rows = getter_for(procedure.record).all(actor).filter(number__in=list(numbers)[: MOST + 1])
    found = list(rows.order_by("number"))
    if not found:
        raise Invalid(_("没有可装入审核包的单据，请换一个期间或表单。"))
    _refuse_beyond(len(found))
    return found


def _refuse_beyond(count: int) -> None:
    if count > MOST:
        raise Invalid(_("一个审核包最多 {most} 份单据，请缩短期间或改用抽样。").format(most=MOST))


def write(out: IO[bytes], roots: Sequence[Any], *, by: Actor, about: dict[str, Any]) -> dict[str, Any]:
    """Write the pack of *roots*, each with all that hangs on it, to *out*, journalled with the hash of its manifest; the manifest.

    Raises Invalid when that is more than MOST records.
    """
    files: list[dict[str, Any]] = []
    threads = [followed(record, by, read_files=True) for record in roots]
    records = sorted({record.number: record for thread in threads for record in thread.records}.values(), key=lambda record: record.number)
    _refuse_beyond(len(records))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in _contents(threads, records, by):
            archive.writestr(path, content)
            files.append({"path": path, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)})
        made = {
            **about,
            "made_by": by.name,
            "made_at": timezone.now(),
            "company": settings.COMPANY,
            "keys": [str(signer().key)],
            "records": [r.number for r in records],
        }
        manifest = _plain(made | {"files": files})
        text = text_of(manifest)
        archive.writestr(MANIFEST, text)
    with journal.unit():
        said = {"records": len(records), "files": len(files), "manifest_sha256": hashlib.sha256(text).hexdigest()} | about
        journal.append_plain(by, "evidence.pack", roots[0].number, at=timezone.now(), data=said)
    return manifest


def text_of(document: dict[str, Any]) -> bytes:
    """A document of the pack as it is written: the same content always gives the same bytes (#54)."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _plain(value: Any) -> Any:
    return json.loads(canonical(value))


def _contents(threads: Sequence[Thread], records: Sequence[Any], by: Actor) -> Iterator[tuple[str, bytes]]:
    yield "README.txt", _readme().encode()
    pairs: list[tuple[Any, dict[str, Any]]] = []
    written: set[str] = set()
    for thread in threads:
        yield f"threads/{thread.root.number}.pdf", render(thread_form(thread, by))
    for record in records:
        folder, document = f"records/{record.number}", described(record)
        pairs.append((record, document))
        yield f"{folder}/record.json", text_of(document)
        yield f"{folder}/{record.number}.pdf", print_record(page_of(record).form(record, by), record, by=by)
        for attachment in Attachment.objects.of(record):
            if not disk.path_of(attachment.sha256).exists() and is_forgotten(attachment):
                continue
            name = f"{folder}/files/{attachment.sha256}{Path(attachment.name).suffix.lower()}"
            if name not in written:  # the same picture twice on a record is one file
                written.add(name)
                yield name, disk.fetched(attachment.sha256).read_bytes()
    yield from tables(pairs)
    yield "journal.jsonl", b"".join(_journal(records))
    yield from _proof(records)
    yield "verify_export.py", VERIFIER.read_bytes()


def described(record: Any) -> dict[str, Any]:
    """A record with its deadlines, signatures and files as plain data; personal values as commitments under the record's own key."""
    key, personal = getattr(record, "privacy_key", ""), getattr(record, "personal_fields", ())
    values = {}
    for field in record._meta.concrete_fields:
        value = getattr(record, field.attname)
        if field.name != "privacy_key":
            values[field.attname] = commitment(key, value) if field.name in personal and value not in ("", None) else value
    about = {"record_type": record._meta.label, "record_id": record.pk}
    return _plain({
        "type": record._meta.label,
        "number": record.number,
        "values": values,
        "deadlines": [
            {"clock": row.clock, "started_at": row.started_at, "due_at": row.due_at, "stopped_at": row.stopped_at,
             "stop_recorded_at": row.stop_recorded_at, "verdict": row.verdict}
            for row in Deadline.objects.filter(**about).order_by("pk")
        ],
        "signatures": [_signature(row) for row in Signature.objects.filter(**about).order_by("pk")],
        "files": [file.described() for file in Attachment.objects.of(record)],
    })  # fmt: skip


def _signature(row: Signature) -> dict[str, Any]:
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {name: value for name, value in fields.items() if not isinstance(value, bytes | memoryview | float)}


def _journal(records: Sequence[Any]) -> Iterator[bytes]:
    """The entries about the records in the order of their chains, each with what its hash is worked out from."""
    for entry in Entry.objects.filter(telling_of(records)).order_by("chain", "seq").iterator(chunk_size=1000):
        line = {name: getattr(entry, name) for name in ("chain", "seq", "prev_hash", "hash", "alg", "body")}
        yield json.dumps(line, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def _proof(records: Sequence[Any]) -> Iterator[tuple[str, bytes]]:
    """The checkpoints over those entries, and for each entry the path to the root that was signed. As many as there are entries, whatever the history."""
    seqs: dict[int, list[int]] = defaultdict(list)
    for chain, seq in Entry.objects.filter(telling_of(records)).values_list("chain", "seq"):
        seqs[chain].append(seq)
    told = []
    for chain in sorted(seqs):
        for checkpoint, found in paths(chain, seqs[chain]):
            yield f"checkpoints/chain-{chain}/{checkpoint.size:012d}.checkpoint", checkpoint.note.encode()
            told += [
                {"chain": path.chain, "seq": path.seq, "size": path.size, "sisters": [one.hex() for one in path.sisters]} for path in found
            ]
    yield "proof.json", json.dumps({"paths": told}, indent=0).encode()


def _readme() -> str:
    return README
