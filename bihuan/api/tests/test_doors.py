"""Who comes in, with which rights, at this moment (#12, #17, #19, #29)."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from bihuan.kernel.access.models import Token
from bihuan.kernel.access.tokens import issue, revoke
from bihuan.kernel.journal.models import Entry
from bihuan.organisation.models import Appointment, Deputy

from .callers import Caller, registration


def test_a_token_is_the_person_through_the_api(api, company):
    api("desk").post("requests", registration(company))

    said = Entry.objects.filter(action="BX.register").get().said
    assert (said["channel"], said["actor"]["name"]) == ("api", "周敏")
    assert said["request"]


@pytest.mark.parametrize("spoil", ["expired", "revoked", "left", "signed out everywhere"])
def test_a_token_dies_at_once(api, company, spoil):
    lead = api("lead")
    assert lead.get("requests").status_code == 200
    token = Token.objects.get(person=company.lead)
    if spoil == "expired":
        Token.objects.update(expires_at=timezone.now())
    elif spoil == "revoked":
        revoke(token)
    elif spoil == "left":
        type(company.lead).objects.filter(pk=company.lead.pk).update(is_active=False)
    else:
        type(company.lead).objects.filter(pk=company.lead.pk).update(session_key_version=1)

    assert lead.get("requests").status_code == 401


def test_who_is_moved_to_another_branch_sees_the_other_branch_at_the_next_request(api, company):
    mine, other = company.registered(), company.registered(unit=company.other_unit)
    lead = api("lead")
    assert lead.get(f"requests/{mine.number}").status_code == 200

    Appointment.objects.filter(person=company.lead).update(branch=company.north)

    assert lead.get(f"requests/{mine.number}").status_code == 404
    assert lead.get(f"requests/{other.number}").status_code == 200


def test_who_loses_the_role_can_take_no_step_with_it(api, company):
    request, lead = company.registered(), api("lead")
    Appointment.objects.filter(person=company.lead).update(ends_at=timezone.now())

    assert lead.post(f"requests/{request.number}/steps/assign", {"engineer": company.engineer.pk}).status_code == 404


def test_a_deputy_acts_with_both_names(api, company):
    request, now = company.registered(), timezone.now()
    Deputy.objects.create(absent=company.lead, deputy=company.colleague, starts_at=now, ends_at=now + dt.timedelta(days=1), reason="休假")

    assert api("colleague").post(f"requests/{request.number}/steps/assign", {"engineer": company.engineer.pk}).status_code == 200
    assert Entry.objects.get(action="BX.assign").said["for_whom"] == "李建国"


def signed_in(person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    return client


def test_someone_signed_in_may_read_but_a_write_needs_a_token(company):
    request, client = company.registered(), signed_in(company.lead)

    assert client.get(f"/api/v1/requests/{request.number}").status_code == 200
    answer = client.post(
        f"/api/v1/requests/{request.number}/steps/assign", {"engineer": company.engineer.pk}, content_type="application/json"
    )
    assert answer.status_code == 401
    request.refresh_from_db()
    assert request.status == "forwarded"


def test_a_wrong_token_is_refused_although_someone_is_signed_in(company):
    client = signed_in(company.lead)

    assert client.get("/api/v1/requests", headers={"Authorization": "Bearer bh_nonsense"}).status_code == 401


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Basic bGVhZDp4", "bh_x", "Bearer " + "x" * 5000, "Bearer bh_\u00e9", "Bearer a b c"]
)
def test_what_is_no_token_opens_nothing(db, header):
    assert Caller(Authorization=header).get("requests").status_code == 401


def test_the_scheme_is_written_in_any_case(company):
    clear = issue(company.lead, "x")

    assert Caller(Authorization=f"bearer {clear}").get("requests").status_code == 200


def test_a_token_downloads_what_its_holder_may_see(api, company):
    from .objects import east

    there = east(company)
    href = api("lead").get(f"records/{there.record.number}").json()["attachments"][0]["href"].removeprefix("/api/v1/")

    answer = api("lead").get(href)
    assert (answer.status_code, answer["X-Content-Type-Options"]) == (200, "nosniff")
    assert b"".join(answer.streaming_content).startswith(b"\x89PNG") or answer["Content-Type"].startswith("image/")
    assert api("other_lead").get(href).status_code == 404
    assert api().get(href).status_code == 401
