"""The journal: written with the change or not at all, chained, append-only, and honest about what does not fit."""

import datetime as dt
import hashlib
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from bihuan.kernel import journal
from bihuan.kernel.access.actors import system
from bihuan.kernel.journal import protect
from bihuan.kernel.journal.canonical import canonical
from bihuan.kernel.journal.models import Chain, Entry
from bihuan.kernel.journal.read import differences
from bihuan.kernel.journal.write import chain_hash, commitment
from bihuan.kernel.printing.runs import print_record
from bihuan.kernel.signing import sign as signing
from bihuan.service.prints import record_form

NOBODY = system("试验")


def write(branch, action="probe", **data):
    with transaction.atomic():
        journal.append(NOBODY, action, branch, at=timezone.now(), data=data)


def test_a_value_is_written_the_same_way_whatever_its_order_and_zone():
    east, utc = dt.timezone(dt.timedelta(hours=8)), dt.UTC
    at = dt.datetime(2026, 11, 22, 8, tzinfo=utc)
    assert canonical({"b": Decimal("1.50"), "a": at}) == canonical({"a": at.astimezone(east), "b": Decimal("1.50")})
    assert canonical({"a": at}) == '{"a":"2026-11-22T08:00:00.000000+00:00"}'


@pytest.mark.parametrize("value", [1.5, dt.datetime(2026, 1, 1), object(), {"a": [0.1]}])
def test_what_has_no_one_way_of_writing_is_refused(value):
    with pytest.raises(TypeError):
        canonical(value)


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_writing_twice_gives_the_same_bytes(value):
    assert canonical(value).encode("utf-8", "surrogatepass") == canonical(value).encode("utf-8", "surrogatepass")


def test_an_entry_needs_the_transaction_of_its_change(committed_company):
    with pytest.raises(RuntimeError):
        journal.append(NOBODY, "probe", committed_company.east, at=timezone.now())


def test_entries_of_a_unit_that_fails_are_not_written(company):
    before = Entry.objects.count()
    with pytest.raises(ZeroDivisionError), journal.unit():
        journal.append(NOBODY, "probe", company.east, at=timezone.now())
        1 / 0  # noqa: B018
    assert Entry.objects.count() == before


def test_an_entry_tells_who_what_when_why_and_through_what(company):
    company.registered()
    said = Entry.objects.get(action="BX.forward").said
    assert said["actor"] == {"id": company.desk.pk, "name": "周敏"}
    assert (said["role"], said["channel"], said["clause"]) == ("service_desk", "web", "AS-5.1.2")
    assert said["data"]["from"] == "registered" and said["data"]["to"] == "forwarded"
    assert said["utc_offset"] == "+0800"
    assert {"at", "recorded_at", "device_at", "request", "procedure_revision"} <= said.keys()


def test_personal_values_go_in_as_commitments(company):
    request = company.registered(caller_phone="13912345678", caller_name="钱多多")
    bodies = "".join(Entry.objects.values_list("body", flat=True))
    assert "13912345678" not in bodies and "钱多多" not in bodies
    assert commitment(request.privacy_key, "13912345678") in bodies


def test_each_branch_has_a_chain_of_its_own_without_gaps(company):
    company.closed()
    company.registered(unit=company.other_unit)
    for chain in Chain.objects.all():
        numbers = list(Entry.objects.filter(chain=chain.pk).order_by("seq").values_list("seq", flat=True))
        assert numbers == list(range(1, chain.seq + 1))
    assert {company.east.pk, company.north.pk} <= set(Chain.objects.values_list("pk", flat=True))
    assert list(differences()) == []


STATEMENTS = [
    "UPDATE {t} SET body = 'x'",
    "UPDATE {t} SET body = body WHERE id = (SELECT MIN(id) FROM {t})",
    "DELETE FROM {t}",
    "DELETE FROM {t} WHERE id = (SELECT MAX(id) FROM {t})",
    "DROP TABLE {t}",
]
SQLITE = [
    "DROP TRIGGER journal_entry_append_only_update",
    "ALTER TABLE {t} RENAME TO gone",
    "PRAGMA writable_schema = ON",
    "PRAGMA recursive_triggers = OFF",
]
POSTGRES = [
    "TRUNCATE {t}",
    "TRUNCATE {t} CASCADE",
    "ALTER TABLE {t} DISABLE TRIGGER ALL",
    "DROP TRIGGER journal_entry_append_only_rows ON {t}",
]


