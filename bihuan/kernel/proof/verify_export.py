#!/usr/bin/env python3
"""Check an exported journal, or an audit pack, without Bihuan: Python 3.11 or later, nothing else.

    python3 -I verify_export.py export.zip --key 'service.example.com+1a2b3c4d+AQ…' --checkpoints FOLDER

The key and the checkpoints should come from where the company cannot reach: the auditor's own files, the quality manager's
mailbox, another machine. What the export carries of both is used when none are given, and proves only that it agrees with
itself. Exit code 0: nothing found; 1: something does not agree, each thing in a sentence; 2: nothing could be checked.

Hashing is RFC 6962 (leaf 0x00, node 0x01), signatures are Ed25519 (RFC 8032), checkpoints are C2SP signed notes.
Bihuan itself uses the same tree, the same walk and the same sentences, so that both give one verdict.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = "bihuan-journal-1"
START = "0" * 64  # what the first entry of a chain points back to

SAYS = {
    "edited": ("第 {seq} 条（{what}）与自己的校验值不符，内容被改过", "entry {seq} ({what}) does not fit its own hash: it was changed"),
    "unlinked": ("第 {seq} 条（{what}）不接在上一条之后，前面有条目被换过", "entry {seq} ({what}) does not continue the one before it"),
    "missing": ("第 {seq} 条缺失，找到的下一条是第 {found} 条", "entry {seq} is missing; the next one found is {found}"),
    "misplaced": ("第 {seq} 条（{what}）的正文写着它是 {said}，被挪动过", "entry {seq} ({what}) says of itself that it is {said}: it was moved"),
    "columns": ("第 {seq} 条（{what}）的查找列 {names} 与正文不符", "entry {seq} ({what}): columns {names} differ from its body"),
    "end": ("登记的末尾是第 {end} 条，实际到第 {seq} 条", "is registered to end at entry {end}, and ends at {seq}"),
    "leaf": (
        "第 {seq} 条（{what}）不是 {at} 校验点送出时的那一条，历史被改写",
        "entry {seq} ({what}) is not the one that the checkpoint of {at} was sent with: history was rewritten",
    ),
    "root": (
        "第 {first} 至 {seq} 条与 {at} 的校验点不符，其中有条目被改写、增删或换位",
        "entries {first} to {seq} do not agree with the checkpoint of {at}: some were rewritten, added, removed or moved",
    ),
    "cut": (
        "只到第 {seq} 条，而 {at} 的校验点已有 {size} 条：末尾被截去，或数据库被退回",
        "ends at entry {seq}, but the checkpoint of {at} covers {size}: its tail was cut or the database was rolled back",
    ),
    "paper": (
        "第 {seq} 条不是纸质单据上所印的那一条（{digits}），历史被改写",
        "entry {seq} is not the one printed on the paper ({digits}): history was rewritten",
    ),
    "forged": ("校验点 {source} 不是由这把密钥签的：{why}", "checkpoint {source} is not signed with this key: {why}"),
    "absent": ("{at} 的校验点（{size} 条）不在数据库里，被删除了", "the checkpoint of {at} ({size} entries) is gone from the database"),
    "packed": ("导出包里的 {source} 与清单不符", "{source} in the export differs from the manifest"),
    "entry": ("审核包里第 {seq} 条日志与自己的校验值不符", "entry {seq} in the pack does not fit its own hash"),
    "path": ("审核包里第 {seq} 条日志不在 {size} 条的校验点之下", "entry {seq} in the pack does not lie under the checkpoint of {size} entries"),
    "start": ("导出包从第 {seq} 条开始，但起点与任何校验点都不符", "the export starts after entry {seq}, and no checkpoint agrees with that start"),
}  # fmt: skip


class Finding(NamedTuple):
    """One thing that does not agree. ``kind`` is a key of SAYS; ``of`` the chain (a branch; 0: the organisation), "" for none."""

    kind: str
    of: str
    told: dict[str, Any]

    def sentence(self, language: str = "zh") -> str:
        text = SAYS[self.kind][0 if language.startswith("zh") else 1].format(**self.told)
        where = f"日志链 {self.of}：" if language.startswith("zh") else f"Journal chain {self.of}: "
        return (where if self.of else "") + text


# --- the tree (RFC 6962) ---------------------------------------------------------------------------------------------


def leaf_hash(entry_hash: str) -> bytes:
    """The leaf for an entry: of its chained hash, which binds its body and everything before it."""
    return hashlib.sha256(b"\x00" + bytes.fromhex(entry_hash)).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A Merkle tree that only grows, kept as its peaks: 32 bytes for each 1 bit of its size."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size, self.peaks = size, list(peaks)
        if len(self.peaks) != size.bit_count():
            raise ValueError(f"A tree of {size} leaves has {size.bit_count()} peaks, not {len(self.peaks)}.")

    def add(self, leaf: bytes) -> None:
        full = self.size
        while full & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            full >>= 1
        self.peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root


def root_above(leaf: bytes, index: int, size: int, sisters: Iterable[bytes]) -> bytes:
    """The root that *leaf*, the one at *index* of *size*, leads to by its *sisters* (RFC 9162, 2.1.3.2). Raises ValueError when they do not fit."""
    node, last = leaf, size - 1
    for sister in sisters:
        if not last:
            raise ValueError("too many sisters")
        if index & 1 or index == last:
            node = node_hash(sister, node)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = node_hash(node, sister)
        index, last = index >> 1, last >> 1
    if last:
        raise ValueError("too few sisters")
    return node


# --- Ed25519, verification only (RFC 8032, 5.1.7) --------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]  # extended coordinates X, Y, Z, T: x = X/Z, y = Y/Z, xy = T/Z


def _add(one: Point, other: Point) -> Point:
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % P, (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point = _add(point, point)
        number >>= 1
    return total


def _same(one: Point, other: Point) -> bool:
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 and (one[1] * other[2] - other[1] * one[2]) % P == 0


def _point(text: bytes) -> Point | None:
    """The point that 32 bytes stand for; None when they stand for none, or are not the one way to write it."""
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether *signature* (64 bytes) on *message* was made with the private half of *public* (32 bytes)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, r, s = _point(public), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or r is None or BASE is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    return _same(_times(s, BASE), _add(r, _times(k, key)))


# --- checkpoints (C2SP signed note, tlog-checkpoint) -----------------------------------------------------------------


class Key(NamedTuple):
    """A public key as C2SP writes it: name+hash+base64(0x01 ‖ 32 bytes)."""

    name: str
    public: bytes

    @property
    def mark(self) -> bytes:
        """The four bytes before each signature that say which key made it."""
        return hashlib.sha256(self.name.encode() + b"\n\x01" + self.public).digest()[:4]

    def __str__(self) -> str:
        return "+".join([self.name, self.mark.hex(), base64.b64encode(b"\x01" + self.public).decode()])


def read_key(text: str) -> Key:
    """Raises ValueError for anything but an Ed25519 key whose hash agrees."""
    name, _, rest = text.strip().partition("+")
    mark, _, data = rest.partition("+")
    try:
        said = base64.b64decode(data, validate=True)
    except binascii.Error:
        said = b""
    if not name or len(said) != 33 or said[0] != 1 or Key(name, said[1:]).mark.hex() != mark:
        raise ValueError(f"{text.strip()[:60]!r} is not a public key of the form name+hash+AQ…")
    return Key(name, said[1:])


class Checkpoint(NamedTuple):
    """What a signed note says: *size* entries of the chain *origin* have the tree *root*, as of *at*."""

    origin: str
    size: int
    root: bytes
    at: str
    text: bytes  # what is signed
    source: str = ""

    @property
    def chain(self) -> str:
        return self.origin.rpartition("/")[2]


def written(origin: str, size: int, root: bytes, at: str) -> bytes:
    """The text of a checkpoint; the time is an extension line, as the format allows."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\nat {at}\n".encode()


