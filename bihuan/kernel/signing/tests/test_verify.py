"""#41, #42: whatever changes after signing, in the database or on disk, is named; a signature stands nowhere else."""

import datetime as dt
import hashlib
import itertools
import json

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from bihuan.kernel.files import disk
from bihuan.kernel.files.models import Attachment
from bihuan.kernel.files.store import attach
from bihuan.kernel.files.tests import samples
from bihuan.kernel.journal.canonical import canonical
from bihuan.kernel.journal.protect import as_owner
from bihuan.kernel.signing.models import Signature
from bihuan.kernel.signing.seal import differences, seal
from bihuan.kernel.signing.sign import sign_as_person, void
from bihuan.kernel.signing.verify import check_signatures, verify

pytestmark = pytest.mark.django_db

SIGNATURE_COLUMNS = [
    "record_type", "record_id", "record_number", "record_version", "meaning", "signer_name", "signer_capacity", "person_id",
    "for_whom", "method", "remarks", "content", "content_hash", "strokes", "image_sha256", "signed_at", "device_at",
    "recorded_at", "field_hashes", "seal",
]  # fmt: skip
ATTACHMENT_COLUMNS = [
    "record_type", "record_id", "kind", "handle", "name", "media_type", "size", "sha256", "original_sha256", "width", "height",
    "taken_at", "uploaded_by_name", "uploaded_by", "created_at", "client_key",
]  # fmt: skip


def tamper(row, **columns):
    """Change *row* behind the application's back, as the owner of the database can."""
    table, key = row._meta.db_table, row.pk
    with as_owner(connection), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP TRIGGER IF EXISTS {table}_append_only_update")
        else:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for name, value in columns.items():
            adapted = row._meta.get_field(name).get_db_prep_save(value, connection)
            cursor.execute(f"UPDATE {table} SET {name} = %s WHERE id = %s", [adapted, key])


def otherwise(row, name):
    """The smallest change of a column: one character, one second, one."""
    value, field = getattr(row, name), row._meta.get_field(name)
    if isinstance(field, models.DateTimeField):
        return (value or timezone.now()) + dt.timedelta(microseconds=1)
    if isinstance(field, models.IntegerField):
        return (value or 0) + 1
    return _flipped(value, len(value) // 2) if value else "x"


def _flipped(text, place):
    return text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :]


@pytest.fixture
def signature(record, photo, drawn):
    return drawn(record)


def told(signature):
    return verify(Signature.objects.get(pk=signature.pk))


def test_an_untouched_signature_is_intact(signature, record):
    assert told(signature) == []
    assert verify(signature, record) == []
    assert list(check_signatures()) == []


def test_the_columns_tested_are_all_the_columns_there_are():
    for model, tested in ((Signature, SIGNATURE_COLUMNS), (Attachment, ATTACHMENT_COLUMNS)):
        assert {field.attname for field in model._meta.concrete_fields} - {"id"} == set(tested)


@pytest.mark.parametrize("column", SIGNATURE_COLUMNS)
def test_a_change_of_any_column_of_a_signature_is_named(signature, record, column):
    tamper(signature, **{column: otherwise(signature, column)})
    problems = told(signature)
    assert any(f"（{column}）" in problem for problem in problems), problems
    assert all(problem.startswith(("FW-HD-2026-", record.number)) for problem in problems)
    others = set(SIGNATURE_COLUMNS) - {column}
    assert not any(f"（{other}）在签署后被改动" in problem for other in others for problem in problems)


@pytest.mark.parametrize("column", ["content", "strokes", "field_hashes"])
def test_a_change_of_any_character_of_a_long_text_is_named(signature, column):
    whole = getattr(signature, column)
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        changed = Signature.objects.get(pk=signature.pk)
        setattr(changed, column, _flipped(whole, place))
        assert any(f"（{column}）" in problem for problem in verify(changed, read_files=False)), place


