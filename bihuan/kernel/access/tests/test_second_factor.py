"""Headquarters and managers show a second factor; a code counts once; spares for a lost phone (#23)."""

import html
import re
import time
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.utils import timezone

from bihuan.kernel.access import credentials, proof, recovery, totp
from bihuan.kernel.access.actors import actor_for
from bihuan.kernel.access.refusals import Conflict
from bihuan.kernel.access.seeds import unseal
from bihuan.kernel.testing.overlap import together

from .conftest import PASSWORD, appoint, code_now, journal

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("bihuan.kernel.access.tests.urls"),
    pytest.mark.usefixtures("with_second_factor"),
    pytest.mark.both,
]


def secret_on(page):
    return re.search(r'data-copy="([A-Z2-7]{32})"', page.content.decode()).group(1)


def codes_on(page):
    return re.findall(r"<li>(\d{4} \d{4} \d{4})</li>", page.content.decode())


def test_an_engineer_of_a_branch_needs_none(browser, engineer):
    assert browser.sign_in(engineer)["Location"] == "/"
    assert browser.who()


@pytest.mark.parametrize("role", ["manager", "desk"])
def test_managers_and_headquarters_set_one_up_at_the_first_sign_in(browser, request, role):
    person = request.getfixturevalue(role)
    answer = browser.post("/login/?next=/whoami/", {"username": person.username, "password": PASSWORD})
    assert answer["Location"] == "/login/authenticator/"
    secret = secret_on(browser.get("/login/authenticator/"))
    person.refresh_from_db()
    assert person.totp_secret == "", "nothing is set before a code was shown"
    answer = browser.post("/login/authenticator/", {"code": code_now(secret)})
    assert len(codes_on(answer)) == 10
    assert 'href="/whoami/"' in answer.content.decode()
    person.refresh_from_db()
    assert unseal(person.totp_secret) == secret
    assert browser.who()


def test_without_the_setting_nobody_needs_one(browser, manager, settings):
    settings.SECOND_FACTOR = False
    assert browser.sign_in(manager)["Location"] == "/"


def test_whoever_has_one_shows_it_whatever_the_setting_and_the_role(browser, engineer, authenticator, settings):
    settings.SECOND_FACTOR = False
    authenticator(engineer)
    assert browser.sign_in(engineer)["Location"] == "/login/code/"


def test_a_managers_deputy_needs_one_too(browser, engineer, manager):
    now = timezone.now()
    manager.deputies.create(deputy=engineer, starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1), reason="出差")
    assert browser.sign_in(engineer)["Location"] == "/login/authenticator/"


@pytest.mark.parametrize("path", ["/", "/whoami/", "/account/", "/account/password/", "/account/tokens/new/", "/account/second-factor/"])
def test_between_password_and_code_no_page_opens(browser, manager, authenticator, path):
    authenticator(manager)
    browser.sign_in(manager)
    assert browser.get(path)["Location"] == f"/login/?next={path}"


def test_between_password_and_code_nobody_can_set_up_another_authenticator(browser, manager, authenticator):
    secret = authenticator(manager)
    browser.sign_in(manager)
    assert browser.get("/login/authenticator/")["Location"] == "/login/"
    browser.post("/login/authenticator/", {"code": code_now(totp.new_secret())})
    manager.refresh_from_db()
    assert unseal(manager.totp_secret) == secret


def test_the_right_code_opens_and_leads_where_one_was_going(browser, manager, authenticator):
    secret = authenticator(manager)
    browser.post("/login/?next=/whoami/", {"username": "sun", "password": PASSWORD})
    assert browser.give_code(code_now(secret))["Location"] == "/whoami/"
    assert browser.who().startswith("孙经理")
    assert browser.session["access_second"] is True


