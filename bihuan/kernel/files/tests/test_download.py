"""#31, #32: a file is handed out to those who may see its record now, under a name that cannot be misread."""

import re
from email.message import Message
from urllib.parse import unquote

import pytest
import time_machine
from django.apps import apps
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from bihuan.kernel.files import disk
from bihuan.kernel.files.models import new_handle

from . import samples

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("departments_can_be_got")]


def employed(branch, role="field_engineer"):
    person = apps.get_model("organisation.Person").objects.create_person(f"user{branch.code}{role}", "李工", home_branch=branch)
    apps.get_model("organisation.Appointment").objects.create(person=person, role=role, branch=branch, starts_at=timezone.now())
    return person


@pytest.fixture
def li(suzhou, client):
    """A colleague of the record's branch, signed in."""
    person = employed(suzhou)
    client.force_login(person)
    return person


def body(response):
    """Read to the end, which closes the file."""
    return b"".join(response.streaming_content) if response.streaming else response.content


def status(response):
    body(response)
    return response.status_code


def test_a_colleague_gets_the_file_as_kept(client, li, attached):
    attachment = attached(samples.pdf(), name="传真.pdf")
    response = client.get(attachment.get_absolute_url())
    assert (response.status_code, body(response)) == (200, samples.pdf())
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Length"] == str(len(samples.pdf()))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("content", "query", "disposition"),
    [
        (samples.jpeg(), "", "attachment"),
        (samples.jpeg(), "?inline=1", "inline"),
        (samples.png(), "?inline=1", "inline"),
        (samples.pdf(), "?inline=1", "inline"),
        (samples.pdf(), "?inline=0", "attachment"),
        (samples.mp4(), "?inline=1", "attachment"),
    ],
)
def test_only_our_own_pictures_and_pdf_open_in_place(client, li, attached, content, query, disposition):
    response = client.get(attached(content).get_absolute_url() + query)
    assert response["Content-Disposition"].split(";")[0] == disposition
    body(response)


def test_who_is_not_signed_in_is_asked_to_sign_in(client, attached, settings):
    address = attached(samples.jpeg()).get_absolute_url()
    for where in (address, f"{address}thumbnail/"):
        response = client.get(where)
        assert (response.status_code, response["Location"]) == (302, f"{reverse(settings.LOGIN_URL)}?next={where}")


def test_foreign_and_absent_files_get_the_same_answer(client, shenyang, attached):
    attachment = attached(samples.jpeg())
    client.force_login(employed(shenyang))
    absent = attachment.get_absolute_url().replace(attachment.handle, new_handle())
    for variant in ("", "thumbnail/", "?inline=1"):
        with time_machine.travel(timezone.now(), tick=False):  # pages tell the time
            foreign, nothing = client.get(attachment.get_absolute_url() + variant), client.get(absent + variant)
        assert foreign.status_code == nothing.status_code == 404
        assert _without_secrets(foreign) == _without_secrets(nothing)
        assert foreign.headers.keys() == nothing.headers.keys()


def _without_secrets(response):
    return re.sub(r"[A-Za-z0-9_-]{32,}", "", response.content.decode())


def test_a_guess_of_the_wrong_shape_is_absent_too(client, li, attached):
    handle = attached(samples.jpeg()).handle
    for guess in (handle[:-1], handle + "a", handle.swapcase(), "a%00" + handle[2:], "..%2f" + handle[3:]):
        assert client.get(f"/files/{guess}/").status_code == 404


def test_headquarters_sees_files_of_every_branch(client, attached):
    headquarters = apps.get_model("organisation.Branch").objects.create(code="ZB", name="总部", is_headquarters=True)
    client.force_login(employed(headquarters, role="after_sales_head"))
    assert body(client.get(attached(samples.pdf()).get_absolute_url())) == samples.pdf()


def test_someone_without_any_role_sees_nothing(client, li, attached):
    address = attached(samples.pdf()).get_absolute_url()
    apps.get_model("organisation.Appointment").objects.filter(person=li).update(ends_at=timezone.now())
    assert status(client.get(address)) == 404


def test_an_old_address_ends_when_the_record_moves_to_another_branch(client, li, attached, record, shenyang):
    address = attached(samples.pdf()).get_absolute_url()
    assert status(client.get(address)) == 200
    type(record).objects.filter(pk=record.pk).update(branch=shenyang)
    assert status(client.get(address)) == 404
    assert status(client.get(f"{address}?inline=1")) == 404


