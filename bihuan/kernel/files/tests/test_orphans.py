"""Files that nobody names are found and go; what is young, foreign, or about to be named stays (#76, #78)."""

import datetime as dt
import os
import time

import pytest
from django.apps import apps
from django.db import transaction

from bihuan.kernel.files import disk, hold, images, orphans
from bihuan.kernel.files.models import Attachment
from bihuan.kernel.files.orphans import find, remove, sweep_incoming
from bihuan.kernel.files.store import all_or_none, attach, receive, unnamed
from bihuan.kernel.testing.overlap import together

from . import samples

pytestmark = [pytest.mark.both, pytest.mark.django_db]
LONG = 8  # days


def aged(path, days=LONG):
    then = time.time() - days * 86400
    os.utime(path, (then, then))
    return path


def published(content):
    """The hash of a file in its place that no row names, as old as need be."""
    spooled = disk.spool([content], 2**20)
    disk.publish(spooled)
    aged(disk.path_of(spooled.sha256))
    return spooled.sha256


def test_a_rolled_back_attachment_leaves_a_file_that_is_found_and_goes(attached, stored):
    kept = attached(samples.jpeg())
    with pytest.raises(RuntimeError), transaction.atomic():
        attached(samples.pdf())
        raise RuntimeError
    for path in stored():
        aged(path)
    (orphan,) = find().hashes
    assert disk.path_of(orphan).read_bytes() == samples.pdf()
    assert remove([orphan]) == [orphan]
    assert stored() == [disk.path_of(kept.sha256)]


def test_a_young_one_is_left_for_seven_days(stored):
    sha256 = published(b"%PDF young")
    aged(disk.path_of(sha256), days=6.9)
    assert find().hashes == []
    assert find(dt.timedelta(days=6)).hashes == [sha256]
    aged(disk.path_of(sha256), days=7.1)
    assert find().hashes == [sha256]


def test_a_thumbnail_goes_with_its_picture_or_after_it_and_stays_with_a_kept_one(attached, stored):
    kept, lost = attached(samples.jpeg()), published(samples.jpeg(80, 60))
    for sha256 in (kept.sha256, lost):
        images.thumbnail(disk.path_of(sha256), disk.thumbnail_path(sha256))
        aged(disk.path_of(sha256))
        aged(disk.thumbnail_path(sha256))
    disk.path_of(lost).unlink()
    assert find().hashes == [lost]
    remove([lost])
    assert stored() == sorted([disk.path_of(kept.sha256), disk.thumbnail_path(kept.sha256)])


def test_what_others_laid_beside_our_files_is_not_ours_to_remove(files_root):
    name = "ab" * 32
    for place in ("notes.txt", f"ab/ab/{name}.txt.old", f"ab/cd/{name}", "ab/ab/note", "lost+found/x/y", f"uploads/{'a' * 32}"):
        path = files_root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("theirs")
        aged(path)
    assert find().hashes == []


def test_a_file_named_between_the_look_and_the_removal_stays(attached):
    sha256 = published(samples.pdf())
    assert find().hashes == [sha256]
    attached(samples.pdf())
    assert remove([sha256]) == []
    assert disk.hash_kept(sha256) == sha256


def test_content_that_comes_again_counts_as_new(attached):
    sha256 = published(samples.pdf())
    with pytest.raises(RuntimeError), transaction.atomic():
        attached(samples.pdf())
        raise RuntimeError
    assert find().hashes == []
    assert unnamed(sha256)


def test_what_was_never_laid_in_its_place_goes_after_the_same_grace(stored):
    receive(samples.pdf(), kind="fax")
    (path,) = stored()
    assert sweep_incoming() == 0
    aged(path)
    assert sweep_incoming() == 1
    assert stored() == []


@pytest.mark.parametrize(("rows", "limit"), [(0, 5), (499, 5), (700, 7), (10_000, 100), (1_000_000, 100)])
def test_how_many_may_go_without_a_person(rows, limit, monkeypatch):
    monkeypatch.setattr(Attachment.objects, "count", lambda: rows)
    assert find().limit == limit
    assert orphans.Found(["x"] * limit, limit).too_many is False
    assert orphans.Found(["x"] * (limit + 1), limit).too_many is True


@pytest.fixture
def organisation(committed):
    """A record and who attaches, really committed."""
    from bihuan.kernel.access.actors import Actor

    branch = apps.get_model("organisation.Branch").objects.create(code="HD", name="华东分公司")
    return apps.get_model("organisation.Department").objects.create(branch=branch, name="售后组"), Actor(name="张工", person_id=7)


def kept_after(organisation, takes, holds):
    """One attaches content that lies there unnamed and takes its time to commit (*holds* seconds); the other *takes* it away."""
    record, zhang = organisation
    content = iter(range(1000))

    def fresh():
        body = samples.pdf(body=b"%%%d\n" % next(content))
        return body, published(body)

    def act(index, subject):
        body, sha256 = subject
        if index:
            return takes(sha256)
        with transaction.atomic():
            attachment = attach(record, body, kind="fax", by=zhang)
            time.sleep(holds)
        return attachment

    done = together(2, act, fresh=fresh)
    assert done.failures == []
    _body, sha256 = done.subject
    assert done.results[0].sha256 == sha256
    return disk.hash_kept(sha256) == sha256


def test_removed_while_somebody_names_it_and_has_not_committed_it_stays(organisation):
    def takes(sha256):
        until = time.monotonic() + 0.2
        while time.monotonic() < until:
            time.sleep(0.01)
            remove([sha256])

    assert kept_after(organisation, takes, holds=0.3)


def test_named_while_somebody_who_found_no_row_is_about_to_remove_it_it_is_there_afterwards(organisation):
    def takes(sha256):
        return hold.take_away(sha256, lambda sha256: unnamed(sha256) and time.sleep(0.3) is None)

    assert kept_after(organisation, takes, holds=0)


def test_a_failed_upload_takes_its_file_away_at_once_on_both_engines(organisation, stored):
    record, zhang = organisation
    with pytest.raises(RuntimeError), all_or_none([samples.pdf()], kind="fax") as (received,):  # noqa: SIM117
        with transaction.atomic():
            attach(record, received, kind="fax", by=zhang)
            raise RuntimeError
    assert stored() == []
