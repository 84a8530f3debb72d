"""The disk is full, or a folder cannot be written: a clear sentence, nothing half kept, reads go on, and back at once (#78)."""

import contextlib
import errno
import os
import random
import shutil
import subprocess
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from PIL import Image

from bihuan.api.tests.callers import Caller, registration
from bihuan.kernel.access.models import Idempotency
from bihuan.kernel.access.room import lack_of_room
from bihuan.kernel.files.models import Attachment
from bihuan.kernel.files.tests.samples import encoded
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences
from bihuan.kernel.numbering.models import Counter
from bihuan.service.models import ServiceRequest
from bihuan.service.tests.company import Company

WORDS = "磁盘已满或不可写"


@contextlib.contextmanager
def full_database():
    """SQLite may not grow by a page."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        try:
            yield
        finally:
            cursor.execute("PRAGMA max_page_count = 1073741823")


@pytest.fixture
def sqlite(committed):
    if connection.vendor != "sqlite":
        pytest.skip("a full SQLite file skipped: this is PostgreSQL, whose disk cannot be filled from here")


def counts():
    return [model.objects.count() for model in (ServiceRequest, Entry, Idempotency, Attachment)] + list(Counter.objects.values_list("last"))


def test_a_full_database_refuses_whole_reads_on_and_recovers(sqlite):
    company = Company()
    desk = Caller(company.desk)
    long = {"fault": "高压报警停机" * 1200}
    first = desk.post("requests", registration(company)).json()["number"]
    with full_database():
        before, answers = None, []
        while not answers or answers[-1].status_code == 201:  # the room in the pages there are is used up first
            before = counts()
            answers.append(desk.post("requests", registration(company, **long), key=f"key-{len(answers)}"))
        refused = answers[-1]
        assert refused.status_code == 507
        assert WORDS in refused.json()["detail"]
        assert refused.json()["type"].endswith("#no-room")
        assert counts() == before, "nothing of it is kept"
        assert desk.get(f"requests/{first}").status_code == 200
        assert list(differences()) == []
    began = time.monotonic()
    again = desk.post("requests", registration(company, **long), key=f"key-{len(answers) - 1}")
    assert again.status_code == 201, "the same key, sent again"
    assert time.monotonic() - began <= 5
    assert list(differences()) == []


def upload(page, number, *pictures):
    files = [SimpleUploadedFile(f"{index}.jpg", picture, "image/jpeg") for index, picture in enumerate(pictures)]
    return page.post(f"/r/{number}/attach/", {"kind": "photo_before", "file": files})


@pytest.fixture
def page(company):
    browser = Client()
    browser.force_login(company.engineer)
    return browser


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="a full media disk skipped: mounting one needs root")
def test_a_full_media_disk_keeps_no_part_of_an_upload_and_recovers(page, company, settings, tmp_path):
    record, folder = company.on_site(), tmp_path / "media"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True).returncode:
        pytest.skip("a full media disk skipped: no tmpfs can be mounted here")
    try:
        settings.FILES_ROOT = folder
        entries = Entry.objects.count()
        (folder / "other").write_bytes(b"x" * 1_000_000)

        answer = upload(page, record.number, noisy(1), noisy(2))

        assert answer.status_code == 507
        assert WORDS in answer.content.decode()
        assert [path.name for path in files_in(folder)] == ["other"], "no orphan"
        assert (Attachment.objects.count(), Entry.objects.count()) == (0, entries)
        assert page.get(f"/r/{record.number}/").status_code == 200

        (folder / "other").unlink()
        began = time.monotonic()
        assert upload(page, record.number, noisy(1), noisy(2)).status_code == 302
        assert time.monotonic() - began <= 5
        assert Attachment.objects.count() == 2
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def noisy(number):
    """A picture that does not compress."""
    return encoded(Image.frombytes("RGB", (220, 220), random.Random(number).randbytes(220 * 220 * 3)), "JPEG", quality=95)  # noqa: S311


@pytest.mark.both
@pytest.mark.parametrize(
    ("trouble", "is_room"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EROFS, "Read-only file system"), True),
        (PermissionError(errno.EACCES, "Permission denied"), True),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), False),
        (OperationalError("database or disk is full"), True),
        (OperationalError("database is locked"), False),
    ],
)
def test_only_a_lack_of_room_is_told_as_one(trouble, is_room):
    assert (lack_of_room(trouble) is not None) is is_room
