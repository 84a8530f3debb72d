"""``python -m bench.upgrade`` at a small size: the copies are sound in the release's own shape, nothing is lost, and a loss is told (#81)."""

import json
import tempfile
from pathlib import Path

import pytest
from django.db import connection

from bench import multiply, upgrade
from bihuan.config.tests.home import HOME
from tests.upgrades.kept import RELEASES, laid

pytestmark = [pytest.mark.both, pytest.mark.django_db]
ROWS = 5_000


@pytest.fixture
def place():
    with tempfile.TemporaryDirectory(dir=HOME) as made:
        yield Path(made)


@pytest.fixture(params=RELEASES)
def filled(request, place):
    with laid(request.param, place / "origin") as release:
        release.counts = multiply.fill(release, ROWS)
        yield release


def asked(release, statement):
    with release.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def picked(record):
    return record["id"], record["number"]


def test_copies_have_keys_numbers_and_history_of_their_own(filled):
    assert ROWS <= sum(filled.counts.values()) < 2 * ROWS
    numbers = [number for (number,) in asked(filled, "SELECT number FROM service_servicerequest")]
    assert len(numbers) == len(set(numbers)) == filled.counts["service_servicerequest"]
    assert {"BX-HD-2026-000001", "BX-HD-2026-001001"} <= set(numbers)
    told = dict(asked(filled, "SELECT record_number, count(*) FROM journal_entry GROUP BY record_number"))
    assert told["BX-HD-2026-001001"] == told["BX-HD-2026-000001"] > 1
    signed = asked(filled, "SELECT record_id, record_number, content FROM signing_signature")
    assert [(key, number) for key, number, _content in signed] == [
        picked(json.loads(content)["record"]) for _key, _number, content in signed
    ]
    assert dict(asked(filled, "SELECT chain, count(*) FROM journal_entry GROUP BY chain")) == dict(
        asked(filled, "SELECT branch_id, seq FROM journal_chain")
    )


def test_upgraded_they_verify_with_every_signature_and_nothing_is_lost(filled, place):
    with upgrade._twin(filled, place) as upgraded:
        upgrade.ready(upgraded)
        wrong, _seconds = upgrade.after(filled, upgraded, "here")
    assert wrong == []


def test_what_an_upgrade_would_lose_is_told(filled, place):
    with upgrade._twin(filled, place) as upgraded:
        upgrade.ready(upgraded)
        with upgraded.cursor() as cursor:
            cursor.execute("DELETE FROM service_dailyreport WHERE id = (SELECT max(id) FROM service_dailyreport)")
            cursor.execute("UPDATE customers_site SET address = 'elsewhere' WHERE id = (SELECT max(id) FROM customers_site)")
            cursor.execute("UPDATE service_servicerequest SET fault = 'nothing' WHERE id = (SELECT max(id) FROM service_servicerequest)")
            cursor.connection.commit()
        wrong, _seconds = upgrade.after(filled, upgraded, "here")
    assert [sentence.split()[1] for sentence in wrong[:3]] == ["customers_site", "service_dailyreport", "service_servicerequest"]
    assert "fault" in wrong[-1], "the journal says another word"


@pytest.mark.parametrize("name", RELEASES[:1])
def test_the_whole_run_measures_every_part(name, place, capsys):
    found = upgrade.measured(name, place, ROWS)
    assert found["wrong"] == []
    assert min(found[part] for part in ("one step", "killed", "finished", "through", "again", "verify", "floor")) > 0
    (head, _line, row) = upgrade.table([found])
    assert head.count("|") == row.count("|")
    assert "migrations in" in capsys.readouterr().out
    assert upgrade.measured(RELEASES[-1], place, 0, limit=0)["wrong"] != [], "too slow is wrong"


def test_rows_written_by_another_rule_are_not_multiplied(place):
    with laid(RELEASES[0], place / "origin") as release:
        with release.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("DROP TRIGGER signing_signature_append_only_update")
            else:
                cursor.execute("ALTER TABLE signing_signature DISABLE TRIGGER USER")
            cursor.execute("UPDATE signing_signature SET signer_name = 'somebody' WHERE id = 1")
            cursor.connection.commit()
        with pytest.raises(ValueError, match="signature 1"):
            multiply.fill(release, ROWS)
