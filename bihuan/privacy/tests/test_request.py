"""GR: a person's request is received, granted or refused by others than who received it, and answered in 15 working days (#96, #97)."""

import datetime as dt
import hashlib
import io
import json
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bihuan.customers.domain import add_contact
from bihuan.customers.models import Contact
from bihuan.kernel import journal
from bihuan.kernel.access.refusals import Conflict, Invalid, NotAllowed
from bihuan.kernel.deadlines.models import Deadline
from bihuan.kernel.files.store import attach
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.lists.search import find
from bihuan.kernel.printing.runs import print_record
from bihuan.kernel.proof.rows import check_rows
from bihuan.kernel.tables.actions import possible_steps
from bihuan.kernel.tables.document import markdown
from bihuan.kernel.testing.contract import RecordContract
from bihuan.organisation.models import Appointment
from bihuan.privacy import again, notes
from bihuan.privacy.domain import request as verbs
from bihuan.privacy.domain.handing import hand_copy
from bihuan.privacy.models import PersonRequest
from bihuan.privacy.prints import person_request_form
from bihuan.privacy.procedure import PERSON_REQUEST
from bihuan.privacy.tests.wei import NAME, PHONE, names
from bihuan.service.domain import request as requests
from bihuan.service.tests.company import PASSWORD, png

pytestmark = pytest.mark.django_db
APPROVED = Path(__file__).parents[3] / "docs" / "procedures" / "PI.md"


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HOME, settings.FILES_ROOT = tmp_path, tmp_path / "files"


def contact_of(company, name=NAME, phone=PHONE):
    found = company.unit.customer.contacts.filter(name=name).first()
    return found or add_contact(company.unit.customer, {"name": name}, [phone], by=company.by("desk"), at=timezone.now())


def proved(company, key):
    return company.by(key).proved(timezone.now())


def received(company, wish="copy", *, at=None, by="desk", **about):
    about = about or {"contact": contact_of(company)}
    record = PersonRequest(branch=company.east, wish=wish, identity="callback", **about)
    return verbs.receive(record, by=company.by(by), at=at or timezone.now())


def granted(company):
    record = received(company)
    verbs.grant_copy(record, by=proved(company, "head"), at=timezone.now())
    return record


def answered(company):
    record = granted(company)
    hand_copy(record, by=company.by("head"), at=timezone.now())
    verbs.answer(record, by=company.by("desk"), at=timezone.now(), answered_how="mail")
    return record


class TestPersonRequest(RecordContract):
    procedure = PERSON_REQUEST
    reach = {"received": received, "decided": granted, "answered": answered}

    def arguments(self, name, record, company):
        return {
            "correct": {"field": "name", "value": "魏忌"},
            "refuse": {"basis": "withdrawn", "refusal": "本人来电撤回"},
            "answer": {"answered_how": "phone"},
        }.get(name, {})


def test_what_the_system_does_is_what_was_approved():
    assert markdown(PERSON_REQUEST) in APPROVED.read_text(encoding="utf-8")


def called(company, **more):
    said = {"caller_name": NAME, "caller_phone": "139-7773-1773", "contact_person": contact_of(company), "fault": f"找{NAME}，13977731773"}
    return company.registered(**said | more)


def settled(company, **more):
    request = called(company, **more)
    requests.cancel(request, by=company.by("desk"), at=timezone.now(), reason=f"{NAME}说不用来了")
    return request


def forget(company, record, by="head", **more):
    verbs.forget(record, by=proved(company, by), at=timezone.now(), **more)


def test_fifteen_working_days_are_counted_over_a_make_up_saturday(company):
    """Over the National Day week of 2025, with Sunday 28 September and Saturday 11 October worked: half an hour short of 17 October, 10:00."""
    zone = ZoneInfo("Asia/Shanghai")
    at = dt.datetime(2025, 9, 22, 10, 0, tzinfo=zone)
    record = received(company, at=at)
    due = Deadline.objects.get(record_type="privacy.PersonRequest", record_id=record.pk).due_at
    assert due.astimezone(zone) == dt.datetime(2025, 10, 17, 9, 30, tzinfo=zone)


