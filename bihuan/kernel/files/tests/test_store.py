"""What is taken in is kept once, privately, with its row and its journal entry; asking twice changes nothing."""

import hashlib
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from bihuan.kernel.access.refusals import Conflict, Invalid
from bihuan.kernel.files import disk, store
from bihuan.kernel.files.models import Attachment
from bihuan.kernel.files.store import attach, attachments_by_record, attachments_of, receive
from bihuan.kernel.journal.models import Entry

from . import samples

pytestmark = pytest.mark.django_db


def test_a_photo_keeps_the_hash_of_what_was_sent_and_of_what_is_kept(attached, stored):
    sent = samples.jpeg(exif=samples.exif())
    attachment = attached(SimpleUploadedFile("高压报警.jpg", sent), kind="photo_before")
    (kept,) = stored()
    assert attachment.original_sha256 == hashlib.sha256(sent).hexdigest()
    assert attachment.sha256 == hashlib.sha256(kept.read_bytes()).hexdigest()
    assert attachment.original_sha256 != attachment.sha256
    assert (attachment.size, attachment.width, attachment.height) == (kept.stat().st_size, 64, 48)
    assert (attachment.name, attachment.media_type, attachment.kind) == ("高压报警.jpg", "image/jpeg", "photo_before")
    assert (attachment.uploaded_by_name, attachment.uploaded_by) == ("张工", 7)
    assert attachment.taken_at is not None


def test_a_pdf_is_kept_byte_for_byte(attached, stored):
    attachment = attached(io.BytesIO(samples.pdf()), kind="fax", name="传真.pdf")
    assert attachment.sha256 == attachment.original_sha256
    assert stored()[0].read_bytes() == samples.pdf()


def test_files_are_for_the_services_own_account_only(attached, stored, files_root):
    attached(samples.jpeg())
    (kept,) = stored()
    assert kept.stat().st_mode & 0o777 == 0o600
    folders = [path for path in files_root.rglob("*") if path.is_dir()] + [files_root]
    assert len(folders) == 4  # the root, two shelves, incoming
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}


def test_the_same_content_twice_is_two_attachments_and_one_file(attached, stored):
    first, second = attached(samples.pdf()), attached(samples.pdf(), kind="fax")
    assert first.pk != second.pk
    assert first.handle != second.handle
    assert len(stored()) == 1


def test_a_damaged_file_is_made_whole_when_the_same_content_comes_again(attached, stored):
    attached(samples.pdf())
    stored()[0].write_bytes(b"damaged")
    attached(samples.pdf())
    assert [path.read_bytes() for path in stored()] == [samples.pdf()]


def test_handles_have_at_least_128_random_bits(attached):
    handles = {attached(samples.pdf()).handle for _ in range(20)}
    assert len(handles) == 20
    assert all(len(handle) == 32 for handle in handles)  # 192 bits in base64


def test_asking_again_with_the_same_key_gives_the_first_attachment(attached, stored, record):
    first = attached(samples.jpeg(), client_key="k-1")
    again = attached(samples.jpeg(), client_key="k-1")
    assert again.pk == first.pk
    assert len(stored()) == 1
    assert Entry.objects.filter(action="attach", record_id=record.pk).count() == 1


def test_a_key_used_for_another_file_is_a_conflict(attached, stored):
    attached(samples.jpeg(), client_key="k-1")
    with pytest.raises(Conflict):
        attached(samples.jpeg(80, 60), client_key="k-1")
    with pytest.raises(Conflict):
        attached(samples.jpeg(), kind="photo_after", client_key="k-1")
    assert len(stored()) == 1


def test_a_key_counts_for_one_record_only(attached, suzhou, record):
    other = type(record).objects.create(branch=suzhou, name="备件组")
    assert attached(samples.jpeg(), client_key="k").pk != attached(samples.jpeg(), client_key="k", record=other).pk


def test_the_database_itself_refuses_the_same_key_twice(attached):
    first = attached(samples.jpeg(), client_key="k-1")
    said = first.described() | {"handle": "x" * 32}
    with pytest.raises(IntegrityError), transaction.atomic():
        Attachment(**said).save()
    Attachment(**said | {"client_key": ""}).save()


def test_the_journal_tells_of_it_without_the_name(attached, record):
    attachment = attached(samples.jpeg(), kind="photo_after", name="王先生.jpg")
    entry = Entry.objects.get(action="attach", record_type="organisation.Department", record_id=record.pk)
    said = entry.said["data"]
    assert (said["kind"], said["sha256"], said["size"]) == ("photo_after", attachment.sha256, attachment.size)
    assert said["name_sha256"] == hashlib.sha256("王先生.jpg".encode()).hexdigest()
    assert "王先生" not in entry.body
    assert entry.actor_name == "张工"