@pytest.mark.parametrize("off, opens", [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_phone_may_be_one_step_off(browser, manager, authenticator, off, opens):
    with time_machine.travel(timezone.now(), tick=False):
        secret = authenticator(manager)
        browser.sign_in(manager)
        browser.give_code(code_now(secret, off))
        assert bool(browser.who()) is opens


@pytest.mark.parametrize("off, opens", [(-1, False), (0, True), (1, False)])
def test_where_it_is_so_set_a_code_lives_thirty_seconds(browser, manager, authenticator, settings, off, opens):
    settings.TOTP_DRIFT = 0
    with time_machine.travel(timezone.now(), tick=False):
        secret = authenticator(manager)
        browser.sign_in(manager)
        browser.give_code(code_now(secret, off))
        assert bool(browser.who()) is opens


@pytest.mark.parametrize("typed", ["", "abcdef", "１２３４５６", "12345", "1234567", "000000 "])
def test_anything_else_is_refused_with_a_sentence(browser, manager, authenticator, typed):
    authenticator(manager)
    browser.sign_in(manager)
    answer = browser.give_code(typed)
    assert answer.status_code == 422
    assert "验证码" in answer.content.decode()
    assert not browser.who()


def test_a_code_opens_once(browser, other_browser, manager, authenticator):
    with time_machine.travel(timezone.now(), tick=False):
        code = code_now(authenticator(manager))
        for each in (browser, other_browser):
            each.sign_in(manager)
            each.give_code(code)
        assert browser.who()
        assert not other_browser.who()


def test_an_earlier_code_does_not_open_after_a_later_one(browser, other_browser, manager, authenticator):
    with time_machine.travel(timezone.now(), tick=False):
        secret = authenticator(manager)
        browser.sign_in(manager)
        browser.give_code(code_now(secret, 1))
        other_browser.sign_in(manager)
        assert other_browser.give_code(code_now(secret, 0)).status_code == 422


def test_the_code_that_set_it_up_is_used_up(browser, other_browser, manager):
    with time_machine.travel(timezone.now(), tick=False):
        browser.sign_in(manager)
        secret = secret_on(browser.get("/login/authenticator/"))
        browser.post("/login/authenticator/", {"code": code_now(secret)})
        other_browser.sign_in(manager)
        assert other_browser.give_code(code_now(secret)).status_code == 422


def test_of_eight_who_show_one_code_at_the_same_moment_one_comes_in(committed, manager, authenticator):
    code = code_now(authenticator(manager))
    unused = type(manager).objects.filter(pk=manager.pk)
    answers = together(8, lambda _number, _round: totp.use_code(manager, code), fresh=lambda: unused.update(totp_last_step=0)).results
    assert sorted(answers) == [False] * 7 + [True]


def test_codes_can_be_guessed_ten_times_and_then_not_even_the_right_one_helps(browser, manager, authenticator):
    secret = authenticator(manager)
    browser.sign_in(manager)
    wrong = next(code for code in ("000000", "111111", "222222", "333333") if totp.step_of(secret, code) is None)
    codes = [browser.give_code(wrong).status_code for _guess in range(proof.LIMIT)]
    assert codes == [422] * proof.LIMIT
    assert browser.give_code(code_now(secret)).status_code == 429
    assert not browser.who()


def test_the_password_counts_for_ten_minutes(browser, manager, authenticator):
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        secret = authenticator(manager)
        browser.sign_in(manager)
        clock.move_to(now + timedelta(minutes=10))
        answer = browser.post("/login/code/", {"code": code_now(secret)}, follow=True)
        assert "等得太久" in answer.content.decode()
        assert not browser.who()


@pytest.mark.parametrize("change", [{"is_active": False}, {"session_key_version": 7}, {"password": "!"}])
def test_the_password_does_not_count_any_more_when_something_changed_meanwhile(browser, manager, authenticator, change):
    secret = authenticator(manager)
    browser.sign_in(manager)
    type(manager).objects.filter(pk=manager.pk).update(**change)
    browser.give_code(code_now(secret))
    assert not browser.who()


def test_someone_who_becomes_a_manager_signs_in_anew_with_a_second_factor(browser, engineer, branches):
    browser.sign_in(engineer)
    assert browser.who()
    appoint(engineer, "branch_manager", branches.east)
    assert not browser.who()
    assert browser.sign_in(engineer)["Location"] == "/login/authenticator/"


def test_a_spare_opens_once_and_the_journal_says_so(browser, other_browser, manager, authenticator):
    authenticator(manager)
    spare = credentials.renew_codes(manager)[3]
    browser.sign_in(manager)
    browser.give_code(spare.replace(" ", "-"))
    other_browser.sign_in(manager)
    assert other_browser.give_code(spare).status_code == 422
    assert browser.who()
    assert recovery.left(manager) == 9
    assert len(journal("recovery-code.use")) == 1


def test_spares_are_kept_as_hashes_only(manager):
    clear = [code.replace(" ", "") for code in credentials.renew_codes(manager)]
    kept = " ".join(manager.recovery_codes.values_list("digest", flat=True))
    assert not [code for code in clear if code in kept]
    assert len(set(clear)) == 10


class SlowHasher(MD5PasswordHasher):
    """Takes as long as a real one, so that all have looked before the first one is done."""

    def verify(self, password, encoded):
        time.sleep(0.05)
        return super().verify(password, encoded)


def test_of_eight_who_use_one_spare_at_the_same_moment_one_comes_in(committed, manager, settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.SlowHasher"]
    answers = together(8, lambda _number, spares: recovery.use(manager, spares[0]), fresh=lambda: credentials.renew_codes(manager)).results
    assert sorted(answers) == [False] * 7 + [True]


def test_new_spares_end_the_old_ones_and_another_persons_do_not_open(manager, desk):
    old = credentials.renew_codes(manager)[0]
    new = credentials.renew_codes(manager)[0]
    assert not recovery.use(manager, old)
    assert not recovery.use(desk, new)
    assert recovery.use(manager, new)


def test_of_two_pages_that_set_up_an_authenticator_the_first_counts(manager):
    first, second = totp.new_secret(), totp.new_secret()
    late = type(manager).objects.get(pk=manager.pk)
    credentials.set_second_factor(manager, first, code_now(first))
    with pytest.raises(Conflict, match="重新登录"):
        credentials.set_second_factor(late, second, code_now(second))
    late.refresh_from_db()
    assert unseal(late.totp_secret) == first


def test_the_administrator_helps_who_lost_everything(browser, manager, desk, authenticator):
    secret = authenticator(manager)
    browser.sign_in(manager)
    browser.give_code(code_now(secret))
    credentials.remove_second_factor(manager, by=actor_for(desk))
    assert not browser.who()
    assert browser.sign_in(manager)["Location"] == "/login/authenticator/"
    (entry,) = journal("second-factor.remove")
    assert (entry.actor_id, entry.record_number) == (desk.pk, "sun")


def test_the_qr_code_is_a_picture_of_what_the_authenticator_reads(browser, manager):
    browser.sign_in(manager)
    page = browser.get("/login/authenticator/").content.decode()
    link = html.unescape(re.search(r'href="(otpauth://[^"]+)"', page).group(1))
    assert link.startswith("otpauth://totp/Bihuan:sun?")
    assert "issuer=Bihuan" in link
    assert totp.picture(link) in html.unescape(page)


def test_the_secret_stays_the_same_while_one_corrects_a_wrong_code(browser, manager):
    browser.sign_in(manager)
    first = browser.get("/login/authenticator/")
    again = browser.post("/login/authenticator/", {"code": "abc"})
    assert again.status_code == 422
    assert secret_on(first) == secret_on(again)