def test_rows_entries_and_index_hold_an_id_and_no_name(company):
    record = received(company)
    for row in (PersonRequest.objects.filter(pk=record.pk).values().get(), *Entry.objects.filter(record_number=record.number).values()):
        assert not names(str(row))
    assert record.number not in str(find(company.by("head"), NAME))
    with pytest.raises(Exception, match=r"person_request_about_one|CHECK"):
        PersonRequest.objects.filter(pk=record.pk).update(contact=None)


def test_the_copy_is_made_for_who_granted_it_within_a_day_and_kept_nowhere(company, tmp_path):
    called(company)
    company.registered(caller_name="王工", caller_phone="13800005678", fault="主机漏油")
    record = granted(company)
    made = hand_copy(record, by=company.by("head"), at=timezone.now())
    text = zipfile.ZipFile(io.BytesIO(made)).read("person.json").decode()
    assert json.loads(text)["calls"][0]["caller_name"] == NAME
    assert "王工" not in text and "主机漏油" not in text
    record.refresh_from_db()
    assert record.copy_sha256 == hashlib.sha256(made).hexdigest() and record.copied_at
    assert list(check_rows()) == []
    assert not list(tmp_path.rglob("*.zip"))
    with pytest.raises(NotAllowed):
        hand_copy(record, by=company.by("desk"), at=timezone.now())
    with pytest.raises(Conflict, match="期限已过"):
        hand_copy(record, by=company.by("head"), at=timezone.now() + dt.timedelta(hours=25))


def test_a_copy_that_was_not_handed_out_is_not_answered(company):
    record = granted(company)
    with pytest.raises(Conflict, match="还没有下载"):
        verbs.answer(record, by=company.by("desk"), at=timezone.now(), answered_how="mail")


def test_another_step_than_was_asked_for_is_refused(company):
    record = received(company, "copy")
    with pytest.raises(Conflict, match="请另行受理"):
        forget(company, record)
    assert Contact.objects.get(pk=record.contact_id).name == NAME


def test_only_what_was_asked_for_is_offered(company):
    head = company.by("head")
    for wish, name in (("copy", "grant_copy"), ("correction", "correct"), ("deletion", "forget")):
        offered = {step.name for step in possible_steps(received(company, wish), head)}
        assert offered == {name, "refuse"}
    assert {step.name for step in possible_steps(granted(company), head)} == {"answer"}
    late = granted(company)
    late.decided_at -= dt.timedelta(hours=25)
    assert {step.name for step in possible_steps(late, head)} == {"answer", "grant_copy"}


def test_a_correction_reaches_the_contact_and_the_words_stay_out_of_the_request(company):
    record = received(company, "correction")
    verbs.correct(record, by=company.by("desk"), at=timezone.now(), field="name", value="魏不忌")
    contact = Contact.objects.get(pk=record.contact_id)
    assert contact.name == "魏不忌" and contact.phones.get().written == PHONE
    verbs.answer(record, by=company.by("desk"), at=timezone.now(), answered_how="phone")
    assert record.corrected == "name" and list(check_rows()) == []
    assert not [entry for entry in Entry.objects.all() if "魏不忌" in entry.body]


def test_a_caller_who_is_no_contact_is_not_corrected_but_forgotten(company):
    call = company.registered(caller_name="路人甲", caller_phone="13611112222", fault="路人甲来电")
    requests.cancel(call, by=company.by("desk"), at=timezone.now(), reason="误拨")
    with pytest.raises(Conflict, match="登记联系人"):
        verbs.correct(received(company, "correction", call=call), by=company.by("desk"), at=timezone.now(), field="name", value="甲")
    forget(company, received(company, "deletion", call=call))
    call.refresh_from_db()
    assert (call.caller_name, call.caller_phone, call.fault) == ("", "", "【已删除】来电")