def test_a_file_of_a_record_type_nobody_may_get_is_absent(client, li, attached, suzhou):
    from bihuan.kernel.access import getters

    address = attached(samples.pdf()).get_absolute_url()
    del getters._getters["organisation.Department"]
    assert status(client.get(address)) == 404


def test_files_are_only_read(client, li, attached):
    address = attached(samples.pdf()).get_absolute_url()
    for method in (client.post, client.put, client.patch, client.delete):
        assert method(address).status_code == 405
    assert status(client.head(address)) == 200


def test_the_folder_itself_is_not_served(client, li, attached, settings):
    attachment = attached(samples.pdf())
    shelf = disk.path_of(attachment.sha256).relative_to(settings.FILES_ROOT)
    for guess in (f"/files/{shelf}", f"/static/{shelf}", f"/media/{shelf}", f"/{shelf}", f"/static/../files/{shelf}"):
        assert client.get(guess).status_code == 404


def test_a_thumbnail_is_small_and_made_once(client, li, attached, stored):
    attachment = attached(samples.jpeg(1200, 900), kind="photo_before")
    response = client.get(attachment.get_thumbnail_url())
    made = disk.thumbnail_path(attachment.sha256)
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert body(response) == made.read_bytes()
    with Image.open(made) as small:
        assert small.size == (320, 240)
    before = made.stat().st_mtime_ns
    body(client.get(attachment.get_thumbnail_url()))
    assert made.stat().st_mtime_ns == before
    assert len(stored()) == 2


def test_only_pictures_have_thumbnails(client, li, attached):
    assert client.get(attached(samples.pdf()).get_thumbnail_url()).status_code == 404


def test_a_file_lost_on_disk_is_said_to_be_lost(client, li, attached, caplog):
    attachment = attached(samples.jpeg())
    disk.path_of(attachment.sha256).unlink()
    for address in (attachment.get_absolute_url(), attachment.get_thumbnail_url()):
        response = client.get(address)
        assert response.status_code == 404
        assert "备份" in response.content.decode()
    assert caplog.text.count("attachment lost on disk") == 2


HOSTILE_NAMES = [
    "plain.jpg",
    "空压机 高压报警.jpg",
    "日本語・한국어.jpg",
    "emoji 🔧🏭.jpg",
    "family 👨\u200d👩\u200d👧.jpg",
    'say "hello".jpg',
    "it's; filename=evil.exe.jpg",
    'x"; filename="evil.exe.jpg',
    "back\\slash.jpg",
    "a/b/c.jpg",
    "../../../etc/passwd.jpg",
    "C:\\temp\\x.jpg",
    "line\r\nX-Injected: 1.jpg",
    "line\nfeed.jpg",
    "tab\tname.jpg",
    "null\0byte.jpg",
    "percent%0d%0a%2e%2e.jpg",
    "filename*=utf-8''evil.jpg",
    "semi;colon,comma=equals.jpg",
    "rtl\u202egpj.jpg",
    "zero\u200bwidth\ufeff.jpg",
    "<script>alert(1)</script>.jpg",
    "  spaces  .jpg",
    "é combining e\u0301.jpg",
    "*?|:<>.jpg",
    "=cmd|' /C calc'!A0.jpg",
    "长" * 200 + ".jpg",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_the_name_in_the_header_reads_back_equal(client, li, attached, name):
    attachment = attached(samples.jpeg(), name=name)
    response = client.get(attachment.get_absolute_url())
    header = response["Content-Disposition"]
    body(response)
    assert _read_back(header) == attachment.name
    assert header.isascii()
    assert header.isprintable()
    assert len(attachment.name.encode()) <= 190
    assert "X-Injected" not in response.headers


def _read_back(header):
    """The file name as a browser understands the header (RFC 6266), by the standard library's parser."""
    message = Message()
    message["Content-Disposition"] = header
    assert message.get_content_disposition() == "attachment"
    if starred := re.fullmatch(r"attachment; filename\*=utf-8''([\w.%/~-]+)", header, re.ASCII):
        return unquote(starred[1], errors="strict")
    return message.get_filename()


def test_innocent_signs_in_a_name_survive(attached):
    for name in ('say "hello".jpg', "emoji 🔧🏭.jpg", "percent%0d.jpg", "family 👨\u200d👩\u200d👧.jpg", "空压机 高压报警.jpg"):
        assert attached(samples.jpeg(), name=name).name == name
