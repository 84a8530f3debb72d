"""Whom a request is about, when it is refused, what the person's own copy holds (#96, #97), and doing it again after a restore."""

import json
import zipfile

import pytest
from django.db import connection, transaction
from django.utils import timezone

from bihuan.customers.domain import add_contact
from bihuan.customers.models import Contact
from bihuan.kernel.access.actors import system
from bihuan.kernel.access.refusals import Conflict, Invalid
from bihuan.kernel.journal.models import Entry, Word
from bihuan.kernel.lists.search import find
from bihuan.kernel.proof.rows import check_rows
from bihuan.kernel.signing.verify import check_signatures
from bihuan.privacy import again, forget, notes, person
from bihuan.privacy.copy import write
from bihuan.privacy.domain import request as verbs
from bihuan.privacy.marks import Marks
from bihuan.privacy.models import PersonRequest
from bihuan.privacy.tests.wei import names
from bihuan.service.domain import request as requests
from bihuan.service.models import ServiceRequest

pytestmark = pytest.mark.django_db
BY = system("test")


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HOME, settings.FILES_ROOT = tmp_path, tmp_path / "files"


@pytest.fixture
def wei(company):
    return add_contact(company.unit.customer, {"name": "魏无忌"}, ["139 7773 1773"], by=company.by("desk"), at=timezone.now())


def call(company, wei, **more):
    said = {"caller_name": "魏无忌", "caller_phone": "139-7773-1773", "contact_person": wei, "fault": "找魏无忌，13977731773"}
    return company.registered(**said | more)


def settled(company, wei, **more):
    request = call(company, wei, **more)
    requests.cancel(request, by=company.by("desk"), at=timezone.now(), reason="魏无忌说不用来了")
    return request


def forgotten(who, **more):
    return forget.forget(who, **{"by": BY, "at": timezone.now(), "reason": "本人要求"} | more)


def test_an_open_request_that_needs_the_person_is_named_and_nothing_is_changed(company, wei):
    request = call(company, wei)
    with pytest.raises(Conflict, match=request.number):
        forgotten(person.of_contact(wei.pk))
    assert Contact.objects.get(pk=wei.pk).name == "魏无忌"


def test_without_a_reason_it_is_refused(wei):
    with pytest.raises(Invalid) as refusal:
        forgotten(person.of_contact(wei.pk), reason=" ")
    assert refusal.value.field == "reason"


def test_what_is_left_agrees_with_the_journal_and_others_are_not_touched(company, wei):
    request, other = settled(company, wei), company.registered(fault="王工报修")
    contact = company.unit.customer.contacts.get(name="王工")
    forgotten(person.of_contact(wei.pk))
    request.refresh_from_db()
    assert (request.caller_name, request.caller_phone, request.fault) == ("", "", "找【已删除】，【已删除】")
    assert list(check_rows()) == []
    assert ServiceRequest.objects.get(pk=other.pk).fault == "王工报修"
    assert Contact.objects.get(pk=contact.pk).name == "王工"
    assert find(BY, "魏无忌") == [] and find(BY, "13977731773") == []


def test_a_change_after_forgetting_is_still_named(company, wei):
    request = settled(company, wei)
    forgotten(person.of_contact(wei.pk))
    ServiceRequest.objects.filter(pk=request.pk).update(fault="找别人")
    (finding,) = check_rows()
    assert request.number in finding and "fault" in finding


def test_a_text_deleted_without_an_entry_is_found(company, wei):
    from bihuan.kernel.proof.verify import Verification

    request = settled(company, wei)
    assert [one for one in Verification().findings() if "原文" in one] == []
    Word.objects.filter(record_id=request.pk, name="fault").delete()
    assert any(request.number in one and "原文" in one for one in Verification().findings())


def test_the_journal_says_who_asked_without_saying_whom(company, wei):
    settled(company, wei)
    forgotten(person.of_contact(wei.pk), reason="魏无忌本人要求（13977731773）")
    entries = Entry.objects.filter(action="forget")
    assert {"customers.Contact", "service.ServiceRequest"} <= set(entries.values_list("record_type", flat=True))
    assert not [entry for entry in Entry.objects.all() if names(entry.body)]


def test_who_called_and_is_no_contact_is_found_by_number(company):
    request = company.registered(caller_name="路人甲", caller_phone="13611112222", fault="路人甲来电")
    requests.cancel(request, by=company.by("desk"), at=timezone.now(), reason="误拨")
    forgotten(person.of_phone("136 1111 2222"))
    request.refresh_from_db()
    assert (request.caller_name, request.caller_phone, request.fault) == ("", "", "【已删除】来电")


