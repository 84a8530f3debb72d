"""Nobody gets in before somebody was let in, and nobody by default."""

import io

import pytest
from django.core.management import CommandError, call_command

from bihuan.kernel.access.actors import actor_for
from bihuan.organisation.models import Branch, Person

pytestmark = pytest.mark.django_db


def give(monkeypatch, password):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))


def test_an_empty_system_gets_headquarters_and_one_administrator(monkeypatch):
    give(monkeypatch, "kein-Standard-2026")
    call_command("first_administrator", "admin", "林管", stdout=io.StringIO())
    person = Person.objects.get(username="admin")
    assert person.check_password("kein-Standard-2026")
    assert actor_for(person).roles == {"administrator"}
    assert Branch.objects.get().is_headquarters


def test_a_weak_password_is_refused_and_nothing_is_made(monkeypatch):
    give(monkeypatch, "12345")
    with pytest.raises(CommandError):
        call_command("first_administrator", "admin", "林管")
    assert not Person.objects.exists()


def test_a_second_first_administrator_is_refused(monkeypatch):
    for expected in (None, CommandError):
        give(monkeypatch, "kein-Standard-2026")
        if expected is None:
            call_command("first_administrator", "admin", "林管", stdout=io.StringIO())
        else:
            with pytest.raises(expected):
                call_command("first_administrator", "other", "别人")
    assert Person.objects.count() == 1