@pytest.mark.parametrize("column", ATTACHMENT_COLUMNS)
@pytest.mark.parametrize("kind", ["photo_after", "signature"])
def test_a_change_of_any_column_of_a_signed_file_is_named(signature, record, kind, column):
    attachment = Attachment.objects.get(kind=kind)
    tamper(attachment, **{column: otherwise(attachment, column)})
    index = 0 if kind == "photo_after" else 1
    named = "handle" if column in {"record_type", "record_id"} else column
    problems = told(signature)
    assert any(f"files[{index}].{named}" in problem and record.number in problem for problem in problems), problems


@pytest.mark.parametrize("kind", ["photo_after", "signature"])
@pytest.mark.parametrize(
    "damage",
    [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-1] + b"!"), lambda path: path.write_bytes(b"")],
    ids=["deleted", "one byte", "emptied"],
)
def test_a_change_of_any_signed_file_on_disk_is_named(signature, record, kind, damage):
    attachment = Attachment.objects.get(kind=kind)
    damage(disk.path_of(attachment.sha256))
    (problem,) = told(signature)
    assert record.number in problem
    assert f"files[{0 if kind == 'photo_after' else 1}]" in problem
    assert attachment.name in problem


def test_an_exchanged_photo_is_named_though_row_and_file_agree(signature, photo, record, zhang):
    other = attach(record, samples.jpeg(80, 60), kind="photo_after", by=zhang, at=timezone.now())
    tamper(photo, sha256=other.sha256, size=other.size)
    problems = told(signature)
    for column in ("sha256", "size"):
        assert any(f"files[0].{column}" in problem for problem in problems)


def test_a_row_of_a_signed_file_that_is_gone_is_named(signature, photo):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM files_attachment WHERE id = %s", [photo.pk])
    (problem,) = told(signature)
    assert "换后.jpg" in problem
    assert "files[0].handle" in problem


def _part(record, index):
    return record.people.order_by("pk")[index]


CHANGES = {
    "work_done": lambda record: type(record).objects.filter(pk=record.pk).update(name="更换油虑"),
    "site.city": lambda record: type(record.branch).objects.update(city="苏州市"),
    "parts[0].quantity": lambda record: record.people.filter(pk=_part(record, 0).pk).update(phone="2"),
    "parts[1].name": lambda record: record.people.filter(pk=_part(record, 1).pk).update(name="密封垫"),
    "parts[1]": lambda record: record.people.filter(pk=_part(record, 1).pk).update(department=None),
}


@pytest.mark.parametrize(("path", "change"), CHANGES.items(), ids=CHANGES.keys())
def test_a_change_of_the_record_is_named_by_its_path(signature, record, path, change):
    change(record)
    (problem,) = told(signature)
    assert record.number in problem
    assert problem.endswith(f"：{path}")


def test_an_added_part_is_named(signature, record):
    apps.get_model("organisation.Person").objects.create_person("more", "螺栓", home_branch=record.branch, department=record, phone="8")
    (problem,) = told(signature)
    assert problem.endswith("：parts[2]")


def test_a_record_that_is_gone_is_named(signature, record):
    record.people.update(department=None)
    record.delete()
    (problem,) = told(signature)
    assert "record_id" in problem
    assert signature.record_number in problem


def test_what_is_attached_afterwards_was_not_signed_for_and_is_no_difference(signature, record, zhang):
    attach(record, samples.pdf(), kind="fax", by=zhang, at=timezone.now())
    assert told(signature) == []


def test_a_new_version_with_the_same_words_keeps_the_signature(signature, record, monkeypatch):
    monkeypatch.setattr(type(record), "version", 4)
    assert told(signature) == []


def test_measuring_the_files_is_enough_for_a_page_and_not_for_proof(signature, photo):
    path = disk.path_of(photo.sha256)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert verify(signature, read_files=False) == []
    assert verify(signature) != []
    path.unlink()
    assert verify(signature, read_files=False) != []


def test_a_void_signature_may_differ_from_the_corrected_record_but_not_from_itself(signature, record, zhang):
    void(signature, by=zhang, reason="填错", at=timezone.now())
    CHANGES["work_done"](record)
    assert told(signature) == []
    tamper(signature, signer_name="李工")
    assert any("signer_name" in problem for problem in told(signature))


