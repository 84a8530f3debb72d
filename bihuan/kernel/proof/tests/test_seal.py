"""When checkpoints are made, what they cover, and where they go."""

import datetime as dt
import time

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.locmem import EmailBackend
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bihuan.kernel import journal
from bihuan.kernel.access.actors import system
from bihuan.kernel.journal.models import Chain, Entry
from bihuan.kernel.proof import key
from bihuan.kernel.proof.deliver import LEASE, _claimed, _to_mail, deliver, states
from bihuan.kernel.proof.models import Checkpoint, Delivery, Grown
from bihuan.kernel.proof.seal import AT_MOST, overdue, seal, seal_due
from bihuan.kernel.proof.verify import Verification
from bihuan.kernel.proof.verify_export import Tree, leaf_hash, read_checkpoint
from bihuan.kernel.testing.committed import lift_triggers
from bihuan.kernel.testing.overlap import together

NOBODY = system("试验")
NOON = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)


@pytest.fixture
def elsewhere(settings, tmp_path):
    settings.CHECKPOINT_DIR = tmp_path / "elsewhere"
    settings.CHECKPOINT_MAIL = []
    return settings.CHECKPOINT_DIR


def write(count, at=None):
    with journal.unit():
        for number in range(count):
            journal.append_plain(NOBODY, "probe", str(number), at=at or timezone.now())


@pytest.mark.both
def test_nothing_is_sealed_when_nothing_was_written(db, elsewhere):
    assert seal_due() == 0 and seal() == 0
    write(3)
    assert seal() == 1
    assert seal() == 0
    assert Checkpoint.objects.count() == 1


@pytest.mark.both
def test_fifteen_minutes_or_five_hundred_entries_whichever_first(db, elsewhere):
    with time_machine.travel(NOON, tick=False) as clock:
        write(1)
        assert seal_due() == 1, "the first entry ever does not wait"
        write(1)
        clock.shift(dt.timedelta(minutes=14, seconds=59))
        assert seal_due() == 0
        clock.shift(dt.timedelta(seconds=1))
        assert seal_due() == 1
        write(AT_MOST - 1)
        assert seal_due() == 0
        write(1)
        assert seal_due() == 1


def test_a_seal_that_lies_ahead_since_the_clock_went_back_is_not_waited_for(db, elsewhere):
    with time_machine.travel(NOON, tick=False) as clock:
        write(1)
        assert seal_due() == 1
        write(1)
        clock.shift(-dt.timedelta(hours=2))
        assert seal_due() == 1
        write(1)
        assert seal_due() == 0, "every 15 minutes from there on"
        assert list(Verification(folder=None).findings()) == []


@pytest.mark.both
def test_a_checkpoint_is_the_root_over_all_entries_and_reads_only_the_new_ones(db, elsewhere):
    write(700)
    seal()
    write(5)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        seal()
    assert any("seq" in query["sql"] and "> 700" in query["sql"] for query in asked.captured_queries)
    tree = Tree()
    for digest in Entry.objects.filter(chain=0).order_by("seq").values_list("hash", flat=True):
        tree.add(leaf_hash(digest))
    last = Checkpoint.objects.get(size=705)
    one = read_checkpoint(last.note.encode(), key.signer().key, key.holds)
    assert (one.size, one.root, last.first) == (705, tree.root(), 701)
    assert one.origin == f"{key.signer().key.name}/0"


@pytest.mark.both
def test_what_does_not_continue_the_sealed_part_is_not_sealed(db, elsewhere, caplog):
    write(4)
    seal()
    write(4)
    lift_triggers()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE journal_entry SET body = REPLACE(body, 'probe', 'bogus') WHERE seq = 6")
    assert seal() == 0
    assert "entry 6" in caplog.text


