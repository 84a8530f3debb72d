"""Guessing stops at the limit, also when it is tried in parallel; and a lock is no weapon (#15)."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.utils import timezone

from bihuan.kernel.access import proof, signin
from bihuan.kernel.access.models import Attempt
from bihuan.kernel.testing.overlap import together

from .conftest import PASSWORD, Browser, journal

pytestmark = [pytest.mark.urls("bihuan.kernel.access.tests.urls"), pytest.mark.both]


class CountingHasher(MD5PasswordHasher):
    """Notes every password that is really looked at."""

    looked_at: list[str] = []

    def verify(self, password, encoded):
        self.looked_at.append(password)
        return super().verify(password, encoded)


@pytest.fixture
def looked_at(settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    CountingHasher.looked_at = []
    return CountingHasher.looked_at


def test_of_fifty_guesses_in_parallel_ten_are_looked_at(committed, engineer, looked_at):
    engineer.set_password(PASSWORD)
    engineer.save()

    def guess(number):
        return [Browser().sign_in("zhang", f"guess {number} {turn}").status_code for turn in range(5)]

    def untried():
        Attempt.objects.all().delete()
        looked_at.clear()

    answers = together(10, lambda number, _untried: guess(number), fresh=untried).results
    assert len(looked_at) == proof.LIMIT
    assert sorted(code for answer in answers for code in answer) == [422] * proof.LIMIT + [429] * 40


@pytest.mark.django_db
def test_the_right_password_does_not_help_while_the_account_is_locked_and_does_after_a_quarter_of_an_hour(browser, engineer):
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        for _guess in range(proof.LIMIT):
            browser.sign_in(engineer, "wrong wrong wrong")
        answer = browser.sign_in(engineer)
        assert answer.status_code == 429
        assert "15 分钟后再试" in answer.content.decode()
        clock.move_to(now + timedelta(minutes=14, seconds=59))
        assert browser.sign_in(engineer).status_code == 429
        clock.move_to(now + timedelta(minutes=15))
        assert browser.sign_in(engineer).status_code == 302


@pytest.mark.django_db
def test_an_unknown_account_is_locked_just_the_same(browser, engineer):
    codes = [browser.sign_in("nobody", "wrong wrong wrong").status_code for _guess in range(proof.LIMIT + 2)]
    assert codes == [422] * proof.LIMIT + [429, 429]


@pytest.mark.django_db
def test_the_lock_is_told_once(browser, engineer):
    for _guess in range(proof.LIMIT + 5):
        browser.sign_in(engineer, "wrong wrong wrong")
    assert len(journal("signin.failed")) == proof.LIMIT
    assert len(journal("signin.locked")) == 1


@pytest.mark.django_db
def test_a_stranger_who_guesses_does_not_lock_the_owners_own_device(browser, other_browser, engineer):
    browser.sign_in(engineer)
    browser.post("/logout/")
    for _guess in range(proof.LIMIT + 1):
        other_browser.sign_in(engineer, "wrong wrong wrong")
    assert other_browser.sign_in(engineer).status_code == 429
    assert browser.sign_in(engineer).status_code == 302


@pytest.mark.django_db
def test_a_known_device_has_a_limit_too_and_is_known_for_its_account_only(browser, engineer, manager):
    browser.sign_in(engineer)
    browser.post("/logout/")
    for _guess in range(proof.LIMIT):
        browser.sign_in(engineer, "wrong wrong wrong")
    assert browser.sign_in(engineer).status_code == 429
    for _guess in range(proof.LIMIT):
        Browser().sign_in(manager, "wrong wrong wrong")
    assert browser.sign_in(manager).status_code == 429


@pytest.mark.django_db
def test_a_forged_mark_makes_no_device_known(browser, engineer):
    codes = []
    for guess in range(proof.LIMIT + 1):
        browser.cookies["device"] = f"{signin.account_of('zhang')}:{guess}"
        codes.append(browser.sign_in(engineer, "wrong wrong wrong").status_code)
    assert codes[-1] == 429


@pytest.mark.django_db
def test_one_address_may_miss_a_hundred_times_whatever_the_accounts(engineer, settings):
    codes = [Browser(REMOTE_ADDR="203.0.113.7").sign_in(f"user{guess}", "wrong wrong wrong").status_code for guess in range(101)]
    assert codes == [422] * 100 + [429]
    assert Browser(REMOTE_ADDR="203.0.113.8").sign_in(engineer).status_code == 302


@pytest.mark.django_db
def test_a_company_behind_one_address_may_come_to_work(engineer):
    for _morning in range(signin.NETWORK_LIMIT + 1):
        assert Browser(REMOTE_ADDR="203.0.113.7").sign_in(engineer).status_code == 302


@pytest.mark.django_db
def test_one_right_password_does_not_wipe_out_an_address_misses(engineer):
    thief = Browser(REMOTE_ADDR="203.0.113.7")
    for guess in range(signin.NETWORK_LIMIT - 1):
        thief.sign_in(f"user{guess}", "wrong wrong wrong")
    Browser(REMOTE_ADDR="203.0.113.7").sign_in(engineer)
    assert thief.sign_in("user-a", "wrong wrong wrong").status_code == 422
    assert thief.sign_in("user-b", "wrong wrong wrong").status_code == 429