def test_every_problem_of_every_signature_is_found_in_one_run(sheet, drawn):
    first, second, third = (drawn(record) for record in (sheet(), sheet(), sheet()))
    tamper(first, remarks="x")
    tamper(third, signer_name="李工")
    found = [found for found, _problem in check_signatures()]
    assert found == [first, third]
    assert second not in found


# A signature stands nowhere else (#42)


@pytest.fixture
def twenty(sheet, drawn):
    """Twenty records alike word for word, each signed with the very same line."""
    return [(record, drawn(record)) for record in (sheet() for _ in range(20))]


def test_no_signature_of_twenty_records_is_valid_on_another(twenty):
    for (_mine, signature), (record, own) in itertools.product(twenty, twenty):
        problems = verify(signature, record, read_files=False)
        assert bool(problems) == (signature != own)
        assert all(record.number in problem for problem in problems)


def moved(signature, record, **more):
    """A copy of *signature* on *record*, not yet sealed anew."""
    values = {field.attname: getattr(signature, field.attname) for field in Signature._meta.concrete_fields if field.attname != "id"}
    return Signature(**values | {"record_id": record.pk, "record_number": record.number} | more)


def test_no_copied_row_is_valid_on_another_record(twenty):
    for (_mine, signature), (record, own) in itertools.product(twenty, twenty):
        if signature != own:
            copy = moved(signature, record)
            problems = verify(copy, record, read_files=False)
            assert any("（record_id）" in problem for problem in problems)
            assert any("record.id" in problem for problem in problems)


def test_a_plain_copy_is_not_even_taken_by_the_database(twenty):
    (_first, signature), (record, _own) = twenty[:2]
    with pytest.raises(IntegrityError), transaction.atomic():
        moved(signature, record).save()


def test_a_copy_sealed_anew_is_betrayed_by_its_own_words_and_the_journal(twenty):
    (_first, signature), (record, _own) = twenty[:2]
    copy = moved(signature, record)
    seal(copy)
    copy.save()
    problems = told(copy)
    assert any("record.id" in problem for problem in problems)
    assert any("日志" in problem and "seal" in problem for problem in problems)


def test_a_forgery_with_fitting_words_is_betrayed_by_the_journal(signature, record):
    """Words, hashes and seal all agree: only the journal knows that nobody ever signed this."""
    forged = moved(signature, record, signer_name="李工")
    seal(forged)
    forged.save()
    (problem,) = told(forged)
    assert "日志" in problem


def test_a_copy_on_another_version_of_the_record_is_invalid(signature, record):
    copy = moved(signature, record, record_version=4)
    assert any("（record_version）" in problem for problem in verify(copy, record))
    seal(copy)
    assert any("record.version" in problem for problem in verify(copy, record))


def test_content_exchanged_together_with_its_hash_is_found(signature, record):
    words = json.loads(signature.content)
    words["content"]["work_done"] = "什么也没做"
    copy = moved(signature, record, content=canonical(words))
    copy.content_hash = hashlib.sha256(copy.content.encode()).hexdigest()
    problems = verify(copy, record)
    assert any("（content）" in problem for problem in problems)
    assert any("work_done" in problem for problem in problems)


def test_an_approval_is_verified_like_a_drawn_signature(record, zhang):
    signature = sign_as_person(record, by=zhang, meaning="approved", at=timezone.now())
    assert told(signature) == []
    CHANGES["parts[0].quantity"](record)
    assert len(told(signature)) == 1


@pytest.mark.parametrize(
    ("signed", "now", "paths"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": "1"}, ["a"]),
        ({"a": True}, {"a": 1}, ["a"]),
        ({"a": None}, {}, ["a"]),
        ({}, {"a": None}, ["a"]),
        ({"a": [1, 2]}, {"a": [1]}, ["a[1]"]),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}, {"b": 3}]}, ["a[0].b", "a[1]"]),
        ({"a": {"b": {"c": "x"}}}, {"a": {"b": {"c": "y"}}}, ["a.b.c"]),
        ({"a": [1]}, {"a": {"0": 1}}, ["a"]),
        ({str(n): n for n in range(9)}, {}, ["0", "1", "2", "3", "4"]),
    ],
)
def test_differences_are_told_by_path(signed, now, paths):
    assert differences(signed, now) == paths
