"""Each attack is found and named; honest data gives no finding, whoever writes on meanwhile (#41, #50)."""

import datetime as dt
import threading

import pytest
from django.db import connection
from django.utils import timezone

from bihuan.kernel.journal.models import Chain
from bihuan.kernel.proof.deliver import deliver
from bihuan.kernel.proof.seal import seal
from bihuan.kernel.proof.verify import Verification
from bihuan.kernel.proof.verify_export import read_papers
from bihuan.kernel.signing.sign import current_signatures
from bihuan.kernel.testing.committed import lift_triggers
from bihuan.service.domain import order as orders

from .library import ATTACKS, recompute, rewrite
from .world import findings, sealed_world


def test_there_are_at_least_twelve_attacks():
    assert len(ATTACKS) >= 12


@pytest.mark.both
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_found_and_named(world, folder, name):
    assert findings(folder) == []
    lift_triggers()
    words = ATTACKS[name](world)
    found = findings(folder)
    assert any(all(word in sentence for word in words) for sentence in found), found


@pytest.mark.both
def test_what_is_written_after_the_last_checkpoint_is_no_finding(world, company, folder):
    company.registered()
    assert findings(folder) == []


@pytest.mark.both
def test_writing_while_verifying_is_no_finding(committed_company, folder):
    sealed_world(committed_company)
    stop, written = threading.Event(), []

    def write_on():
        while not stop.is_set():
            written.append(committed_company.registered().pk)
            seal()
            deliver()
        connection.close()

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        before = len(written)
        rounds = [findings(folder) for _round in range(8)]
        after = len(written)
    finally:
        stop.set()
        writer.join()
    assert after > before, "nothing was written meanwhile"
    assert rounds == [[]] * 8


@pytest.mark.both
def test_an_order_declined_and_given_to_somebody_else_is_no_finding(company, folder):
    """The approval that was given holds no longer, and the journal says so (#46)."""
    order, now = company.approved(), timezone.now()
    orders.decline(order, by=company.by("engineer"), at=now, reason="生病")
    assert list(current_signatures(order)) == []
    orders.amend(
        order, by=company.by("lead"), at=now, engineer=company.colleague, task="换人前往", planned_arrival=now + dt.timedelta(hours=3)
    )
    orders.submit(order, by=company.by("lead"), at=now)
    orders.approve(order, by=company.by("head").proved(now), at=now)
    assert current_signatures(order).count() == 1
    seal()
    deliver()
    assert findings(folder) == []


def test_without_checkpoints_kept_elsewhere_a_rewritten_chain_is_still_found_by_those_in_the_database(world):
    lift_triggers()
    ATTACKS["edit_and_recompute_the_chain"](world)
    assert any("与" in sentence and "校验点不符" in sentence for sentence in Verification().findings())


def test_nothing_to_verify_is_a_failure(db, tmp_path):
    run = Verification(folder=tmp_path)
    assert list(run.findings()) == []
    assert run.nothing


@pytest.mark.both
def test_a_paper_in_a_customer_s_hands_finds_what_no_checkpoint_covers_yet(world, company, folder):
    """The window since the last checkpoint: only who holds the hash sees it (5.3)."""
    company.registered()
    end = Chain.objects.get(pk=world.chain)
    papers = {str(world.chain): {end.seq: end.hash[:16]}}
    assert list(Verification(folder=folder, papers=papers).findings()) == []
    lift_triggers()
    rewrite(world, end.seq)
    recompute(world.chain)
    assert findings(folder) == [], "after the last checkpoint, by someone who computes the chain anew"
    (found,) = Verification(folder=folder, papers=papers).findings()
    assert f"日志链 {world.chain}：第 {end.seq} 条不是纸质单据上所印的那一条（{end.hash[:16]}）" in found


def test_digits_of_a_paper_are_read_as_printed():
    assert read_papers(["3/27：9f3a 12bc 44de 0a1b"]) == {"3": {27: "9f3a12bc44de0a1b"}}
    for text in ("3/27", "3/27:9f", "x/27:9f3a12bc44de0a1b", "3/27:no-hexadecimal"):
        with pytest.raises(ValueError):
            read_papers([text])
