"""A path from an entry to the root that was signed: right for every entry, at any size, wherever the last checkpoint stood (RFC 6962)."""

import hashlib

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from bihuan.kernel import journal
from bihuan.kernel.access.actors import system
from bihuan.kernel.journal import protect
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.proof.inclusion import _Climb, paths
from bihuan.kernel.proof.models import Checkpoint
from bihuan.kernel.proof.seal import seal
from bihuan.kernel.proof.verify_export import Tree, leaf_hash, root_above
from bihuan.kernel.testing.committed import lift_triggers


def slow_root(leaves):
    """The definition in RFC 6962, 2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + slow_root(leaves[:half]) + slow_root(leaves[half:])).digest()


@given(st.integers(0, 200), st.integers(1, 80))
def test_each_leaf_of_the_last_part_leads_to_the_root_and_nowhere_else(before, more):
    leaves = [leaf_hash(f"{number:064x}") for number in range(before + more)]
    tree = Tree()
    for leaf in leaves[:before]:
        tree.add(leaf)
    climb, root = _Climb(tree, leaves[before:]), slow_root(leaves)
    for index in range(before, before + more):
        sisters = climb.sisters(index)
        assert root_above(leaves[index], index, len(leaves), sisters) == root
        assert root_above(leaf_hash("f" * 64), index, len(leaves), sisters) != root
        for wrong in ([*sisters, root], *([sisters[:-1]] if sisters else [])):
            with pytest.raises(ValueError, match="sisters"):
                root_above(leaves[index], index, len(leaves), wrong)


def write(count):
    with journal.unit():
        for _number in range(count):
            journal.append_plain(system("test"), "test", "x", at=timezone.now())


@pytest.mark.django_db
@pytest.mark.both
@pytest.mark.parametrize("older", [False, True], ids=["peaks kept", "a row older than the peaks"])
def test_entries_of_a_chain_lead_to_the_first_checkpoint_over_them(older):
    for count in (5, 3, 9, 1):
        write(count)
        assert seal() >= 1
    write(2)  # not covered yet
    if older:
        lift_triggers()
        with protect.as_owner(connection):
            Checkpoint.objects.update(peaks="")
    end = Entry.objects.filter(chain=0).latest("seq").seq
    found = list(paths(0, range(1, end + 1)))
    assert [path.seq for _checkpoint, some in found for path in some] == list(range(1, end - 1))
    assert len(found) == Checkpoint.objects.filter(chain=0).count()
    for checkpoint, some in found:
        leaves = [
            leaf_hash(one) for one in Entry.objects.filter(chain=0, seq__lte=checkpoint.size).order_by("seq").values_list("hash", flat=True)
        ]
        for path in some:
            assert checkpoint.first <= path.seq <= checkpoint.size == path.size
            assert root_above(leaves[path.seq - 1], path.seq - 1, path.size, path.sisters) == slow_root(leaves)
