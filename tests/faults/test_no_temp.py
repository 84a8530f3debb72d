"""The temporary folder is full or read-only: what needs it is refused with a sentence and leaves nothing behind; all else goes on (#78)."""

import gc
import random
import subprocess
import sys
import tempfile
import time

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from bihuan.kernel.files.models import Attachment
from bihuan.kernel.files.tests.samples import encoded
from bihuan.kernel.journal.models import Entry
from bihuan.operations import archive
from bihuan.operations.backup import back_up

from .small_disk import small_disk

pytestmark = [pytest.mark.both, pytest.mark.django_db]
WORDS = "磁盘已满或不可写"
TOKEN = "a" * 32
SPOOLED = 2_700_000  # bytes: above what Django keeps of an upload in memory


@pytest.fixture(params=["full", "read-only"])
def temp(request, tmp_path, monkeypatch):
    """The process's temporary folder, in which nothing can be written until it is mended."""
    with small_disk(tmp_path / "temp", 8) as disk:
        disk.folder.chmod(0o1777)
        monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))

        def remount(how):
            subprocess.run(["mount", "-o", f"remount,{how}", str(disk.folder)], check=True)

        if request.param == "full":
            disk.fill()
        else:
            remount("ro")

        def mend():
            if request.param == "full":
                disk.empty()
            else:
                remount("rw")

        yield disk.folder, mend


@pytest.fixture
def home(settings, tmp_path):
    settings.HOME = tmp_path / "home"
    settings.FILES_ROOT = settings.HOME / "files"
    settings.FILES_ROOT.mkdir(parents=True)


def page_of(person):
    page = Client(raise_request_exception=False, enforce_csrf_checks=True)
    page.force_login(person)
    page.cookies[settings.CSRF_COOKIE_NAME] = TOKEN
    return page


def picture():
    side = 960
    content = encoded(Image.frombytes("RGB", (side, side), random.Random(1).randbytes(side * side * 3)), "PNG")  # noqa: S311
    assert len(content) > SPOOLED
    return content


def left_in(folder):
    return [path.name for path in folder.iterdir() if path.name != "somebody-else-s"]


def upload(page, number, content):
    sent = {"kind": "photo_before", "file": SimpleUploadedFile("photo.png", content, "image/png"), "csrfmiddlewaretoken": TOKEN}
    return page.post(f"/r/{number}/attach/", sent)


def test_an_upload_is_refused_whole_and_taken_when_there_is_room(temp, home, company):
    folder, mend = temp
    record, page, content = company.on_site(), page_of(company.engineer), picture()
    entries = Entry.objects.count()

    answer = upload(page, record.number, content)

    assert answer.status_code == 507, answer.content.decode()[:300]
    assert WORDS in answer.content.decode()
    assert (Attachment.objects.count(), Entry.objects.count()) == (0, entries)
    assert left_in(folder) == []
    assert [path for path in settings.FILES_ROOT.rglob("*") if path.is_file()] == []
    assert page.get(f"/r/{record.number}/").status_code == 200
    mend()
    began = time.monotonic()
    assert upload(page, record.number, content).status_code == 302
    assert time.monotonic() - began <= 5
    assert left_in(folder) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a half-written workbook
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_an_export_is_written_or_refused_with_a_sentence(temp, company, format, monkeypatch):
    monkeypatch.setattr("bihuan.kernel.lists.exports.IN_MEMORY", 10)
    troubles: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", troubles.append)
    folder, mend = temp
    company.registered()
    page = page_of(company.desk)
    address = f"/lists/requests/export.{format}"

    answer = page.get(address)

    assert answer.status_code == 507, answer.status_code
    assert WORDS in answer.content.decode()
    assert left_in(folder) == []
    assert not Entry.objects.filter(action="export").exists(), "nothing was taken out"
    del answer
    gc.collect()
    assert troubles == [], "what was left half made is let go quietly"
    mend()
    answer = page.get(address)
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)


def test_a_print_needs_no_temporary_folder(temp, company):
    record = company.on_site()
    answer = page_of(company.engineer).get(f"/r/{record.number}/print/")
    assert answer.status_code == 200
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert content.startswith(b"%PDF")


@pytest.mark.django_db(transaction=True)
def test_a_backup_needs_only_its_own_folder(temp, home, committed_company, tmp_path):
    folder, _mend = temp
    made = back_up(tmp_path / "backups", by="试验")
    assert made.problems == []
    assert archive.read(made.path).database
    assert left_in(folder) == []
