"""Signing keeps who, what for, when and exactly what; voiding keeps why."""

import datetime as dt
import hashlib
import json

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone, translation
from django.utils.functional import lazy

from bihuan.kernel.access.actors import Actor, Grant, system
from bihuan.kernel.access.parties import Role
from bihuan.kernel.access.refusals import Conflict, Invalid, NotAllowed
from bihuan.kernel.files.models import Attachment
from bihuan.kernel.files.tests import samples
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.words import revealed
from bihuan.kernel.signing.models import Signature, SignatureVoid
from bihuan.kernel.signing.sign import content_of, current_signatures, sign_as_person, sign_on_portal, void
from bihuan.kernel.signing.verify import verify

from .conftest import STROKES

pytestmark = pytest.mark.django_db

HEAD = Role("after_sales_head", "售后服务部部长", everywhere=True)
LEAD = Role("branch_lead", "分公司售后负责人")


def head_of(branch_id, **more):
    return Actor(name="陈部长", person_id=3, grants=(Grant(HEAD.code, branch_id, everywhere=True, **more),))


def test_a_customers_signature_keeps_all_that_was_signed(record, photo, drawn, zhang):
    at, device_at = timezone.now() - dt.timedelta(minutes=9), timezone.now() - dt.timedelta(minutes=8)
    signature = drawn(record, by=zhang.through("offline", device_at=device_at), at=at)
    kept = Signature.objects.get()
    assert kept == signature
    assert (kept.record_type, kept.record_id, kept.record_version) == ("organisation.Department", record.pk, 3)
    assert (kept.record_number, kept.meaning, kept.method) == (record.number, "received", "drawn")
    assert (kept.shown("signer_name"), kept.signer_capacity, kept.person_id) == ("王工", "客户", None)
    assert "王工" not in kept.signer_name
    assert (kept.signed_at, kept.device_at) == (at, device_at)
    assert kept.recorded_at > at
    assert json.loads(kept.shown("strokes")) == STROKES
    assert kept.content_hash == hashlib.sha256(kept.content.encode()).hexdigest()


def test_the_signed_words_name_the_record_its_content_and_its_files(record, photo, drawn):
    signature = drawn(record)
    signed = revealed(json.loads(signature.content), signature.words)
    assert signed["record"] == {"type": "organisation.Department", "id": record.pk, "number": record.number, "version": 3}
    assert signed["content"]["work_done"] == "更换油滤"
    assert signed["content"]["parts"][1] == {"name": "密封圈", "quantity": "2"}
    assert [(file["kind"], file["sha256"]) for file in signed["files"]] == [
        ("photo_after", photo.sha256),
        ("signature", Signature.objects.get().image_sha256),
    ]


def test_the_drawn_picture_is_an_attachment_of_the_record(record, drawn):
    signature = drawn(record)
    picture = Attachment.objects.get(kind="signature")
    assert (picture.record_id, picture.sha256, picture.media_type) == (record.pk, signature.image_sha256, "image/png")


def test_the_journal_tells_of_the_signature_by_its_seal(record, drawn):
    signature = drawn(record)
    entry = Entry.objects.get(action="sign")
    assert entry.record_id == record.pk
    assert entry.said["data"] == {
        "meaning": "received",
        "method": "drawn",
        "content_hash": signature.content_hash,
        "seal": signature.seal,
    }
    assert "王工" not in entry.body


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"meaning": "liked"}, "meaning"),
        ({"meaning": ""}, "meaning"),
        ({"signer_name": "  "}, "signer_name"),
        ({"signer_name": "王" * 61}, "signer_name"),
        ({"meaning": "received_with_remarks"}, "remarks"),
        ({"meaning": "refused", "remarks": " "}, "remarks"),
        ({"strokes": []}, "strokes"),
        ({"image": samples.jpeg()}, "image"),
    ],
)
def test_a_signature_that_says_too_little_is_refused_and_leaves_nothing(record, drawn, files_root, change, field):
    with pytest.raises(Invalid) as refusal:
        drawn(record, **change)
    assert refusal.value.field == field
    assert not Signature.objects.exists()
    assert not [path for path in files_root.rglob("*") if path.is_file()]


def test_a_customer_may_sign_with_remarks(record, drawn):
    assert drawn(record, meaning="received_with_remarks", remarks="噪声仍偏大").shown("remarks") == "噪声仍偏大"


def test_a_record_without_a_number_is_not_signed(record, drawn, monkeypatch):
    monkeypatch.setattr(type(record), "number", "")
    with pytest.raises(ValueError, match="Register"):
        drawn(record)


def test_a_person_signs_in_their_capacity(record):
    signature = sign_as_person(record, by=head_of(record.branch_id), meaning="approved", at=timezone.now(), parties=(LEAD, HEAD))
    assert (signature.signer_name, signature.person_id, signature.method) == ("陈部长", 3, "password")
    assert (signature.signer_capacity, signature.for_whom) == ("售后服务部部长", "")
    assert verify(signature) == []


