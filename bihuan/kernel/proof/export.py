"""The journal as a ZIP that an auditor checks without Bihuan: entries as JSON lines, checkpoints, public key, the verifier itself."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from ..journal.models import Chain
from .key import signer
from .models import Checkpoint
from .seal import rows
from .verify_export import FORMAT, START, Tree, leaf_hash

VERIFIER = Path(__file__).with_name("verify_export.py")


def export(file: Path, since: dt.datetime | None = None) -> dict[str, Any]:
    """Write the journal (from the last checkpoint before *since*, else whole) to *file*; the manifest that went in."""
    files: dict[str, str] = {}
    chains = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in Checkpoint.objects.order_by("pk").iterator(chunk_size=2000):
            _add(archive, files, f"checkpoints/chain-{one.chain}/{one.size:012d}.checkpoint", [one.note.encode()])
        for chain in Chain.objects.order_by("pk"):
            tree, before = _start(chain.pk, since)
            chains.append({"chain": chain.pk, "size": tree.size, "peaks": [peak.hex() for peak in tree.peaks], "hash": before})
            _add(archive, files, f"journal/{chain.pk}.jsonl", _lines(chain.pk, tree.size, chain.seq))
        _add(archive, files, "verify_export.py", [VERIFIER.read_bytes()])
        _add(archive, files, "README.txt", [_readme().encode()])
        manifest = {"format": FORMAT, "made_at": timezone.now().isoformat(), "keys": [str(signer().key)], "chains": chains, "files": files}
        archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    return manifest


def _start(chain: int, since: dt.datetime | None) -> tuple[Tree, str]:
    """The tree where the export begins: empty, or as it was at the last checkpoint before *since*."""
    tree, before = Tree(), START
    last = since and Checkpoint.objects.filter(chain=chain, made_at__lt=since).order_by("-size").first()
    if last:
        for row in rows(chain, to=last.size):
            tree.add(leaf_hash(row.hash))
            before = row.hash
    return tree, before


def _lines(chain: int, after: int, to: int) -> Iterator[bytes]:
    for row in rows(chain, after=after, to=to):
        yield (json.dumps(row._asdict() | {"body": row.body.decode("utf-8", "surrogatepass")}) + "\n").encode()


def _add(archive: zipfile.ZipFile, files: dict[str, str], name: str, pieces: Iterator[bytes] | list[bytes]) -> None:
    digest = hashlib.sha256()
    with archive.open(name, "w", force_zip64=True) as out:
        for piece in pieces:
            digest.update(piece)
            out.write(piece)
    files[name] = digest.hexdigest()


def _readme() -> str:
    return _(
        "这是 Bihuan 日志的导出。核对只需要 Python 3.11 以上，不需要 Bihuan：\n\n"
        "  python3 -I verify_export.py 本文件.zip --key 公钥 --checkpoints 目录\n\n"
        "公钥和校验点请用您自己保存的，不要只用包里的：包里的只能说明它自相一致。\n"
    )
