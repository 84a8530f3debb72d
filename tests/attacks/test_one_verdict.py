"""The verifier that needs no Bihuan and Bihuan's own give one verdict, whatever was done to the journal (#52); neither cries wolf (#50)."""

import os
import random
import zipfile

import pytest
from django.db import transaction
from django.utils import timezone

from bihuan.kernel import journal
from bihuan.kernel.access.actors import system
from bihuan.kernel.journal.canonical import canonical
from bihuan.kernel.proof import verify_export as alone
from bihuan.kernel.proof.deliver import deliver
from bihuan.kernel.proof.export import export
from bihuan.kernel.proof.key import signer
from bihuan.kernel.proof.seal import seal
from bihuan.kernel.proof.verify import Verification
from bihuan.kernel.testing.committed import lift_triggers

from .library import recompute, rewrite, sql
from .world import findings, sealed_world

CASES, RUNS = int(os.environ.get("CASES", "50")), int(os.environ.get("RUNS", "40"))  # the figures of #52, and of #50: 1,000
HARMS = ("nothing", "body", "hash", "link", "gap", "tail", "swap", "moved", "recomputed", "recomputed gap", "written on")


def do(harm, world, chance):
    """One harm to a random place of the branch's chain."""
    seq = chance.randrange(2, world.size - 1)
    match harm:
        case "body":
            rewrite(world, seq)
        case "hash":
            sql("UPDATE journal_entry SET hash=%s WHERE chain=%s AND seq=%s", f"{chance.getrandbits(256):064x}", world.chain, seq)
        case "link":
            sql("UPDATE journal_entry SET prev_hash=%s WHERE chain=%s AND seq=%s", f"{chance.getrandbits(256):064x}", world.chain, seq)
        case "gap" | "recomputed gap":
            sql("DELETE FROM journal_entry WHERE chain=%s AND seq=%s", world.chain, seq)
        case "tail":
            sql("DELETE FROM journal_entry WHERE chain=%s AND seq>=%s", world.chain, seq)
            recompute(world.chain)
        case "swap":
            sql("UPDATE journal_entry SET seq=seq+1000000 WHERE chain=%s AND seq IN (%s, %s)", world.chain, seq, seq + 1)
            sql("UPDATE journal_entry SET seq=%s WHERE chain=%s AND seq=%s", seq, world.chain, seq + 1 + 1000000)
            sql("UPDATE journal_entry SET seq=%s WHERE chain=%s AND seq=%s", seq + 1, world.chain, seq + 1000000)
        case "moved":
            sql(
                "UPDATE journal_entry SET body=%s WHERE chain=%s AND seq=%s",
                canonical({"chain": world.chain, "seq": seq + 1}),
                world.chain,
                seq,
            )
        case "recomputed":
            rewrite(world, seq)
        case "written on":
            with journal.unit():
                journal.append_plain(system("test"), "test", "x", at=timezone.now())
    if harm.startswith("recomputed"):
        recompute(world.chain)


def verdicts(folder, file):
    """What each of the two finds in the journal; Bihuan's also looks at columns and ends, which no export carries."""
    own = [
        one for one in Verification(folder=folder).journal() if not isinstance(one, str) and one.kind not in {"columns", "end", "absent"}
    ]
    export(file)
    with zipfile.ZipFile(file) as archive:
        found, counted = alone.check_export(archive, signer().key, folder, {})
    assert counted["entries"] and counted["checkpoints"]
    return own, found


@pytest.mark.both
def test_both_give_one_verdict(world, folder, tmp_path, capsys):
    lift_triggers()
    told = {}
    for case in range(CASES):
        chance, harm = random.Random(case), HARMS[case % len(HARMS)]  # noqa: S311 -- choices, not secrets
        with transaction.atomic():
            do(harm, world, chance)
            own, found = verdicts(folder, tmp_path / f"{case}.zip")
            transaction.set_rollback(True)
        assert bool(own) == bool(found) == (harm not in {"nothing", "written on"}), (case, harm, own, found)
        assert {one.of for one in own} == {one.of for one in found}, (case, harm)
        told[harm] = told.get(harm, 0) + 1
    assert set(told) == set(HARMS)
    with capsys.disabled():
        print(f"\n{CASES} cases, one verdict: {told}")


def test_honest_writing_never_raises_an_alarm(company, folder, capsys):
    chance = random.Random(50)  # noqa: S311 -- choices, not secrets
    sealed_world(company)
    for run in range(RUNS):
        with journal.unit():
            for _entry in range(chance.randrange(4)):
                journal.append_plain(system("test"), "test", "x", at=timezone.now())
        if chance.random() < 0.5:
            seal()
        if chance.random() < 0.3:
            deliver()
        if chance.random() < 0.05:
            company.signed()
        assert findings(folder) == [], run
    with capsys.disabled():
        print(f"\n{RUNS} honest runs, no alarm")