def test_who_received_it_does_not_delete(company):
    record = received(company, "deletion")
    appointed = proved(company, "head")
    desk_and_head = PersonRequest(branch=company.east, contact=record.contact, wish="deletion", identity="callback")
    Appointment.objects.create(person=company.head, role="service_desk", branch=company.hq)
    verbs.receive(desk_and_head, by=company.by("head"), at=timezone.now())
    with pytest.raises(NotAllowed, match="另一人"):
        verbs.forget(desk_and_head, by=proved(company, "head"), at=timezone.now())
    verbs.forget(record, by=appointed, at=timezone.now())
    assert record.status == "decided"


def test_while_an_open_request_needs_the_person_it_is_named_and_nothing_changes(company):
    call = called(company)
    record = received(company, "deletion")
    with pytest.raises(Conflict, match=call.number):
        forget(company, record)
    record.refresh_from_db()
    assert record.status == "received" and Contact.objects.get(pk=record.contact_id).name == NAME
    assert not notes.noted()


def test_a_refusal_names_its_basis_and_does_not_tell_of_the_person(company):
    record = received(company, "deletion")
    verbs.refuse(record, by=company.by("head"), at=timezone.now(), basis="kept_by_law", refusal=f"{NAME}（13977731773）的合同未满保存期")
    assert record.refusal == "【已删除】（【已删除】）的合同未满保存期"
    with pytest.raises(Conflict):
        forget(company, record)
    verbs.answer(record, by=company.by("desk"), at=timezone.now(), answered_how="letter")
    assert record.status == "answered"


def test_an_earlier_refusal_that_tells_of_them_otherwise_is_cleaned_too(company):
    earlier = received(company, "deletion")
    verbs.refuse(earlier, by=company.by("head"), at=timezone.now(), basis="withdrawn", refusal="旧号 13911112222 撤回，见魏先生")
    contact = earlier.contact
    contact.phones.create(written="139 1111 2222", digits="13911112222")
    forget(company, received(company, "deletion"))
    earlier.refresh_from_db()
    assert earlier.refusal == "旧号 【已删除】 撤回，见魏先生"
    assert list(check_rows()) == []


def test_once_forgotten_nothing_more_is_granted(company):
    first, second = received(company, "deletion"), received(company, "copy")
    forget(company, first)
    with pytest.raises(Invalid, match="已经删除"):
        verbs.grant_copy(second, by=proved(company, "head"), at=timezone.now())
    verbs.refuse(second, by=company.by("head"), at=timezone.now(), basis="withdrawn", refusal="信息已删除")


def client_of(company, key):
    client = Client()
    client.force_login(company.people[key])
    return client


