"""Attachments in a bucket of a real S3-speaking server: kept there, fetched with today's right, verified there, backed up from there."""

import datetime as dt
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from importlib.util import find_spec

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from bihuan.config import env
from bihuan.config.tests.program import free_port
from bihuan.kernel.files import disk, orphans
from bihuan.kernel.files.check import check_file, check_files
from bihuan.kernel.files.store import attach
from bihuan.kernel.files.tests import samples
from bihuan.operations import archive
from bihuan.operations.backup import back_up

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not (find_spec("moto") and find_spec("storages")), reason="object storage skipped: moto and django-storages are not installed"
    ),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:boto.*"),
]
SETTINGS = {
    "BIHUAN_FILES_S3": "attachments",
    "BIHUAN_FILES_S3_KEY": "key",
    "BIHUAN_FILES_S3_SECRET": "secret",
    "BIHUAN_FILES_S3_REGION": "us-east-1",
}


@pytest.fixture(scope="module")
def endpoint():
    """The server's address."""
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "moto.server", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _try in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def bucket(endpoint, settings, monkeypatch, tmp_path):
    """An empty bucket that the settings name, and an empty disk."""
    for name, value in (SETTINGS | {"BIHUAN_FILES_S3_ENDPOINT": endpoint}).items():
        monkeypatch.setenv(name, value)
    settings.HOME, settings.FILES_ROOT = tmp_path / "home", tmp_path / "home" / "files"
    settings.FILES_ROOT.mkdir(parents=True)
    settings.STORAGES = settings.STORAGES | env.object_storage()
    made = disk.storage().connection.Bucket("attachments")
    made.create()
    yield made
    made.objects.delete()
    made.delete()


@pytest.fixture
def attached(company, bucket):
    return photo(company)


def photo(company):
    with transaction.atomic():
        return attach(company.registered(), samples.jpeg(), kind="photo_before", by=company.by("engineer"), at=timezone.now())


def forget_here(settings):
    shutil.rmtree(settings.FILES_ROOT)
    settings.FILES_ROOT.mkdir()


def test_what_is_attached_lies_in_the_bucket_before_its_row_is_there(attached, bucket):
    (kept,) = bucket.objects.all()
    assert kept.key == f"{attached.sha256[:2]}/{attached.sha256[2:4]}/{attached.sha256}"
    assert kept.size == attached.size


def test_another_machine_hands_it_out_with_the_right_of_the_moment(attached, company, client, settings):
    forget_here(settings)
    client.force_login(company.engineer)
    answer = client.get(attached.get_absolute_url())
    assert answer.status_code == 200
    assert len(b"".join(answer.streaming_content)) == attached.size
    small = client.get(attached.get_thumbnail_url())
    assert small.status_code == 200
    assert b"".join(small.streaming_content).startswith(b"\xff\xd8")
    client.force_login(company.other_engineer)
    assert client.get(attached.get_absolute_url()).status_code == 404, (
        "no address of the bucket is given out, so the right is asked each time"
    )


def test_what_was_changed_in_the_bucket_is_found_and_not_handed_out(attached, bucket, company, client, settings):
    assert list(check_files()) == []
    bucket.Object(disk.name_of(attached.sha256)).put(Body=b"x" * attached.size)
    assert "校验值" in check_file(attached), "the copy on this disk does not hide it"
    forget_here(settings)
    client.force_login(company.engineer)
    assert client.get(attached.get_absolute_url()).status_code == 404
    bucket.Object(disk.name_of(attached.sha256)).delete()
    assert check_file(attached) == "文件缺失"


def test_a_backup_holds_what_only_the_bucket_has(committed_company, bucket, settings, tmp_path):
    attached = photo(committed_company)
    forget_here(settings)
    made = back_up(tmp_path / "backups", by="试验")
    assert made.problems == []
    assert any(attached.sha256 in name for name in archive.read(made.path).files)


def test_orphans_of_the_bucket_are_found_and_go_and_nothing_else_does(attached, bucket, settings):
    spooled = disk.spool([b"%PDF nobody names me"], 2**20)
    disk.publish(spooled)
    lost = spooled.sha256
    for foreign in (f"{lost[:2]}/{lost[2:4]}/note", f"elsewhere/{lost}", lost):
        bucket.put_object(Key=foreign, Body=b"theirs")
    assert orphans.find().hashes == [], "too young"
    with time_machine.travel(timezone.now() + dt.timedelta(days=8)):
        forget_here(settings)
        assert orphans.find().hashes == [lost], "this disk never saw it"
        disk.fetched(lost)
        os.utime(disk.path_of(lost), (time.time(), time.time()))
        assert orphans.find().hashes == [], "here it was touched today"
        forget_here(settings)
        assert orphans.remove(orphans.find().hashes) == [lost]
        assert orphans.find().hashes == []
    left = {kept.key for kept in bucket.objects.all()}
    assert left == {disk.name_of(attached.sha256), f"{lost[:2]}/{lost[2:4]}/note", f"elsewhere/{lost}", lost}
    assert check_file(attached) == ""


def test_a_folder_within_the_bucket_is_all_that_is_looked_at(bucket, settings, monkeypatch):
    spooled = disk.spool([b"%PDF ours"], 2**20)
    disk.publish(spooled)
    monkeypatch.setenv("BIHUAN_FILES_S3_PREFIX", "bihuan")
    settings.STORAGES = settings.STORAGES | env.object_storage()
    assert list(disk.kept_there()) == []
    again = disk.spool([b"%PDF ours"], 2**20)
    disk.send(again.path, again.sha256)
    assert [sha256 for sha256, _changed in disk.kept_there()] == [again.sha256]


def test_an_installation_moves_to_a_bucket_and_may_do_so_twice(attached, bucket, settings, capsys):
    bucket.objects.delete()
    call_command("store_files")
    assert [kept.size for kept in bucket.objects.all()] == [attached.size]
    call_command("store_files")
    assert capsys.readouterr().out.split("\n")[:2] == ["已存入 1 个文件。", "已存入 0 个文件。"]
    bucket.objects.delete()
    forget_here(settings)
    with pytest.raises(CommandError, match=attached.sha256):
        call_command("store_files")
