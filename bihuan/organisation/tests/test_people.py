"""People, appointments and deputies: only the administrator, nothing deleted, rights that end at once."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from bihuan.kernel.access.actors import actor_for
from bihuan.kernel.access.models import Passkey
from bihuan.kernel.access.refusals import Conflict, Invalid, NotAllowed
from bihuan.kernel.access.tokens import holder, issue
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.journal.read import differences, history
from bihuan.organisation import roles
from bihuan.organisation.domain import people as verbs
from bihuan.organisation.models import Appointment, Deputy, Person
from bihuan.service.tests.company import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def hour(n):
    return timezone.now() + dt.timedelta(hours=n)


def particulars(company, **other):
    return {"username": "lijuan", "name": "李娟", "home_branch": company.east.pk, "phone": "", "email": "", "language": "zh-hans"} | other


def test_a_new_person_cannot_sign_in_before_setting_a_password(browse, company):
    admin = browse("admin")
    answer = admin.post("/people/new/", particulars(company))
    assert answer.status_code == 302, answer.context["form"].errors
    person = Person.objects.get(username="lijuan")
    assert not person.has_usable_password()
    assert list(person.appointments.all()) == []
    page = admin.post("/people/lijuan/password-link/").content.decode()
    link = page.split("/reset/")[1].split("<")[0]
    assert Client().get(f"/reset/{link}").status_code in {200, 302}
    assert [entry.action for entry in history(person)] == ["person.password-link", "person.new"]
    assert link.strip("/") not in "".join(Entry.objects.values_list("body", flat=True))


def test_an_account_name_that_is_taken_is_refused_and_nothing_typed_is_lost(browse, company):
    answer = browse("admin").post("/people/new/", particulars(company, username="lead", name="李小娟"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "李小娟" in page
    assert Person.objects.filter(username="lead").count() == 1


@pytest.mark.parametrize("key", ["desk", "head", "lead", "auditor", "engineer"])
def test_only_the_administrator_changes_people(browse, company, key):
    client = browse(key)
    before = Entry.objects.count()
    person = company.engineer
    for url, data in [
        ("/people/new/", particulars(company)),
        (f"/people/{person.username}/edit/", particulars(company)),
        (f"/people/{person.username}/off/", {"reason": "离职"}),
        (f"/people/{person.username}/appoint/", {"role": "administrator", "branch": company.hq.pk}),
        (f"/people/{person.username}/password-link/", {}),
        (f"/people/{person.username}/sign-in-help/", {"reason": "x", "password": PASSWORD, "act": "free"}),
        (f"/appointments/{person.appointments.get().pk}/end/", {}),
    ]:
        assert client.post(url, data).status_code in {403, 404}, url
    assert Entry.objects.count() == before
    with pytest.raises(NotAllowed):
        verbs.appoint(person, "administrator", company.hq, by=company.by(key), at=timezone.now(), starts_at=timezone.now())


def test_a_leaver_loses_sessions_tokens_and_roles_at_the_next_request(company):
    engineer, clear = company.engineer, issue(company.engineer, "手机")
    theirs = Client()
    theirs.force_login(engineer)
    assert theirs.get("/deputies/").status_code == 200
    assert holder(clear) is not None
    verbs.switch_off(engineer, by=company.by("admin"), at=timezone.now(), reason="离职")
    assert theirs.get("/deputies/").status_code == 302
    assert holder(clear) is None
    assert actor_for(Person.objects.get(pk=engineer.pk)).grants == ()
    assert Appointment.objects.filter(person=engineer, ends_at__isnull=True).count() == 0
    assert list(differences()) == []


def test_switching_off_needs_a_reason_and_never_hits_oneself_or_the_last_administrator(company):
    admin, now = company.by("admin"), timezone.now()
    with pytest.raises(Invalid) as refused:
        verbs.switch_off(company.engineer, by=admin, at=now, reason=" ")
    assert refused.value.field == "reason"
    with pytest.raises(Conflict):
        verbs.switch_off(company.admin, by=admin, at=now, reason="离职")
    with pytest.raises(Conflict) as refused:
        verbs.end_appointment(company.admin.appointments.get(), by=admin, at=now)
    assert "唯一" in refused.value.sentence
    verbs.appoint(company.head, roles.ADMINISTRATOR.code, company.hq, by=admin, at=now, starts_at=now)
    verbs.end_appointment(company.admin.appointments.get(), by=admin, at=timezone.now())
    with pytest.raises(NotAllowed):
        verbs.switch_off(company.engineer, by=company.by("admin"), at=timezone.now(), reason="离职")


def test_a_role_is_held_once_at_a_time_and_counts_until_its_end(company):
    admin, now = company.by("admin"), timezone.now()
    made = verbs.appoint(company.colleague, "branch_lead", company.east, by=admin, at=now, starts_at=now, ends_at=hour(8))
    assert company.by("colleague").holds("branch_lead", company.east.pk)
    with pytest.raises(Conflict):
        verbs.appoint(company.colleague, "branch_lead", company.east, by=admin, at=now, starts_at=hour(4))
    verbs.appoint(company.colleague, "branch_lead", company.east, by=admin, at=now, starts_at=hour(8))
    verbs.end_appointment(made, by=admin, at=timezone.now())
    assert not company.by("colleague").holds("branch_lead", company.east.pk)
    with pytest.raises(Conflict):
        verbs.end_appointment(made, by=admin, at=hour(1))


def test_one_names_ones_own_deputy_and_the_administrator_anyones(browse, company):
    form = {"absent": company.lead.pk, "deputy": company.colleague.pk, "reason": "出差"}
    form |= {
        "starts_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"),
        "ends_at": timezone.localtime(hour(30)).strftime("%Y-%m-%dT%H:%M"),
    }
    assert browse("engineer").post("/deputies/new/", form).status_code == 422  # the choice of the absent is oneself alone
    assert not Deputy.objects.exists()
    with pytest.raises(NotAllowed):
        period = {"starts_at": timezone.now(), "ends_at": hour(3), "reason": "出差"}
        verbs.name_deputy(company.lead, company.colleague, by=company.by("engineer"), at=timezone.now(), **period)
    assert browse("lead").post("/deputies/new/", form).status_code == 302
    assert company.by("colleague").grant_for("branch_lead", company.east.pk).for_whom == "李建国"
    page = browse("lead").get("/deputies/").content.decode()
    assert "王磊" in page and "出差" in page


@pytest.mark.parametrize("starts", [-2, 5])
def test_a_deputyship_ended_early_lends_nothing_any_more(browse, company, starts):
    lead = company.by("lead")
    named = verbs.name_deputy(
        company.lead, company.colleague, by=lead, at=timezone.now(), starts_at=hour(starts), ends_at=hour(9), reason="培训"
    )
    assert browse("colleague").post(f"/deputies/{named.pk}/end/").status_code == 404
    assert browse("lead").post(f"/deputies/{named.pk}/end/").status_code == 302
    assert not company.by("colleague").holds("branch_lead", company.east.pk)
    named.refresh_from_db()
    assert named.ends_at <= timezone.now()
    assert browse("lead").post(f"/deputies/{named.pk}/end/").status_code == 409


def test_two_administrators_editing_one_person_are_told_of_each_other(browse, company):
    admin = browse("admin")
    url = "/people/engineer/edit/"
    seen = admin.get(url).context["form"].initial["seen"]
    sent = particulars(company, username="engineer", name="张伟", phone="139 0000 0001", seen=seen)
    assert admin.post(url, sent).status_code == 302
    answer = admin.post(url, sent | {"phone": "", "email": "zw@example.com"})
    assert answer.status_code == 422
    assert "别人改过" in answer.content.decode() and "139 0000 0001" in answer.content.decode()
    company.engineer.refresh_from_db()
    assert company.engineer.phone == "139 0000 0001"
    again = admin.post(url, sent | {"phone": "", "email": "zw@example.com", "seen": answer.context["form"]["seen"].value()})
    assert again.status_code == 302


def test_the_pages_cost_the_same_whatever_their_length(browse, company, django_assert_max_num_queries):
    client = browse("admin")
    for url in ("/organisation/", "/people/engineer/", "/lists/people/", "/branches/HD/", "/territory/", "/calendars/", "/deputies/"):
        with django_assert_max_num_queries(25):
            assert client.get(url).status_code == 200, url


def test_the_list_of_people_costs_the_same_for_two_and_for_forty(browse, company, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = browse("admin")
    with CaptureQueriesContext(connection) as few:
        client.get("/lists/people/")
    for number in range(40):
        person = Person.objects.create_person(f"p{number}", f"人{number}", home_branch=company.east)
        Appointment.objects.create(person=person, role="field_engineer", branch=company.east)
    with django_assert_num_queries(len(few)):
        client.get("/lists/people/")


def test_colleagues_of_a_foreign_branch_and_invented_ones_are_not_found_alike(browse, company):
    client = browse("lead")
    assert client.get("/people/engineer/").status_code == 200
    foreign, absent = client.get("/people/other_engineer/"), client.get("/people/nobody/")
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert "任职" not in client.get("/people/engineer/").content.decode()


def helped(client, person, act, **more):
    typed = {"reason": "手机丢失，视频核实了工牌", "password": PASSWORD, "act": act} | more
    return client.post(f"/people/{person.username}/sign-in-help/", typed)


@pytest.fixture
def locked_out(company):
    """An engineer with an authenticator and a passkey, signed in somewhere."""
    engineer = company.engineer
    engineer.totp_secret = "A" * 32
    engineer.save(update_fields=["totp_secret"])
    Passkey.objects.create(person=engineer, name="手机", credential_id="one", public_key=b"key")
    theirs = Client()
    theirs.force_login(engineer)
    session = theirs.session
    session["access_second"] = True
    session.save()
    assert theirs.get("/deputies/").status_code == 200
    return theirs


def test_who_lost_phone_and_codes_is_freed_and_signed_out(browse, company, locked_out):
    engineer, clear = company.engineer, issue(company.engineer, "手机")
    assert helped(browse("admin"), engineer, "free").status_code == 302
    engineer.refresh_from_db()
    assert engineer.totp_secret == ""
    assert not engineer.passkeys.exists()
    assert locked_out.get("/deputies/").status_code == 302
    assert holder(clear) is None
    assert [entry.action for entry in history(engineer)] == ["person.second-factor-off"]
    assert helped(browse("admin"), engineer, "free").status_code == 409


def test_someone_is_signed_out_everywhere_and_keeps_the_second_factor(browse, company, locked_out):
    engineer, clear = company.engineer, issue(company.engineer, "手机")
    assert helped(browse("admin"), engineer, "out").status_code == 302
    engineer.refresh_from_db()
    assert engineer.totp_secret
    assert engineer.passkeys.exists()
    assert locked_out.get("/deputies/").status_code == 302
    assert holder(clear) is None


@pytest.mark.parametrize("missing", [{"reason": " "}, {"password": ""}, {"password": "wrong"}])
def test_nobody_is_freed_without_a_reason_and_a_proof(browse, company, locked_out, missing):
    assert helped(browse("admin"), company.engineer, "free", **missing).status_code == 422
    company.engineer.refresh_from_db()
    assert company.engineer.totp_secret


def test_nobody_frees_themselves(browse, company):
    assert helped(browse("admin"), company.admin, "free").status_code == 409
