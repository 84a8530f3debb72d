"""The seeds of authenticators lie sealed, under a key that can be renewed (ASVS 11.2.2)."""

import importlib
import stat

import pyotp
import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from bihuan.config.checks_identity import seed_key_kept
from bihuan.kernel.access import seeds

from .conftest import code_now, journal

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HOME = tmp_path
    return tmp_path


def test_what_lies_in_the_database_is_not_the_seed(manager, authenticator, home):
    secret = authenticator(manager)
    manager.refresh_from_db()
    assert secret not in manager.totp_secret
    assert seeds.unseal(manager.totp_secret) == secret
    assert stat.S_IMODE((home / "seed.key").stat().st_mode) == 0o600
    assert sorted(file.name for file in home.iterdir()) == ["seed.key"]


def test_a_new_key_seals_and_the_old_ones_still_open(settings):
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    settings.SEED_KEYS = [old]
    sealed = seeds.seal("JBSWY3DP")
    settings.SEED_KEYS = [new, old]
    assert seeds.unseal(sealed) == "JBSWY3DP"
    again = seeds.sealed_anew(sealed)
    settings.SEED_KEYS = [new]
    assert seeds.unseal(again) == "JBSWY3DP"
    with pytest.raises(ImproperlyConfigured):
        seeds.unseal(sealed)


@pytest.mark.urls("bihuan.kernel.access.tests.urls")
def test_the_command_seals_everything_anew(browser, manager, authenticator, home, capsys, with_second_factor):
    secret = authenticator(manager)
    before, key = manager.totp_secret, (home / "seed.key").read_text()
    call_command("renew_seed_key")
    manager.refresh_from_db()
    assert manager.totp_secret != before
    assert (home / "seed.key").read_text() != key
    assert key.strip() not in (home / "seed.key").read_text()
    assert seeds.unseal(manager.totp_secret) == secret
    assert "1" in capsys.readouterr().out
    assert len(journal("seed-key.renew")) == 1
    browser.sign_in(manager)
    browser.give_code(code_now(secret))
    assert browser.who()


def test_seeds_of_before_are_sealed_by_the_upgrade(manager):
    clear = pyotp.random_base32()
    type(manager).objects.filter(pk=manager.pk).update(totp_secret=clear)
    upgrade = importlib.import_module("bihuan.organisation.migrations.0003_sealed_seeds")
    upgrade.seal(apps, None)
    manager.refresh_from_db()
    assert seeds.unseal(manager.totp_secret) == clear
    upgrade.unseal(apps, None)
    manager.refresh_from_db()
    assert manager.totp_secret == clear


def test_a_key_that_is_gone_or_open_to_all_is_told_at_the_start(manager, authenticator, home):
    authenticator(manager)
    assert seed_key_kept(None, databases=["default"]) == []
    (home / "seed.key").chmod(0o644)
    assert [found.id for found in seed_key_kept(None, databases=["default"])] == ["bihuan.E019"]
    (home / "seed.key").unlink()
    assert [found.id for found in seed_key_kept(None, databases=["default"])] == ["bihuan.E020"]
    (home / "seed.key").write_text(Fernet.generate_key().decode())
    (home / "seed.key").chmod(0o600)
    assert [found.id for found in seed_key_kept(None, databases=["default"])] == ["bihuan.E020"]