@pytest.mark.both
def test_checkpoints_cannot_be_changed_by_the_application(db, elsewhere):
    write(1)
    seal()
    for statement in ("UPDATE proof_checkpoint SET note = ''", "DELETE FROM proof_checkpoint"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_checkpoints_reach_the_folder_with_their_leaves(db, elsewhere):
    write(3)
    seal()
    assert deliver() == 1 and deliver() == 0
    (note,) = elsewhere.rglob("*.checkpoint")
    first, *leaves = note.with_suffix(".leaves").read_text().split()
    assert first == "1" and len(leaves) == 3
    assert list(Verification(folder=elsewhere).findings()) == []


def test_a_folder_that_cannot_be_written_says_why_and_is_tried_again(db, elsewhere):
    elsewhere.write_text("in the way")
    write(1)
    seal()
    assert deliver() == 0
    folder, mailbox = states()
    assert folder.waiting == 1 and folder.problem and folder.waiting_since
    assert mailbox.where == ""
    elsewhere.unlink()
    assert deliver() == 1
    assert states()[0].problem == "" and states()[0].last


def test_a_checkpoint_in_the_folder_is_never_overwritten(db, elsewhere):
    write(1)
    seal()
    deliver()
    (note,) = elsewhere.rglob("*.checkpoint")
    note.write_text("another history")
    Delivery.objects.update(delivered_at=None)
    assert deliver() == 0
    assert note.read_text() == "another history"
    assert str(note) in states()[0].problem


def test_checkpoints_go_by_mail_once_an_hour_with_the_newest_of_each_chain(db, elsewhere, settings):
    settings.CHECKPOINT_MAIL = ["quality@example.com"]
    with time_machine.travel(NOON, tick=False) as clock:
        for _each in range(3):
            write(2)
            seal()
        deliver()
        assert mail.outbox == []
        clock.shift(dt.timedelta(hours=1))
        deliver()
    (sent,) = mail.outbox
    assert sent.to == ["quality@example.com"] and str(key.signer().key) in sent.body
    ((name, content, _type),) = sent.attachments
    assert name == "chain-0-000000000006.checkpoint"
    assert read_checkpoint(content.encode() if isinstance(content, str) else content, key.signer().key).size == 6
    assert not Delivery.objects.filter(delivered_at__isnull=True).exists()


@pytest.mark.both
def test_of_two_workers_at_once_one_sends_the_hourly_mail(committed, elsewhere, settings, monkeypatch):
    settings.CHECKPOINT_MAIL = ["quality@example.com"]
    settings.EMAIL_BACKEND = f"{__name__}.Slow"
    write(2)
    seal()
    monkeypatch.setattr("bihuan.kernel.proof.deliver.MAIL_EVERY", dt.timedelta(0))
    done = together(2, lambda _index: _to_mail())
    assert (done.failures, sorted(done.results), len(mail.outbox)) == ([], [0, 1], 1)


@pytest.mark.both
def test_the_hourly_mail_of_a_worker_that_died_is_sent_by_the_next(db, elsewhere, settings):
    settings.CHECKPOINT_MAIL = ["quality@example.com"]
    with time_machine.travel(NOON, tick=False) as clock:
        write(2)
        seal()
        clock.shift(dt.timedelta(hours=1))
        first = Delivery.objects.get(place="mail")
        assert _claimed(first) and not _claimed(first)
        assert _to_mail() == 0
        clock.shift(LEASE + dt.timedelta(seconds=1))
        assert _to_mail() == 1


class Slow(EmailBackend):
    """A mail server that takes its time, so that the other one comes while it works."""

    def send_messages(self, messages):
        time.sleep(0.3)
        return super().send_messages(messages)


@pytest.mark.both
def test_a_chain_that_grew_and_was_not_sealed_for_an_hour_is_told(db, elsewhere):
    with time_machine.travel(NOON, tick=False) as clock:
        write(1)
        seal()
        clock.shift(dt.timedelta(hours=2))
        assert overdue() == [], "nothing was written since"
        write(1)
        assert overdue() == [0]
        seal()
        assert overdue() == []


# --- the key ---


def test_the_key_is_made_once_and_read_by_its_owner_only(settings, tmp_path):
    settings.HOME = tmp_path
    first = key.signer().key
    assert key.signer().key == first
    assert key.path().stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.key"]


@pytest.mark.parametrize("text", ["PRIVATE+KEY+", "nonsense", "PRIVATE+KEY+x+00000000+AQ==", ""])
def test_a_key_that_is_none_is_refused(text):
    with pytest.raises(ImproperlyConfigured):
        key.Signer(text)


def test_a_key_copied_in_part_is_refused():
    whole = key.new_key("example.com/journal")
    with pytest.raises(ImproperlyConfigured):
        key.Signer(whole.replace("example.com", "example.org"))


def test_the_sealed_part_survives_a_lost_working_row_only_as_a_finding(db, elsewhere):
    """Whoever bends the peaks gets a checkpoint that does not agree with the entries."""
    write(3)
    seal()
    grown = Grown.objects.get()
    Grown.objects.filter(pk=grown.pk).update(peaks=" ".join("00" * 32 for _peak in grown.peaks.split()))
    write(1)
    seal()
    deliver()
    assert Chain.objects.get().seq == 4
    assert any("第 4 至 4 条" in sentence or "第 4 条" in sentence for sentence in Verification(folder=elsewhere).findings())