def read_checkpoint(note: bytes, key: Key, holds: Callable[[bytes, bytes, bytes], bool] = ed25519_holds, source: str = "") -> Checkpoint:
    """The checkpoint in *note*. Raises ValueError saying what is wrong, a signature not by *key* included."""
    text, blank, signatures = note.replace(b"\r\n", b"\n").partition(b"\n\n")
    text += b"\n"
    lines = text.decode().split("\n")
    if not blank or len(lines) < 4 or not lines[1].isdigit() or str(int(lines[1])) != lines[1]:
        raise ValueError("not a checkpoint")
    root = base64.b64decode(lines[2], validate=True)
    name, _, chain = lines[0].rpartition("/")
    if len(root) != 32 or name != key.name or not chain.isdigit():
        raise ValueError("not a checkpoint of this journal")
    for line in signatures.decode().splitlines():
        dash, name, data = ([*line.split(" "), "", ""])[:3]
        signed = base64.b64decode(data, validate=True) if dash == "—" else b""
        if name == key.name and signed[:4] == key.mark:
            if not holds(key.public, text, signed[4:]):
                raise ValueError("the signature does not hold")
            at = next((line[3:] for line in lines[3:] if line.startswith("at ")), "?")
            return Checkpoint(lines[0], int(lines[1]), root, at, text, source)
    raise ValueError(f"no signature by {key.name}+{key.mark.hex()}")


