"""The checks one by one: durable, not newer, out of reach."""

import pytest
from django.db import connection

from bihuan.config import checks
from bihuan.organisation.models import Branch, Person

pytestmark = pytest.mark.django_db
SQLITE = connection.vendor == "sqlite"


def ids(found):
    return [message.id for message in found]


@pytest.mark.both
def test_the_database_of_this_very_run_is_durable():
    assert ids(checks.durable_database(None, databases=["default"])) == []


def test_a_check_without_a_database_asks_nothing():
    assert checks.durable_database(None, databases=None) == []
    assert checks.published_accounts(None, databases=None) == []


@pytest.mark.skipif(not SQLITE, reason="a pragma is SQLite's")
@pytest.mark.django_db(transaction=True)
def test_a_switched_off_pragma_is_an_error_with_its_name():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=NORMAL")
    try:
        (found,) = checks.durable_database(None, databases=["default"])
    finally:
        connection.close()
    assert found.id == "bihuan.E006"
    assert "synchronous=1" in found.msg
    assert found.hint


@pytest.mark.both
def test_a_database_newer_than_the_program_is_an_error_with_the_migration_s_name():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('organisation', '0999_from_the_future', CURRENT_TIMESTAMP)"
        )
    (found,) = checks.database_not_newer(None, databases=["default"])
    assert found.id == "bihuan.E007"
    assert "organisation.0999_from_the_future" in found.msg


def test_a_migration_of_a_stranger_is_none_of_our_business():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('elsewhere', '0001_initial', CURRENT_TIMESTAMP)")
    assert checks.database_not_newer(None, databases=["default"]) == []


def _admin(**fields):
    branch = Branch.objects.create(code="HQ", name="总部", is_headquarters=True)
    return Person.objects.create_person("admin", "管理员", fields.pop("password", "admin"), home_branch=branch, **fields)


def test_a_default_account_is_an_error_in_production_only(settings):
    _admin()
    settings.PRODUCTION = False
    assert checks.published_accounts(None, databases=["default"]) == []
    settings.PRODUCTION = True
    assert ids(checks.published_accounts(None, databases=["default"])) == ["bihuan.E004"]


@pytest.mark.parametrize("fields", [{"password": "a phrase nobody publishes"}, {"is_active": False}])
def test_a_default_name_with_its_own_password_or_switched_off_is_none(settings, fields):
    settings.PRODUCTION = True
    _admin(**fields)
    assert checks.published_accounts(None, databases=["default"]) == []


@pytest.mark.skipif(SQLITE, reason="SQLite has no roles; its authorizer guards the journal")
def test_an_account_that_owns_the_journal_is_a_warning(settings):
    settings.PRODUCTION = True
    assert ids(checks.journal_out_of_reach(None, databases=["default"])) == ["bihuan.W003"]


def test_a_production_server_with_everything_right_has_nothing_to_hear(settings, tmp_path):
    settings.PRODUCTION, settings.HOME = True, tmp_path
    settings.ORIGIN, settings.EMAIL_HOST, settings.SECOND_FACTOR = "https://service.example.com", "mail.example.com", True
    settings.ALLOWED_HOSTS, settings.DEBUG = ["service.example.com"], False
    assert checks.production_settings(None) == []
