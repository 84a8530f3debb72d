"""A few files that nobody names go by night; many stay, and the administrator is told what to do (#76, #78)."""

import os
import time

import pytest
from django.utils import timezone

from bihuan import cli
from bihuan.kernel.files import disk
from bihuan.kernel.files.orphans import FEW
from bihuan.kernel.journal.models import Entry
from bihuan.operations.alarms import sentences, standing
from bihuan.operations.models import Run
from bihuan.operations.nightly import tidy_files
from bihuan.operations.tidy import tidy

pytestmark = pytest.mark.django_db
ALARM = "bihuan orphans --remove"


@pytest.fixture
def unnamed(own_files, monkeypatch):
    """A function that lays so many files that no row names, long ago."""
    monkeypatch.setenv("BIHUAN_BACKUP_HOUR", "0")

    def lay(count):
        for number in range(count):
            spooled = disk.spool([b"nobody names file %d" % number], 2**20)
            disk.publish(spooled)
            long_ago = time.time() - 8 * 86400
            os.utime(disk.path_of(spooled.sha256), (long_ago, long_ago))

    return lay


def kept():
    return len(list(disk.kept_here()))


def test_a_few_go_once_a_night_counted_and_journalled(unnamed):
    unnamed(FEW)
    assert [tidy_files(), tidy_files()] == [1, 0]
    assert kept() == 0
    run = Run.objects.get(kind="orphans")
    assert run.ok and run.night == timezone.localdate()
    assert f"删除了 {FEW} 个" in run.said
    assert Entry.objects.filter(action="orphans").count() == 1
    assert "orphans" not in standing()


def test_many_stay_and_are_an_alarm_until_somebody_has_decided(unnamed, capsys):
    unnamed(FEW + 1)
    tidy_files()
    assert kept() == FEW + 1, "a restored older database looks just like this"
    (said,) = [sentence for sentence in sentences() if ALARM in sentence]
    assert f"有 {FEW + 1} 个文件没有记录指向" in said and "旧备份" in said

    assert cli.main(["orphans"]) == 0
    listed = capsys.readouterr().out.split()
    assert sorted(listed) == sorted(sha256 for sha256, _changed in disk.kept_here())
    assert kept() == FEW + 1

    assert cli.main(["orphans", "--remove"]) == 0
    assert f"删除了 {FEW + 1} 个" in capsys.readouterr().out
    assert kept() == 0
    assert "orphans" not in standing()


def test_a_night_that_went_wrong_is_told(unnamed, monkeypatch):
    def away():
        raise ConnectionError("the bucket does not answer")

    monkeypatch.setattr(disk, "kept_there", away)
    with pytest.raises(ConnectionError):
        tidy(by="test")
    assert "does not answer" in standing()["orphans"]