Held = dict[str, dict[int, Checkpoint]]  # by chain, by size


def read_folder(folder: Path, keys: list[Key], holds: Callable[[bytes, bytes, bytes], bool] = ed25519_holds) -> tuple[Held, list[Finding]]:
    """All checkpoints below *folder* (``*.checkpoint``), and a finding for each that none of *keys* signed."""
    files = ((str(path.relative_to(folder)), path.read_bytes()) for path in sorted(folder.rglob("*.checkpoint")))
    return gather(files, keys, holds)


def gather(notes: Iterable[tuple[str, bytes]], keys: list[Key], holds: Callable[[bytes, bytes, bytes], bool]) -> tuple[Held, list[Finding]]:
    """The checkpoints among *notes* (name, content), and a finding for each that is none or is not signed."""
    held: Held = {}
    found: list[Finding] = []
    for name, note in notes:
        why = ""
        for key in keys:
            try:
                one = read_checkpoint(note, key, holds, name)
            except ValueError as problem:
                why = str(problem)
                continue
            other = held.setdefault(one.chain, {}).setdefault(one.size, one)
            why = "" if other.root == one.root else f"{other.source} has another root"
            break
        if why:
            found.append(Finding("forged", "", {"source": name, "why": why}))
    return held, found


# --- the walk along a chain ------------------------------------------------------------------------------------------


Papers = dict[str, dict[int, str]]  # by chain and entry: the first digits of the hash, as printed at the foot of a paper


def read_papers(texts: Iterable[str]) -> Papers:
    """``3/27:9f3a12bc44de0a1b``, with or without spaces. Raises ValueError for less than eight digits or anything else."""
    papers: Papers = {}
    for text in texts:
        place, _, digits = text.replace("：", ":").partition(":")
        chain, _, seq = place.strip().partition("/")
        digits = "".join(digits.split()).lower()
        if not (chain.isdigit() and seq.isdigit() and 8 <= len(digits) <= 64 and set(digits) <= set("0123456789abcdef")):
            raise ValueError(f"{text!r} is not of the form 3/27:9f3a12bc44de0a1b")
        papers.setdefault(chain, {})[int(seq)] = digits
    return papers


class Row(NamedTuple):
    """An entry as the walk needs it."""

    seq: int
    prev_hash: str
    hash: str
    alg: str
    body: bytes


def chain_hash(prev_hash: str, body: bytes, alg: str = "sha256") -> str:
    """The hash of an entry: of the one before it and its own body."""
    text = b"%b\n%b" % (prev_hash.encode("utf-8", "surrogatepass"), body)
    return (hashlib.sha256(text) if alg == "sha256" else hashlib.new(alg, text)).hexdigest()


def fits(row: Row) -> bool:
    """Whether the entry fits its own hash, and its body says that it is of this number."""
    body, seq = row.body, row.seq
    if chain_hash(row.prev_hash, body, row.alg) != row.hash or not body.endswith(b"}"):
        return False
    return body.rfind(b'"seq":%d,' % seq) >= 0 or body.rfind(b'"seq":%d}' % seq) >= 0  # it stands near the end


def title(body: str | bytes) -> str:
    """Number and action of the record an entry tells of, for the sentence."""
    try:
        said = json.loads(body)
        return " ".join(filter(None, [said["record"]["number"], said["action"]]))
    except (ValueError, KeyError, TypeError):
        return "?"


