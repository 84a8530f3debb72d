"""Missing and exchanged files are found and named (#41, #76)."""

import pytest
from django.db import connection

from bihuan.kernel.files import disk
from bihuan.kernel.files.check import check_file, check_files

from . import samples

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("hostile", ["", "../" * 21 + "x", "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n"])
def test_only_a_hash_becomes_a_path(hostile):
    with pytest.raises(ValueError, match="SHA-256"):
        disk.path_of(hostile)
