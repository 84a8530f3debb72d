"""A forgotten password: one answer for all, a link from our own address, once, ten minutes, for this only (#16, #18, #19)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail, signing
from django.utils import timezone

from bihuan.kernel.access import devices, reset, tokens
from bihuan.kernel.access.models import ResetRequest
from bihuan.kernel.testing.overlap import together

from .conftest import NEW_PASSWORD, PASSWORD, Browser, journal

pytestmark = [pytest.mark.django_db, pytest.mark.urls("bihuan.kernel.access.tests.urls"), pytest.mark.both]


def ask(browser, name="zhang", **headers):
    return browser.post("/reset/", {"name": name}, headers=headers)


def link_in(message):
    return re.search(r"https?://\S+", message.body).group()


@pytest.fixture
def link(browser, engineer, settings):
    ask(browser)
    reset.send_resets()
    return link_in(mail.outbox[-1]).removeprefix(settings.ORIGIN)


def choose(browser, new=NEW_PASSWORD):
    return browser.post("/reset/new/", {"new": new, "again": new})


def test_the_link_leads_to_a_new_password(browser, link, engineer):
    answer = browser.get(link)
    assert answer["Location"] == "/reset/new/"
    assert "zhang" in browser.get("/reset/new/").content.decode()
    assert choose(browser)["Location"] == "/login/"
    assert browser.sign_in(engineer).status_code == 422
    assert browser.sign_in(engineer, NEW_PASSWORD).status_code == 302
    assert [entry.action for entry in journal("password.reset-mail", "password.reset")] == ["password.reset-mail", "password.reset"]


def test_every_name_gets_the_same_answer(browser, engineer):
    answers = [ask(browser, name) for name in ("zhang", "zhang@example.com", "nobody", "nobody@example.com", "张伟")]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, "/reset/sent/")}
    assert "如果有这个账号" in browser.get("/reset/sent/").content.decode()


def test_mail_goes_to_active_people_with_an_address_and_to_nobody_else(browser, engineer, manager, desk):
    type(manager).objects.filter(pk=manager.pk).update(is_active=False)
    type(desk).objects.filter(pk=desk.pk).update(email="")
    for name in ("sun", "zhou", "nobody", "", "sun@example.com"):
        ask(browser, name)
    reset.send_resets()
    assert mail.outbox == []
    assert not ResetRequest.objects.exists()


def test_mail_goes_to_the_address_on_file_and_not_to_a_look_alike(browser, engineer):
    for name in ("ZHANG@EXAMPLE.COM", "zhang@example.com\x00", "zhang@examp\u0131e.com", "zhang@example.com,evil@evil.example"):
        ask(browser, name)
    reset.send_resets()
    assert [message.to for message in mail.outbox] == [["zhang@example.com"]]


@pytest.mark.parametrize("header", ["host", "x-forwarded-host", "x-forwarded-server", "forwarded"])
def test_the_link_begins_with_our_origin_whatever_a_request_says(engineer, settings, header):
    settings.ORIGIN, settings.ALLOWED_HOSTS = "https://service.example.com", ["*"]
    ask(Browser(), **{header: "evil.example"})
    reset.send_resets()
    (message,) = mail.outbox
    assert link_in(message).startswith("https://service.example.com/reset/")
    assert "evil.example" not in message.body


def test_a_link_is_good_once(browser, other_browser, link):
    browser.get(link)
    other_browser.get(link)
    choose(browser)
    answer = choose(other_browser, "something else entirely")
    assert answer.status_code == 410
    assert "重新申请" in answer.content.decode()


def test_of_two_who_use_one_link_at_the_same_moment_one_wins(committed, engineer):
    def claim():
        engineer.refresh_from_db()
        return reset.open_token(reset.token_for(engineer))

    answers = together(2, lambda number, claimed: reset.fulfil(claimed, f"{NEW_PASSWORD} {number}"), fresh=claim).results
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "NoneType"]


def test_a_link_is_good_for_ten_minutes(browser, engineer):
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        token = reset.token_for(engineer)
        clock.move_to(now + timedelta(minutes=9, seconds=59))
        browser.get(f"/reset/{token}/")
        assert browser.get("/reset/new/").status_code == 200
        clock.move_to(now + timedelta(minutes=10))
        assert choose(browser).status_code == 410
        assert browser.sign_in(engineer).status_code == 302


@pytest.mark.parametrize("change", [{"email": "other@example.com"}, {"session_key_version": 5}, {"is_active": False}, {"password": "!x"}])
def test_a_link_dies_with_what_it_was_made_for(browser, link, engineer, change):
    browser.get(link)
    type(engineer).objects.filter(pk=engineer.pk).update(**change)
    assert browser.get("/reset/new/").status_code == 410


def test_a_link_dies_when_its_person_signs_in(browser, other_browser, link, engineer):
    other_browser.sign_in(engineer)
    browser.get(link)
    assert browser.get("/reset/new/").status_code == 410


def test_only_a_token_of_this_purpose_opens(browser, engineer):
    state = signing.dumps({"person": engineer.pk, "state": reset._state(engineer), "until": 2e10}, salt=devices.SALT)
    for token in (state, tokens.issue(engineer, "ERP"), "x", reset.token_for(engineer)[:-1] + "!"):
        assert browser.get(f"/reset/{token}/")["Location"] == "/reset/new/"
        assert browser.get("/reset/new/").status_code == 410


def test_nothing_stored_is_the_token(browser, link, engineer):
    token = link.split("/")[2]
    browser.get(link)
    stored = [repr(row) for row in browser.session.items()]
    stored += [entry.body for entry in journal("password.reset-mail")]
    stored += [repr(row) for row in ResetRequest.objects.values()]
    assert not [text for text in stored if token in text]


def test_the_token_leaves_the_address_and_no_referrer_carries_it_away(browser, link):
    answer = browser.get(link)
    assert answer.status_code == 302
    assert link.split("/")[2] not in answer["Location"]
    assert answer["Referrer-Policy"] == "same-origin"


def test_the_claim_goes_into_a_session_nobody_else_can_have_laid(browser, link):
    browser.get("/reset/")
    laid = browser.session
    laid["laid"] = True
    laid.save()
    browser.cookies["sessionid"] = laid.session_key
    browser.get(link)
    assert browser.session.session_key != laid.session_key


def test_a_reset_ends_every_session_and_every_token_and_signs_nobody_in(browser, other_browser, engineer, settings):
    clear = tokens.issue(engineer, "ERP")
    other_browser.sign_in(engineer)
    engineer.refresh_from_db()
    browser.get(f"/reset/{reset.token_for(engineer)}/")
    choose(browser)
    assert browser.who() == other_browser.who() == ""
    assert tokens.holder(clear) is None


def test_a_reset_does_not_spare_the_second_factor(browser, engineer, authenticator):
    authenticator(engineer)
    browser.get(f"/reset/{reset.token_for(engineer)}/")
    choose(browser)
    assert browser.sign_in(engineer, NEW_PASSWORD)["Location"] == "/login/code/"


def test_a_weak_new_password_is_refused_and_the_link_still_good(browser, link):
    browser.get(link)
    answer = choose(browser, "1234567890")
    assert answer.status_code == 422
    assert choose(browser).status_code == 302


def test_one_account_gets_three_mails_in_a_quarter_of_an_hour_and_the_answer_stays_the_same(engineer):
    answers = [ask(Browser(REMOTE_ADDR=f"203.0.113.{turn}"))["Location"] for turn in range(5)]
    reset.send_resets()
    assert set(answers) == {"/reset/sent/"}
    assert len(mail.outbox) == 3


def test_one_network_may_ask_twenty_times(browser, engineer):
    codes = [ask(browser, f"user{turn}").status_code for turn in range(21)]
    assert codes == [302] * 20 + [429]


class DeadServer:
    """A mail server that is down for a while."""

    refusing = True

    def __init__(self, *_args, **_more):
        pass

    def send_messages(self, messages):
        if DeadServer.refusing:
            raise OSError("no route to host")
        mail.outbox.extend(messages)
        return len(messages)


def test_a_mail_server_that_is_down_is_tried_again_a_minute_later(browser, engineer, settings):
    settings.EMAIL_BACKEND, DeadServer.refusing = f"{__name__}.DeadServer", True
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        ask(browser)
        assert reset.send_resets() == 0
        DeadServer.refusing = False
        assert reset.send_resets() == 0, "not at once"
        clock.move_to(now + timedelta(minutes=1))
        assert reset.send_resets() == 1
        assert len(mail.outbox) == 1
        assert reset.send_resets() == 0


def test_after_three_tries_a_request_is_forgotten(browser, engineer, settings):
    settings.EMAIL_BACKEND, DeadServer.refusing = f"{__name__}.DeadServer", True
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        ask(browser)
        for minute in range(3):
            assert ResetRequest.objects.exists(), minute
            clock.move_to(now + timedelta(minutes=minute))
            reset.send_resets()
        assert not ResetRequest.objects.exists()


def test_a_request_that_waited_too_long_is_not_answered_any_more(browser, engineer):
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        ask(browser)
        clock.move_to(now + timedelta(minutes=10, seconds=1))
        assert reset.send_resets() == 0
        assert mail.outbox == []
        assert not ResetRequest.objects.exists()


def test_two_workers_send_one_mail(committed, engineer):
    def asked():
        mail.outbox.clear()
        return ResetRequest.objects.create(name="zhang", asked_at=timezone.now())

    together(2, lambda _number, _asked: reset.send_resets(), fresh=asked)
    assert len(mail.outbox) == 1


def test_the_mail_is_in_the_readers_language_and_names_no_password(browser, engineer):
    ask(browser)
    reset.send_resets()
    (message,) = mail.outbox
    assert message.subject == "重设闭环的密码"
    assert "张伟，您好" in message.body
    assert "10 分钟" in message.body
    assert PASSWORD not in message.body


def test_without_a_mail_server_the_page_says_whom_to_ask(browser, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    page = browser.get("/reset/").content.decode()
    assert "没有接通邮件" in page
    assert "请联系系统管理员" in page