def test_a_record_takes_300_megabytes_in_all(attached, record, monkeypatch, stored):
    assert store.LIMIT_PER_RECORD == 300 * 2**20
    monkeypatch.setattr(store, "LIMIT_PER_RECORD", 2 * len(samples.pdf()) + 1)
    attached(samples.pdf())
    attached(samples.pdf())
    with pytest.raises(Invalid, match="合计"):
        attached(samples.pdf(body=b"%other\n"))
    assert attachments_of(record).bytes_kept() == 2 * len(samples.pdf())
    assert len(stored()) == 1


def test_what_was_checked_before_the_transaction_is_attached_without_looking_again(record, zhang, stored):
    received = receive(samples.jpeg(), kind="photo_before", name="a.jpg")
    assert len(stored()) == 1  # waiting in incoming
    attachment = attach(record, received, kind="photo_before", by=zhang)
    assert stored() == [disk.path_of(attachment.sha256)]


def test_what_was_checked_for_one_kind_is_not_attached_as_another(record, zhang, stored):
    received = receive(samples.jpeg(), kind="photo_before")
    with pytest.raises(ValueError, match="photo_before"):
        attach(record, received, kind="photo_after", by=zhang)
    assert not stored()


def test_what_was_checked_and_is_not_wanted_is_thrown_away(stored):
    receive(samples.jpeg(), kind="photo_before").discard()
    assert not stored()


def test_an_upload_is_read_from_its_beginning_each_time(attached):
    upload = io.BytesIO(samples.pdf())
    upload.seek(5)
    assert attached(upload).size == len(samples.pdf())
    assert attached(upload).size == len(samples.pdf())  # a repeated transaction reads it again


@pytest.mark.parametrize("kind", ["", "Photo", "photo before", "../x", "x" * 31])
def test_a_kind_is_a_short_word(kind, record, zhang):
    with pytest.raises(ValueError, match="kind"):
        attach(record, samples.jpeg(), kind=kind, by=zhang)


def test_a_record_that_is_not_saved_takes_no_files(record, zhang):
    with pytest.raises(ValueError, match="Save"):
        attach(type(record)(name="neu"), samples.jpeg(), kind="fax", by=zhang)


def test_outside_a_transaction_nothing_is_attached(record, zhang, stored):
    connection.in_atomic_block = False  # every test runs inside one
    try:
        with pytest.raises(RuntimeError):
            attach(record, samples.jpeg(), kind="fax", by=zhang)
    finally:
        connection.in_atomic_block = True
    assert not stored()


def test_an_attachment_is_neither_changed_nor_deleted(attached):
    attachment = attached(samples.pdf())
    for forbidden in (
        attachment.save,
        attachment.delete,
        Attachment.objects.all().delete,
        lambda: Attachment.objects.update(name="x"),
        lambda: Attachment.objects.filter(pk=attachment.pk).update(kind="x"),
        lambda: Attachment.objects.bulk_update([attachment], ["kind"]),
    ):
        with pytest.raises(TypeError):
            forbidden()
    assert Attachment.objects.get().kind == "document"


def test_attachments_come_in_order_and_by_kind(attached, record):
    photo, fax = attached(samples.jpeg(), kind="photo_before"), attached(samples.pdf(), kind="fax")
    assert list(attachments_of(record)) == [photo, fax]
    assert list(attachments_of(record, "fax", "video")) == [fax]


def test_those_of_many_records_cost_one_statement(attached, suzhou, record, django_assert_num_queries):
    other = type(record).objects.create(branch=suzhou, name="备件组")
    mine, theirs = attached(samples.pdf()), attached(samples.jpeg(), record=other)
    with django_assert_num_queries(1):
        assert attachments_by_record([record, other]) == {record.pk: [mine], other.pk: [theirs]}
    assert attachments_by_record([]) == {}


def test_attaching_costs_a_fixed_number_of_statements(attached, record, zhang, django_assert_max_num_queries):
    for _ in range(5):
        attached(samples.pdf())
    with django_assert_max_num_queries(8):  # row, sum, insert, three of the journal, and savepoints
        attach(record, samples.pdf(), kind="fax", by=zhang, at=timezone.now())
    assert connection.in_atomic_block