@pytest.mark.both
def test_on_the_pages_a_deletion_goes_through_with_a_choice_for_each_photo(company, django_capture_on_commit_callbacks, monkeypatch):
    call = called(company)
    with journal.unit():
        photo = attach(call, png(), kind="photo", by=company.by("desk"), at=timezone.now(), name="机房.png")
    requests.cancel(call, by=company.by("desk"), at=timezone.now(), reason="不用来了")
    desk, head = client_of(company, "desk"), client_of(company, "head")
    found = desk.post("/person-requests/new/", {"phone": "13977731773"}).content.decode()
    assert NAME in found and "139****1773" in found and "7773 1773" not in found.replace(PHONE.replace(" ", ""), "")
    person = f"contact-{contact_of(company).pk}"
    made = desk.post("/person-requests/new/", {"phone": "13977731773", "person": person, "wish": "deletion", "identity": "callback"})
    address = made["Location"]
    assert NAME in head.get(address).content.decode()
    form = head.get(f"{address}steps/forget/").content.decode()
    assert "会删除：" in form and photo.handle in form
    sent = {"confirm": "on", "password": PASSWORD}
    assert head.post(f"{address}steps/forget/", sent).status_code == 422  # not without a word on the photo
    assert Contact.objects.get(name=NAME)
    with django_capture_on_commit_callbacks(execute=True):
        done = head.post(f"{address}steps/forget/", sent | {f"photo_{photo.handle}": "delete"})
    assert done.status_code == 302, done.content.decode()
    number = address.split("/")[2]
    record = PersonRequest.objects.get(number=number)
    assert record.status == "decided" and record.bytes_left
    desk.post(f"{address}steps/answer/", {"answered_how": "phone"})
    told = [
        head.get(path).content.decode() for path in (address, f"{address}history/", f"{address}as-of/", "/lists/person-requests/?tab=all")
    ]
    told += [head.get("/inbox/").content.decode(), head.get("/lists/person-requests/export.csv?tab=all").getvalue().decode("utf-8-sig")]
    assert "--again" in told[0] and number in told[3]
    assert not [text for text in told if names(text)]
    (note,) = notes.noted()
    assert note["contact"] == record.contact_id and note["photos"] == [photo.handle]
    assert NAME not in notes.ledger().read_text()
    assert list(check_rows()) == []

    monkeypatch.setattr(again, "compact", lambda: None)  # a test is a transaction; the bytes have a test of their own
    assert list(again.repeat()) == []
    record.refresh_from_db()
    assert not record.bytes_left and list(check_rows()) == []
    assert "--again" not in head.get(address).content.decode()


def test_nobody_learns_whether_a_person_exists_who_may_not_see_them(company):
    contact = contact_of(company)
    north = client_of(company, "other_lead")
    absent = north.post("/person-requests/new/", {"phone": "19900000000"})
    foreign = north.post("/person-requests/new/", {"phone": "13977731773"})
    assert absent.status_code == foreign.status_code == 422
    assert foreign.content.decode().replace("13977731773", "").count("没有找到这个号码") == 1
    assert NAME not in foreign.content.decode()
    assert NAME not in north.get(f"/person-requests/new/?contact={contact.pk}").content.decode()
    assert client_of(company, "engineer").post("/person-requests/new/", {"phone": "13977731773"}).status_code == 403


def test_the_copy_comes_from_the_page_of_who_granted_it(company):
    record = granted(company)
    head = client_of(company, "head")
    assert "下载副本" in head.get(f"/r/{record.number}/").content.decode()
    answer = head.post(f"/person-requests/{record.number}/copy.zip")
    assert answer["Content-Type"] == "application/zip" and answer["Cache-Control"] == "no-store"
    assert zipfile.ZipFile(io.BytesIO(answer.content)).namelist() == ["person.json"]
    desk = client_of(company, "desk")
    assert desk.post(f"/person-requests/{record.number}/copy.zip").status_code == 403
    assert f'action="/person-requests/{record.number}/copy.zip"' not in desk.get(f"/r/{record.number}/").content.decode()


def test_it_is_printed_without_a_name(company):
    record = answered(company)
    form = person_request_form(record, company.by("head"))
    assert not names(str(form))
    assert [approval.name for approval in form.approvals] == [company.desk.name, company.head.name, company.desk.name]
    assert print_record(form, record, by=company.by("head")).startswith(b"%PDF")


def test_the_list_asks_as_often_for_three_as_for_one(company):
    head = client_of(company, "head")
    counts = []
    for _n in range(2):
        received(company)
        head.get("/lists/person-requests/")
        with CaptureQueriesContext(connection) as asked:
            assert head.get("/lists/person-requests/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("wish", ["copy", "correction"])
def test_nobody_is_deleted_who_asked_for_something_else(company, wish):
    record = received(company, wish)
    with pytest.raises(Conflict, match="不能办理"):
        verbs.forget(record, by=proved(company, "head"), at=timezone.now())
    record.refresh_from_db()
    assert (record.status, record.contact.name, record.contact.phones.count()) == ("received", NAME, 1)
