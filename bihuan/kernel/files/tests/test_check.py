"""Missing, exchanged and forgotten files are found and named (#41, #76)."""

import datetime as dt
import os
import time

import pytest
from django.db import connection, transaction

from bihuan.kernel.files import disk
from bihuan.kernel.files.check import check_file, check_files, orphans
from bihuan.kernel.files.store import receive

from . import samples

pytestmark = pytest.mark.django_db


def aged(path, hours=2):
    then = time.time() - hours * 3600
    os.utime(path, (then, then))
    return path


def test_whole_files_raise_no_alarm(attached):
    attached(samples.jpeg())
    attached(samples.pdf())
    assert list(check_files()) == []


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda path: path.unlink(), "缺失"),
        (lambda path: path.write_bytes(path.read_bytes() + b" "), "大小"),
        (lambda path: path.write_bytes(path.read_bytes()[:-2] + b" \n"), "校验值"),
        (lambda path: path.write_bytes(b""), "大小"),
    ],
    ids=["deleted", "longer", "one byte", "emptied"],
)
def test_a_damaged_file_is_named(damage, named, attached):
    sound, hurt = attached(samples.jpeg()), attached(samples.pdf())
    damage(disk.path_of(hurt.sha256))
    ((attachment, problem),) = check_files()
    assert attachment == hurt != sound
    assert named in problem


def test_a_row_that_points_elsewhere_is_a_missing_file(attached):
    attachment = attached(samples.pdf())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE files_attachment SET sha256 = %s", ["../../../etc/passwd"])
    ((named, problem),) = check_files()
    assert (named, problem) == (attachment, "文件缺失")


def test_measuring_alone_sees_a_changed_size_and_not_a_changed_byte(attached):
    attachment = attached(samples.pdf())
    path = disk.path_of(attachment.sha256)
    path.write_bytes(b"X" + path.read_bytes()[1:])
    assert check_file(attachment, read=False) == ""
    assert check_file(attachment) != ""


def test_a_rolled_back_attachment_leaves_a_file_that_is_listed(attached, stored):
    kept = attached(samples.jpeg())
    with pytest.raises(RuntimeError), transaction.atomic():
        attached(samples.pdf())
        raise RuntimeError
    for path in stored():
        aged(path)
    (orphan,) = orphans()
    assert orphan.read_bytes() == samples.pdf()
    assert orphan != disk.path_of(kept.sha256)


def test_an_upload_cut_off_is_listed(stored):
    receive(samples.pdf(), kind="fax")
    (path,) = stored()
    assert list(orphans()) == []  # it may still be under way
    assert list(orphans(older_than=dt.timedelta(0))) == [path]
    aged(path)
    assert list(orphans()) == [path]


def test_the_thumbnail_of_a_kept_picture_is_no_orphan(attached, stored):
    from bihuan.kernel.files import images

    attachment = attached(samples.jpeg())
    images.thumbnail(disk.path_of(attachment.sha256), disk.thumbnail_path(attachment.sha256))
    for path in stored():
        aged(path)
    assert len(stored()) == 2
    assert list(orphans()) == []


@pytest.mark.parametrize("hostile", ["", "../" * 21 + "x", "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n"])
def test_only_a_hash_becomes_a_path(hostile):
    with pytest.raises(ValueError, match="SHA-256"):
        disk.path_of(hostile)
