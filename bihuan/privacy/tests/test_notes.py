"""The note that a restored backup needs outlives the death of the process that wrote it, and deletes nobody who was not deleted (#96)."""

import json
import subprocess
import sys

import pytest
from django.db import transaction
from django.utils import timezone

from bihuan.config.tests.program import environment
from bihuan.customers.domain import add_contact
from bihuan.customers.models import Contact
from bihuan.privacy import again, notes, person
from bihuan.privacy.tests.wei import NAME, PHONE, names
from tests.faults.installation import installation

pytestmark = [pytest.mark.both, pytest.mark.django_db]

GRANTED = f"""
import os, signal
from django.utils import timezone
from bihuan.customers.domain import add_contact
from bihuan.privacy import notes
from bihuan.privacy.domain import request as verbs
from bihuan.privacy.models import PersonRequest
from bihuan.service.tests.company import Company

def die(*_words):
    os.kill(os.getpid(), signal.SIGKILL)

begin = notes.begin
company, now = Company(), timezone.now()
contact = add_contact(company.unit.customer, {{"name": "{NAME}"}}, ["{PHONE}"], by=company.by("desk"), at=now)
record = verbs.receive(PersonRequest(branch=company.east, wish="deletion", identity="callback", contact=contact), by=company.by("desk"), at=now)
%s
verbs.forget(record, by=company.by("head").proved(now), at=now)
"""
AFTER_THE_COMMIT = "from django.db import connection; connection.run_and_clear_commit_hooks = die"
BEFORE_THE_COMMIT = "notes.begin = lambda entry: die(begin(entry))"
FOUND = """
import json
from bihuan.customers.models import Contact
from bihuan.privacy import again, notes
names = list(Contact.objects.order_by("-pk").values_list("name", flat=True)[:1])
before = [len(notes.noted()), len(notes.unsettled())]
again.settle()
print(json.dumps([names, before, [len(notes.noted()), len(notes.unsettled())], len(again.interrupted())]))
"""


def killed(place, when):
    """What is found after a deletion whose process was killed then."""
    with installation(place) as there:
        there.run("from django.core.management import call_command; call_command('migrate', verbosity=0)")
        lines = f"from bihuan.cli import start_django; start_django()\n{GRANTED % when}"
        died = subprocess.run([sys.executable, "-c", lines], env=environment(there.home, **there.settings), capture_output=True, text=True)
        assert died.returncode == -9, died.stderr
        return json.loads(there.run(FOUND))


def test_killed_right_after_the_commit_the_person_is_noted_as_forgotten(tmp_path):
    name, before, after, interrupted = killed(tmp_path / "home", AFTER_THE_COMMIT)
    assert name == ["【已删除】"], "it was committed"
    assert (before, after) == ([0, 1], [1, 0])
    assert interrupted == 0


def test_killed_right_before_the_commit_nobody_is_forgotten_by_itself_and_somebody_is_asked(tmp_path):
    name, before, after, interrupted = killed(tmp_path / "home", BEFORE_THE_COMMIT)
    assert name == [NAME], "it was not committed"
    assert before == after == [0, 1]
    assert interrupted == 1


@pytest.fixture(autouse=True)
def home(settings, tmp_path, monkeypatch):
    settings.HOME, settings.FILES_ROOT = tmp_path, tmp_path / "files"
    monkeypatch.setattr(again, "compact", lambda: None)  # a test is a transaction


@pytest.fixture
def wei(company):
    return add_contact(company.unit.customer, {"name": NAME}, [PHONE], by=company.by("desk"), at=timezone.now())


def begun(wei):
    return notes.begin(again.noted_as(person.of_contact(wei.pk), reason="本人要求", photos=[]))


def test_what_was_only_begun_is_not_repeated_but_told(wei):
    begun(wei)
    assert list(again.repeat()) == []
    assert Contact.objects.get(pk=wei.pk).name == NAME
    (told,) = again.interrupted()
    assert f"--contact {wei.pk}" in told and not names(told)


def test_in_an_older_database_a_deletion_of_unknown_end_stays_unknown(wei):
    begun(wei)
    assert again.settle() == 0
    entry = notes.unsettled()[0] | {"contact": wei.pk + 1000}
    notes.begin(entry)  # of somebody whom this database does not know yet
    notes.begin(entry | {"contact": None, "calls": [10**6]})
    assert again.settle() == 0
    assert len(notes.unsettled()) == 3
    assert len(again.interrupted()) == 1


def test_a_deletion_that_failed_and_was_done_later_is_settled_with_it(wei):
    begun(wei)
    again.grant(person.of_contact(wei.pk), reason="本人要求")
    assert (len(notes.noted()), len(notes.unsettled())) == (1, 1)
    assert again.settle() == 1
    assert (len(notes.noted()), len(notes.unsettled())) == (2, 0)
    assert again.interrupted() == []


def test_a_deletion_that_was_rolled_back_is_not_repeated(wei, monkeypatch):
    def full(*_anything, **_more):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as room, pytest.raises(OSError):
        room.setattr(notes.json, "dumps", full)
        again.grant(person.of_contact(wei.pk), reason="本人要求")
    assert Contact.objects.get(pk=wei.pk).name == NAME, "without its note on disk it is not done"
    assert notes.noted() == notes.unsettled() == []


def test_lists_of_before_are_read_and_a_torn_line_hides_no_other(wei):
    with transaction.atomic():
        again.grant(person.of_contact(wei.pk), reason="本人要求")
        transaction.set_rollback(True)
    old = {name: value for name, value in notes.noted()[0].items() if name not in ("id", "begun")}
    notes.ledger().write_text(json.dumps(old) + '\n{"at": "2026-11-29", "cont')
    key = begun(wei)
    notes.end(key)
    assert [note["contact"] for note in notes.noted()] == [wei.pk, wei.pk]
    assert len(list(again.repeat())) == 1
    assert Contact.objects.get(pk=wei.pk).name == "【已删除】"