@pytest.fixture
def as_runtime(company):
    """Raw SQL as the application's own account: on PostgreSQL a role with the runtime's grants, on SQLite the connection as it is."""
    record = company.signed()
    signing.void(signing.current_signatures(record)[0], by=company.by("lead"), reason="试验", at=timezone.now())
    print_record(record_form(record, company.by("lead")), record, by=company.by("lead"))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP ROLE IF EXISTS bihuan_test_runtime")
            cursor.execute("CREATE ROLE bihuan_test_runtime")
            protect.protect_from_role("bihuan_test_runtime")
            cursor.execute("SET ROLE bihuan_test_runtime")

    def run(statement):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else cursor.rowcount

    yield run
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute("DROP OWNED BY bihuan_test_runtime")
            cursor.execute("DROP ROLE bihuan_test_runtime")


@pytest.mark.parametrize("table", ["journal_entry", "signing_signature", "signing_signaturevoid", "printing_printrun"])
def test_the_application_s_account_cannot_change_or_remove_what_is_append_only(as_runtime, table):
    before = as_runtime(f"SELECT COUNT(*) FROM {table}")
    only_here = SQLITE if connection.vendor == "sqlite" else POSTGRES
    for statement in [*STATEMENTS, *(only_here if table == "journal_entry" else [])]:
        try:
            outcome = as_runtime(statement.format(t=table))
        except DatabaseError:
            continue
        assert statement.startswith("PRAGMA") and not outcome, f"{statement} went through"
    assert before != [(0,)]
    assert as_runtime(f"SELECT COUNT(*) FROM {table}") == before


def test_replacing_an_entry_is_refused(as_runtime):
    columns = [field.column for field in Entry._meta.concrete_fields]
    old = as_runtime(f"SELECT {', '.join(columns)} FROM journal_entry ORDER BY id LIMIT 1")[0]
    verb = "INSERT OR REPLACE" if connection.vendor == "sqlite" else "INSERT"
    tail = "" if connection.vendor == "sqlite" else " ON CONFLICT (id) DO UPDATE SET body = 'x'"
    marks = ", ".join(["%s"] * len(columns))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{verb} INTO journal_entry ({', '.join(columns)}) VALUES ({marks}){tail}", old)


def test_the_runtime_account_can_still_work(as_runtime, company):
    request = company.registered()
    assert request.status == "forwarded"


def _as_owner(statement, *values):
    """What someone with the database file or the owner's account can do."""
    from bihuan.kernel.testing.committed import lift_triggers

    lift_triggers()
    with protect.as_owner(connection), connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_entry SET body = REPLACE(body, 'desk', 'head') WHERE seq = 2",
        "UPDATE journal_entry SET actor_name = '别人' WHERE seq = 2",
        "UPDATE journal_entry SET happened_at = '2020-01-01 00:00:00+00:00' WHERE seq = 1",
        "DELETE FROM journal_entry WHERE seq = 3",
        "UPDATE journal_chain SET seq = seq + 1",
        "UPDATE journal_entry SET record_id = record_id + 1 WHERE seq = 2",
    ],
)
def test_a_change_behind_the_application_s_back_is_found_and_named(company, statement):
    company.closed(at=timezone.now() - dt.timedelta(minutes=3))
    _as_owner(statement)
    found = list(differences())
    assert any(line.startswith(f"{company.east.pk}") for line in found)


@pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="sm3 skipped: this OpenSSL does not have it")
def test_the_algorithm_changes_in_mid_chain_and_old_and_new_entries_verify(company, monkeypatch):
    """#53: each entry names its algorithm; an edit is found on both sides of the change."""
    company.registered()
    monkeypatch.setattr("bihuan.kernel.journal.write.ALGORITHM", "sm3")
    company.registered()
    monkeypatch.undo()
    company.registered()
    assert {"sha256", "sm3"} == set(Entry.objects.filter(chain=company.east.pk).values_list("alg", flat=True))
    assert list(differences()) == []
    for row in (Entry.objects.filter(alg="sm3").first(), Entry.objects.filter(alg="sha256", chain=company.east.pk).first()):
        assert chain_hash(row.prev_hash, row.body, row.alg) == row.hash
        assert chain_hash(row.prev_hash, row.body.replace("BX", "XB"), row.alg) != row.hash