def test_a_number_of_several_contacts_asks_which(company, wei):
    with pytest.raises(Invalid, match="--contact"):
        person.of_phone("13800005678")  # both customers' 王工 have it
    with pytest.raises(Invalid, match="没有找到"):
        person.of_phone("19900000000")


def test_a_preview_counts_and_changes_nothing(company, wei):
    request = settled(company, wei)
    told = forget.preview(person.of_contact(wei.pk))
    assert told["records"] >= 1 and told["words"] >= 2 and told["fields"] >= 3
    assert ServiceRequest.objects.get(pk=request.pk).caller_name == "魏无忌"


def test_the_copy_holds_the_persons_own_data_and_nobody_elses(company, wei, tmp_path):
    settled(company, wei)
    company.registered(fault="王工来电：主机漏油", caller_phone="13800005678")
    write(tmp_path / "copy.zip", person.of_contact(wei.pk), by=BY, at=timezone.now())
    with zipfile.ZipFile(tmp_path / "copy.zip") as archive:
        text = archive.read("person.json").decode()
    told = json.loads(text)
    assert told["contact"]["phones"] == ["139 7773 1773"]
    assert (told["calls"][0]["caller_name"], told["calls"][0]["caller_phone"]) == ("魏无忌", "139-7773-1773")
    assert "王工" not in text and "13800005678" not in text and "主机漏油" not in text
    assert "魏无忌" not in Entry.objects.get(action="person.copy").body


def test_a_customers_signature_is_in_the_copy_and_stands_after_forgetting(company, wei, tmp_path, monkeypatch):
    record = company.signed(caller_name="魏无忌", contact_person=wei)  # signed by 王工, whose own signature it stays
    who = person.of_contact(company.unit.customer.contacts.get(name="王工").pk)
    told = write(tmp_path / "copy.zip", who, by=BY, at=timezone.now())
    assert told["files"] == 1
    done = forgotten(who, needed=True)
    assert done.files and forget.remove_files(done.files) == []
    assert list(check_signatures()) == []
    assert record.number


def test_a_name_in_the_request_of_a_colleague_goes_as_well(company, wei):
    """There it stands alone, without a number, so only that the request is one of their customer's tells that it is they."""
    colleague = add_contact(company.unit.customer, {"name": "赵工"}, ["0512-66668888"], by=company.by("desk"), at=timezone.now())
    theirs = PersonRequest(branch=company.east, wish="copy", identity="callback", contact=colleague)
    asked = verbs.receive(theirs, by=company.by("desk"), at=timezone.now())
    verbs.refuse(asked, by=company.by("head"), at=timezone.now(), basis="identity", refusal="来电的是魏无忌，不是本人")
    assert asked in person.of_contact(wei.pk).records()
    forgotten(person.of_contact(wei.pk))
    asked.refresh_from_db()
    assert asked.refusal == "来电的是【已删除】，不是本人"
    assert not Word.objects.filter(text__contains="魏无忌").exists()
    assert list(check_rows()) == []


def test_after_a_restore_everybody_in_the_list_is_forgotten_again(company, wei, monkeypatch):
    monkeypatch.setattr(again, "compact", lambda: None)  # a test is a transaction; the bytes have a test of their own
    settled(company, wei)
    with transaction.atomic():
        again.grant(person.of_contact(wei.pk), reason="本人要求")
        assert Contact.objects.get(pk=wei.pk).name == "【已删除】"
        transaction.set_rollback(True)  # the older backup
    assert Contact.objects.get(pk=wei.pk).name == "魏无忌"
    assert not names(notes.ledger().read_text())
    assert len(list(again.repeat())) == 1
    assert Contact.objects.get(pk=wei.pk).name == "【已删除】"
    assert list(again.repeat()) == []


@pytest.mark.parametrize(
    "written", ["13977731773", "139 7773 1773", "139-7773-1773", "+86 139 7773 1773", "0086-13977731773", "139.7773.1773"]
)
def test_a_number_is_found_however_it_is_written(written):
    marks = Marks([], ["139-7773-1773"], [])
    assert marks.out_of(f"请打{written}，急") == "请打【已删除】，急"


@pytest.mark.parametrize("text", ["1397773177", "139777317731", "21397773177300", "A-1397-777"])
def test_another_number_is_not_mistaken_for_it(text):
    assert Marks([], ["13977731773"], []).out_of(text) == text


def test_a_name_is_left_where_it_may_be_somebody_elses(company, wei):
    request = company.registered(unit=company.other_unit, fault="找魏无忌（同名），或13977731773")
    assert connection.in_atomic_block
    forgotten(person.of_contact(wei.pk), needed=True)
    request.refresh_from_db()
    assert request.fault == "找魏无忌（同名），或【已删除】"
