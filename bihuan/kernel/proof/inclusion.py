"""Proof that single entries lie under a signed checkpoint, for whoever has them and not the rest of the chain (RFC 6962, 2.1.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ..journal.models import Entry
from .models import Checkpoint
from .verify_export import Tree, leaf_hash, node_hash


class Path(NamedTuple):
    """From the entry ``chain``/``seq`` to the root of the checkpoint over ``size`` entries: the sisters on the way, lowest first."""

    chain: int
    seq: int
    size: int
    sisters: list[bytes]


def paths(chain: int, seqs: Iterable[int]) -> Iterator[tuple[Checkpoint, list[Path]]]:
    """Each checkpoint that is the first over some of those entries, with their paths. Entries that none covers yet are left out.

    Reads the entries that a checkpoint covers and the one before it does not, a few hundred as a rule; what lies before is its ``peaks``.
    """
    waiting = sorted(set(seqs))
    while waiting:
        checkpoint = Checkpoint.objects.filter(chain=chain, size__gte=waiting[0]).order_by("size").first()
        if checkpoint is None:
            return
        mine = [seq for seq in waiting if seq <= checkpoint.size]
        waiting = waiting[len(mine) :]
        before, leaves = _before(checkpoint), _leaves(chain, checkpoint.first, checkpoint.size)
        climb = _Climb(before, leaves)
        yield checkpoint, [Path(chain, seq, checkpoint.size, climb.sisters(seq - 1)) for seq in mine]


def _before(checkpoint: Checkpoint) -> Tree:
    """The tree that the checkpoint went on from. A row older than the column says nothing of it: then it is grown again."""
    if checkpoint.peaks or checkpoint.first == 1:
        return Tree(checkpoint.first - 1, map(bytes.fromhex, checkpoint.peaks.split()))
    tree = Tree()
    for leaf in _leaves(checkpoint.chain, 1, checkpoint.first - 1):
        tree.add(leaf)
    return tree


def _leaves(chain: int, first: int, last: int) -> list[bytes]:
    rows = Entry.objects.filter(chain=chain, seq__gte=first, seq__lte=last).order_by("seq")
    return [leaf_hash(one) for one in rows.values_list("hash", flat=True).iterator(chunk_size=5000)]


class _Climb:
    """A tree of which the left part is known by its peaks only, the rest leaf by leaf."""

    def __init__(self, before: Tree, leaves: Sequence[bytes]) -> None:
        self.known, self.leaves, self.size = before.size, leaves, before.size + len(leaves)
        self.peaks: dict[tuple[int, int], bytes] = {}
        self.nodes: dict[tuple[int, int], bytes] = {}
        start = 0
        for peak in before.peaks:  # largest first; each over a whole power of two
            width = 1 << ((before.size - start).bit_length() - 1)
            self.peaks[start, start + width] = peak
            start += width

    def sisters(self, index: int) -> list[bytes]:
        """For the leaf *index*, counted from 0, which must not lie in the part known by its peaks."""
        way, begin, end = [], 0, self.size
        while end - begin > 1:
            middle = begin + _half(end - begin)
            if index < middle:
                way.append(self.node(middle, end))
                end = middle
            else:
                way.append(self.node(begin, middle))
                begin = middle
        return way[::-1]

    def node(self, begin: int, end: int) -> bytes:
        if (begin, end) in self.peaks:
            return self.peaks[begin, end]
        if end - begin == 1:
            return self.leaves[begin - self.known]
        if (begin, end) not in self.nodes:
            middle = begin + _half(end - begin)
            self.nodes[begin, end] = node_hash(self.node(begin, middle), self.node(middle, end))
        return self.nodes[begin, end]


def _half(size: int) -> int:
    """The largest power of two below *size*."""
    return 1 << ((size - 1).bit_length() - 1)