class Walk:
    """One chain from its first entry (or from a known *tree*) to its end, in constant memory.

    *held*: checkpoints by size. *leaf_at*: the leaf that was sent along with a checkpoint, for naming the very entry; may give None.
    After the walk ``tree`` and ``hash`` are those of the end.
    """

    def __init__(self, chain: str, held: dict[int, Checkpoint], tree: Tree | None = None, prev_hash: str = START,
                 leaf_at: Callable[[int], bytes | None] = lambda seq: None, papers: dict[int, str] | None = None) -> None:  # fmt: skip
        self.chain, self.held, self.leaf_at, self.papers = chain, held, leaf_at, dict(papers or {})
        self.tree, self.hash = tree or Tree(), prev_hash
        self.agreed = self.tree.size  # up to here the last checkpoint agreed
        self.rewritten = False

    def along(self, rows: Iterable[Row]) -> Iterator[Finding]:
        for row in rows:
            if row.seq != self.tree.size + 1:
                yield from self._numbering(row)
            if row.prev_hash != self.hash or not fits(row):
                yield from self._linking(row)
            self.hash = row.hash
            leaf = leaf_hash(row.hash)
            self.tree.add(leaf)
            if ((sent := self.leaf_at(row.seq)) is not None and sent != leaf) or row.seq in self.held:
                yield from self._promised(row, sent, leaf)
            if self.papers and (digits := self.papers.pop(row.seq, "")) and not row.hash.startswith(digits):
                yield self._finding("paper", seq=row.seq, digits=digits)
        for seq, digits in self.papers.items():
            yield self._finding("paper", seq=seq, digits=digits)
        size, last = self.tree.size, max(self.held, default=0)
        if size < last:
            yield self._finding("cut", seq=size, size=last, at=self.held[last].at)

    def _finding(self, kind: str, **told: Any) -> Finding:
        return Finding(kind, self.chain, told)

    def _numbering(self, row: Row) -> Iterator[Finding]:
        yield self._finding("missing", seq=self.tree.size + 1, found=row.seq)
        while self.tree.size < row.seq - 1:  # keep the places right, so that what follows can be compared
            self.tree.add(bytes(32))

    def _linking(self, row: Row) -> Iterator[Finding]:
        if row.prev_hash != self.hash:
            yield self._finding("unlinked", seq=row.seq, what=title(row.body))
        if chain_hash(row.prev_hash, row.body, row.alg) != row.hash:
            yield self._finding("edited", seq=row.seq, what=title(row.body))
        elif not fits(row):
            yield self._finding("misplaced", seq=row.seq, what=title(row.body), said=json.loads(row.body).get("seq"))

    def _promised(self, row: Row, sent: bytes | None, leaf: bytes) -> Iterator[Finding]:
        if sent is not None and sent != leaf and not self.rewritten:
            self.rewritten = True  # the first is named; all after it differ too
            at = next((one.at for size, one in sorted(self.held.items()) if size >= row.seq), "?")
            yield self._finding("leaf", seq=row.seq, what=title(row.body), at=at)
        promise = self.held.get(row.seq)
        if promise is None:
            return
        if promise.root == self.tree.root():
            self.agreed = row.seq
        else:
            yield self._finding("root", first=self.agreed + 1, seq=row.seq, at=promise.at)


# --- the export ------------------------------------------------------------------------------------------------------


def check_export(archive: zipfile.ZipFile, key: Key | None, folder: Path | None, papers: Papers) -> tuple[list[Finding], dict[str, int]]:
    """What does not agree in the export, and how much there was. Without *key* and *folder*: those that it carries itself."""
    manifest = json.loads(archive.read("manifest.json"))
    if manifest["format"] != FORMAT:
        raise ValueError(f"{manifest['format']} is not {FORMAT}")
    keys = [key] if key else [read_key(line) for line in manifest["keys"]]
    found = [Finding("packed", "", {"source": name}) for name, sha256 in manifest["files"].items() if not _packed(archive, name, sha256)]
    notes = ((name, archive.read(name)) for name in archive.namelist() if name.endswith(".checkpoint"))
    held, bad = gather(notes, keys, ed25519_holds)
    found += bad
    if folder is not None:
        elsewhere, bad = read_folder(folder, keys)
        found += bad
        for chain, ones in elsewhere.items():
            held.setdefault(chain, {}).update(ones)
    entries = 0
    chains = {str(part["chain"]): part for part in manifest["chains"]}
    for chain in sorted({*chains, *held, *papers}):
        part = chains.get(chain, {"size": 0, "peaks": [], "hash": START})
        walk = Walk(
            chain, held.get(chain, {}), Tree(part["size"], map(bytes.fromhex, part["peaks"])), part["hash"], papers=papers.get(chain)
        )
        if part["size"] and (part["size"] not in walk.held or walk.held[part["size"]].root != walk.tree.root()):
            found.append(Finding("start", chain, {"seq": part["size"]}))
        before = walk.tree.size
        found += walk.along(_rows(archive, f"journal/{chain}.jsonl") if chain in chains else ())
        entries += walk.tree.size - before
    return found, {"chains": len(chains), "entries": entries, "checkpoints": sum(map(len, held.values()))}


