"""What tries to get round a control leaves a line, without what was typed (ASVS 16.3.3, 16.3.4)."""

import pytest
from django.test import Client

from bihuan.kernel.access.refusals import Invalid
from bihuan.kernel.files.store import receive

pytestmark = pytest.mark.django_db
PHONE = "13912345678"
MARK = f"geheim-{PHONE}"


def lines_of(caplog, logger):
    return [record.getMessage() for record in caplog.records if record.name == logger]


@pytest.fixture
def lead(company):
    client = Client(enforce_csrf_checks=True)
    client.force_login(company.people["lead"])
    return client


ATTEMPTS = {
    "a record out of sight": (404, "not-found", lambda c: c.get(f"/r/BX-HB-2026-000001/?x={MARK}")),
    "no form's token": (403, "-", lambda c: c.post("/logout/", {"x": MARK})),
    "a role one lacks": (403, "not-allowed", lambda c: c.get(f"/requests/lookup/?find={MARK}")),
    "a bad bearer token": (401, "unauthorized", lambda c: c.get("/api/v1/requests", headers={"Authorization": f"Bearer bh_{MARK}"})),
    "a made-up parameter": (400, "bad-parameter", lambda c: c.get(f"/lists/requests/?{MARK}={MARK}")),
    "a link nobody signed": (404, None, lambda c: c.get(f"/verify/{MARK}/")),
    "a file nobody may see": (404, None, lambda c: c.get(f"/files/{'x' * 32}/{MARK}.jpg")),
    "a dead link for a new password": (410, None, lambda c: c.get("/reset/new/")),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_an_attempt_is_one_line_with_who_and_how_and_nothing_that_was_typed(lead, company, caplog, attempt):
    status, code, act = ATTEMPTS[attempt]
    assert act(lead).status_code == status
    (line,) = lines_of(caplog, "bihuan.access")
    assert line.startswith(f"refused {status} person=")
    assert code is None or f" as={code} " in line
    assert MARK not in line and PHONE not in line


def test_a_refused_file_is_a_line_without_its_name(caplog, settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    with pytest.raises(Invalid):
        receive(b"MZ" + b"\0" * 100, kind="photo", name=f"{MARK}.jpg")
    (line,) = lines_of(caplog, "bihuan.files")
    assert line.startswith("refused a file sent as photo, 102 bytes")
    assert MARK not in line


def test_what_goes_well_is_no_such_line(lead, company, caplog):
    assert lead.get("/account/").status_code == 200
    assert lines_of(caplog, "bihuan.access") == []


@pytest.mark.parametrize("path", ["/gallery/", "/gallery/worklist/"])
def test_the_gallery_is_not_there_in_production(lead, settings, path):
    assert lead.get(path).status_code == 200
    settings.PRODUCTION = True
    assert lead.get(path).status_code == 404
