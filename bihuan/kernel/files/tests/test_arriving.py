"""A file in parts: goes on from the byte where it stopped, becomes an attachment once, and is trusted only when it is whole (#60)."""

import hashlib
import os
import time

import pytest
from django.utils import timezone

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.access.refusals import Conflict, Invalid, NotFound
from bihuan.kernel.files import arriving, partial
from bihuan.kernel.files.models import Announced, Attachment
from bihuan.kernel.files.orphans import find
from bihuan.kernel.journal.models import Entry

from . import samples

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def announced(record, zhang):
    """A function that announces bytes for ``record``."""

    def put(content, *, kind="document", key="k1", sha256="", by=zhang):
        digest = sha256 or hashlib.sha256(content).hexdigest()
        return arriving.announce(record, kind=kind, size=len(content), sha256=digest, client_key=key, by=by, at=timezone.now())

    return put


@pytest.fixture
def sent(record, zhang):
    """A function that sends a part from an offset on."""
    return lambda row, offset, *pieces, name="": arriving.take(row, record, offset, pieces, by=zhang, name=name)


def test_what_came_stays_and_the_rest_makes_it_one_attachment(record, announced, sent):
    content = samples.pdf()
    row = announced(content)
    assert sent(row, 0, content[:10], content[10:30]) == 30
    assert arriving.length(Announced.objects.get()) == 30
    assert Attachment.objects.count() == 0
    assert sent(row, 30, content[30:], name="现场.pdf") == len(content)
    kept = Attachment.objects.get()
    assert (kept.original_sha256, kept.client_key, kept.name) == (hashlib.sha256(content).hexdigest(), "k1", "现场.pdf")
    assert list(Entry.objects.order_by("pk").values_list("action", flat=True)) == ["announce", "attach"]
    assert list(partial.place().iterdir()) == []


def test_sent_again_after_it_arrived_it_is_still_one(announced, sent):
    content = samples.pdf()
    row = announced(content)
    sent(row, 0, content)
    again = announced(content)
    assert (again.pk, arriving.length(again), sent(again, 0, content)) == (row.pk, len(content), len(content))
    assert Attachment.objects.count() == Announced.objects.count() == 1


def test_a_worker_that_died_before_the_last_commit_is_made_good_by_an_empty_part(announced, sent):
    content = samples.pdf()
    row = announced(content)
    partial.append(row.handle, 0, [content], row.size)  # all the bytes are here, but nobody made them an attachment
    assert arriving.length(row) == len(content)
    assert Announced.objects.get().arrived_at is None
    sent(row, len(content))
    assert Announced.objects.get().arrived_at is not None
    assert Attachment.objects.get().name == "附件.pdf"


def test_going_on_from_another_byte_is_refused_and_spoils_nothing(announced, sent):
    content = samples.pdf()
    row = announced(content)
    sent(row, 0, content[:20])
    for offset in (0, 19, 21):
        with pytest.raises(partial.Elsewhere, match="续传位置"):
            sent(row, offset, content[offset:])
    assert partial.length(row.handle) == 20


def test_more_than_was_announced_is_refused(announced, sent):
    content = samples.pdf()
    row = announced(content[:50], sha256="0" * 64)
    with pytest.raises(Invalid, match="比预告的长"):
        sent(row, 0, content)


def test_a_whole_file_of_another_hash_is_thrown_away_and_begins_anew(announced, sent):
    content = samples.pdf()
    row = announced(content)
    with pytest.raises(Conflict, match="损坏"):
        sent(row, 0, bytes(len(content)))
    assert (partial.length(row.handle), Attachment.objects.count()) == (0, 0)
    sent(row, 0, content)
    assert Attachment.objects.count() == 1


def test_whole_it_is_judged_like_any_file_and_what_is_not_taken_in_is_given_up(record, announced, sent):
    content = b"MZ" + bytes(500)
    row = announced(content)
    with pytest.raises(Invalid, match="只能上传"):
        sent(row, 0, content)
    assert arriving.still_to_come(record).announced == 0
    assert not partial.path_of(row.handle).exists()
    assert list(Entry.objects.order_by("pk").values_list("action", flat=True)) == ["announce", "give_up"]


def test_a_key_belongs_to_one_file_of_one_person(announced):
    row = announced(samples.pdf())
    with pytest.raises(Conflict, match="上传编号"):
        announced(samples.pdf() + b"\n")
    with pytest.raises(Conflict, match="上传编号"):
        announced(samples.pdf(), by=Actor(name="李工", person_id=8))
    with pytest.raises(NotFound):
        arriving.mine(Actor(name="李工", person_id=8), row.handle)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"size": 0}, "Upload-Length"),
        ({"size": 16 * 2**20, "kind": "photo"}, "Upload-Length"),
        ({"sha256": "x"}, "sha256"),
        ({"client_key": ""}, "key"),
    ],
)
def test_what_can_never_be_taken_in_is_refused_before_its_first_byte(record, zhang, changed, field):
    said = {"kind": "document", "size": 9, "sha256": "0" * 64, "client_key": "k"} | changed
    with pytest.raises(Invalid) as refused:
        arriving.announce(record, **said, by=zhang, at=timezone.now())
    assert refused.value.field == field


def test_a_person_has_so_many_on_the_way_and_no_more(announced, monkeypatch):
    monkeypatch.setattr(arriving, "MOST_OPEN", 2)
    announced(b"1", key="1")
    announced(b"2", key="2")
    with pytest.raises(Invalid, match="还有 2 个文件没有传完"):
        announced(b"3", key="3")
    announced(b"3", key="3", by=Actor(name="李工", person_id=8))


def test_how_many_are_there_is_told_in_words_and_the_given_up_do_not_count(record, zhang, announced, sent):
    contents = [samples.jpeg(width=40 + n) for n in range(3)]
    rows = [announced(content, kind="photo_after", key=str(n)) for n, content in enumerate(contents)]
    sent(rows[0], 0, contents[0])
    assert arriving.still_to_come(record).sentence == "照片未传完 1/3"
    arriving.give_up(rows[1], record, by=zhang, at=timezone.now())
    assert [row.pk for row in arriving.own_to_come(record, zhang)] == [rows[2].pk]
    sent(rows[2], 0, contents[2])
    assert arriving.still_to_come(record).sentence == ""


def test_two_alike_are_two_attachments_and_one_file_that_is_not_replaced(announced, sent, files_root):
    content = samples.pdf()
    first = announced(content, key="a")
    sent(first, 0, content)
    (kept,) = [path for path in files_root.rglob("*") if path.is_file()]
    before = (kept.stat().st_ino, kept.read_bytes())
    sent(announced(content, key="b"), 0, content)
    assert Attachment.objects.count() == 2
    assert (kept.stat().st_ino, kept.read_bytes()) == before


def test_what_did_not_grow_for_a_week_is_swept_and_its_announcement_stays(record, announced, sent):
    content = samples.pdf()
    old, new = announced(content, key="old"), announced(content, key="new")
    for row in (old, new):
        sent(row, 0, content[:9])
    week = time.time() - partial.KEPT_FOR.total_seconds() - 60
    os.utime(partial.path_of(old.handle), (week, week))
    assert find().hashes == [], "a part is no orphan"
    assert partial.sweep() == 1
    assert (partial.length(old.handle), partial.length(new.handle)) == (0, 9)
    assert arriving.still_to_come(record).announced == 2