def check_pack(archive: zipfile.ZipFile, key: Key | None, folder: Path | None = None) -> tuple[list[Finding], dict[str, int]]:
    """The same of an audit pack: its files against the manifest, each entry against its hash, and up its path to a signed checkpoint."""
    manifest = json.loads(archive.read("manifest.json"))
    keys = [key] if key else [read_key(line) for line in manifest["keys"]]
    found = [
        Finding("packed", "", {"source": file["path"]}) for file in manifest["files"] if not _packed(archive, file["path"], file["sha256"])
    ]
    held, bad = gather(((name, archive.read(name)) for name in archive.namelist() if name.endswith(".checkpoint")), keys, ed25519_holds)
    elsewhere, worse = read_folder(folder, keys) if folder is not None else ({}, [])
    for chain, ones in elsewhere.items():
        held.setdefault(chain, {}).update(ones)
    found += bad + worse
    hashes = {}
    for line in map(json.loads, archive.read("journal.jsonl").splitlines()):
        if chain_hash(line["prev_hash"], line["body"].encode("utf-8", "surrogatepass"), line["alg"]) != line["hash"]:
            found.append(Finding("entry", str(line["chain"]), {"seq": line["seq"]}))
        hashes[str(line["chain"]), line["seq"]] = line["hash"]
    proved = set()
    for path in json.loads(archive.read("proof.json"))["paths"]:
        chain, seq, size = str(path["chain"]), path["seq"], path["size"]
        if _lies_under(held.get(chain, {}).get(size), hashes.get((chain, seq), ""), seq, path["sisters"]):
            proved.add((chain, seq))
        else:
            found.append(Finding("path", chain, {"seq": seq, "size": size}))
    counted = {
        "records": len(manifest["records"]),
        "entries": len(hashes),
        "proved": len(proved),
        "checkpoints": sum(map(len, held.values())),
    }
    return found, counted


def _lies_under(checkpoint: Checkpoint | None, entry_hash: str, seq: int, sisters: list[str]) -> bool:
    try:
        return checkpoint is not None and checkpoint.root == root_above(
            leaf_hash(entry_hash), seq - 1, checkpoint.size, map(bytes.fromhex, sisters)
        )
    except ValueError:
        return False


def _packed(archive: zipfile.ZipFile, name: str, sha256: str) -> bool:
    digest = hashlib.sha256()
    try:
        with archive.open(name) as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    except KeyError:
        return False
    return digest.hexdigest() == sha256


def _rows(archive: zipfile.ZipFile, name: str) -> Iterator[Row]:
    try:
        file = archive.open(name)
    except KeyError:
        return
    with file, io.TextIOWrapper(file, encoding="utf-8", errors="surrogatepass", newline="\n") as lines:
        for line in lines:
            row = json.loads(line)
            yield Row(**row | {"body": row["body"].encode("utf-8", "surrogatepass")})


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check an exported journal / 核对导出的日志")
    parser.add_argument("export", help="export.zip, or an audit pack / 导出包或审核包")
    parser.add_argument("--key", help="the public key, from where the company cannot change it / 公钥")
    parser.add_argument("--checkpoints", type=Path, help="a folder of checkpoints kept elsewhere / 另行保存的校验点目录")
    parser.add_argument(
        "--held", action="append", default=[], metavar="3/27:9f3a…", help="as printed at the foot of a paper / 纸质单据页脚所印"
    )
    parser.add_argument("--lang", choices=["zh", "en"], default="zh")
    arguments = parser.parse_args(argv)
    try:
        key = read_key(arguments.key) if arguments.key else None
        with zipfile.ZipFile(arguments.export) as archive:
            if "proof.json" in archive.namelist():
                found, counted = check_pack(archive, key, arguments.checkpoints)
            else:
                found, counted = check_export(archive, key, arguments.checkpoints, read_papers(arguments.held))
            keys = [str(key)] if key else json.loads(archive.read("manifest.json"))["keys"]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as problem:
        print(f"无法核对 / cannot be checked: {problem}", file=sys.stderr)
        return 2
    for one in found:
        print("✗ " + one.sentence(arguments.lang))
    print("key / 公钥: " + " ".join(keys))
    print(" · ".join(f"{name} {count}" for name, count in counted.items()))
    if left := counted["entries"] - counted.get("proved", counted["entries"]):
        print(f"{left} 条日志在制作审核包时还没有校验点 / entries without a checkpoint when the pack was made: {left}")
    if not counted["entries"] or not counted["checkpoints"]:
        print("✗ 没有可核对的内容 / nothing to check")
        return 2
    print("一致 / agrees" if not found else f"不一致 / does not agree: {len(found)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(main())