def test_a_deputy_signs_with_both_names(record):
    by = head_of(record.branch_id, for_whom="周部长", for_whom_id=9)
    signature = sign_as_person(record, by=by, meaning="approved", at=timezone.now(), parties=(HEAD,))
    assert (signature.signer_name, signature.for_whom) == ("陈部长", "周部长")
    assert Entry.objects.get(action="sign").said["for_whom"] == "周部长"


def test_the_capacity_is_written_in_the_language_of_the_form(record):
    spoken = Role(HEAD.code, lazy(lambda: "Head" if translation.get_language() == "en" else "部长", str)(), everywhere=True)
    with translation.override("en"):
        signature = sign_as_person(record, by=head_of(record.branch_id), meaning="approved", at=timezone.now(), parties=(spoken,))
        assert str(spoken.label) == "Head"
    assert signature.signer_capacity == "部长"


def test_whoever_does_not_hold_the_role_does_not_sign_in_it(record):
    with pytest.raises(NotAllowed, match="分公司售后负责人"):
        sign_as_person(record, by=head_of(record.branch_id), meaning="reviewed", at=timezone.now(), parties=(LEAD,))
    with pytest.raises(NotAllowed):
        sign_as_person(record, by=system("sweep"), meaning="approved", at=timezone.now())
    assert not Signature.objects.exists()


def test_a_customer_confirms_on_the_portal(record):
    signature = sign_on_portal(
        record, by=Actor(name="王工", channel="portal"), meaning="received", signer_name=" 王工 ", signer_capacity="客户", at=timezone.now()
    )
    assert (signature.method, signature.shown("signer_name"), signature.strokes, signature.image_sha256) == ("portal", "王工", "", "")
    assert verify(signature) == []
    entry = Entry.objects.get(action="sign")
    assert entry.actor_name == "客户" and "王工" not in entry.body, "the name stands where it can be deleted"


def test_current_signatures_cost_one_statement_and_leave_out_void_ones(record, drawn, zhang, django_assert_num_queries):
    first, second = drawn(record), sign_as_person(record, by=zhang, meaning="service_done", at=timezone.now())
    with django_assert_num_queries(1):
        assert list(current_signatures(record)) == [first, second]
    void(first, by=zhang, reason="零件数量填错", at=timezone.now())
    assert list(current_signatures(record)) == [second]
    with django_assert_num_queries(1):
        assert [signature.is_void for signature in Signature.objects.of(record)] == [True, False]


def test_a_signature_belongs_to_its_record_alone(sheet, drawn):
    mine, other = sheet(), sheet()
    drawn(mine)
    assert not current_signatures(other).exists()


def test_voiding_says_who_why_and_when(record, drawn, zhang):
    signature, at = drawn(record), timezone.now()
    void(signature, by=zhang, reason=" 零件数量填错 ", at=at)
    word = SignatureVoid.objects.get()
    assert (word.signature, word.reason, word.by_name, word.at) == (signature, "零件数量填错", "张工", at)
    entry = Entry.objects.get(action="void_signature")
    assert (entry.said["reason"], entry.said["data"]["seal"]) == ("零件数量填错", signature.seal)


def test_voiding_needs_a_reason(record, drawn, zhang):
    with pytest.raises(Invalid) as refusal:
        void(drawn(record), by=zhang, reason=" ", at=timezone.now())
    assert refusal.value.field == "reason"
    assert not SignatureVoid.objects.exists()


def test_a_signature_is_voided_once(record, drawn, zhang):
    signature = drawn(record)
    void(signature, by=zhang, reason="填错", at=timezone.now())
    with pytest.raises(Conflict, match=record.number):
        void(signature, by=zhang, reason="再次", at=timezone.now())
    assert Entry.objects.filter(action="void_signature").count() == 1


def test_the_application_neither_changes_nor_deletes_signatures(record, drawn, zhang):
    signature = drawn(record)
    word = void(signature, by=zhang, reason="填错", at=timezone.now())
    for row in (signature, word):
        for forbidden in (row.save, row.delete, type(row).objects.all().delete, lambda row=row: type(row).objects.update(id=9)):
            with pytest.raises(TypeError):
                forbidden()


@pytest.mark.both
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE signing_signature SET signer_name = 'x'",
        "DELETE FROM signing_signature",
        "UPDATE signing_signaturevoid SET reason = 'x'",
        "DELETE FROM signing_signaturevoid",
    ],
)
def test_the_database_neither_changes_nor_deletes_signatures(record, drawn, zhang, statement):
    void(drawn(record), by=zhang, reason="填错", at=timezone.now())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_content_has_no_floats(record, monkeypatch, drawn):
    monkeypatch.setattr(type(record), "signed_content", lambda self: {"hours": 1.5})
    with pytest.raises(TypeError, match="Decimal"):
        drawn(record)


def test_content_is_asked_of_the_record(record, photo):
    content = content_of(record)
    assert content["content"] == record.signed_content()
    assert content["files"] == [photo.described()]
