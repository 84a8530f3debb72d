"""A session lasts two idle hours and twelve in all, and dies at once with its reasons (#12, #17, #20)."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from bihuan.kernel.access import sessions, tokens
from bihuan.kernel.access.actors import actor_for
from bihuan.kernel.access.models import Attempt, SignIn
from bihuan.kernel.access.proof import count_attempt

from .conftest import NEW_PASSWORD, appoint, journal

pytestmark = [pytest.mark.django_db, pytest.mark.urls("bihuan.kernel.access.tests.urls"), pytest.mark.both]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
WECHAT = "Mozilla/5.0 (Linux; Android 14; 22041211AC) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.48"


def ends(person, browser, clear):
    """Whether neither the session nor the token of *person* opens anything at its next use."""
    return browser.who() == "" and tokens.holder(clear) is None


@pytest.fixture
def clear(engineer):
    return tokens.issue(engineer, "呼叫中心")


def test_a_new_role_and_a_lost_one_count_at_the_next_request(browser, engineer, branches, clear):
    browser.sign_in(engineer)
    assert browser.who() == f"张伟|field_engineer|[{branches.east.pk}]"
    engineer.appointments.update(ends_at=timezone.now())
    appoint(engineer, "branch_lead", branches.north)
    assert browser.who() == f"张伟|branch_lead|[{branches.north.pk}]"
    assert tokens.holder(clear).branch_ids == {branches.north.pk}


def test_a_leaver_is_out_at_the_next_request(browser, engineer, clear):
    browser.sign_in(engineer)
    assert browser.who() and tokens.holder(clear)
    type(engineer).objects.filter(pk=engineer.pk).update(is_active=False)
    assert ends(engineer, browser, clear)


def test_ending_all_sessions_ends_them_and_the_tokens(browser, other_browser, engineer, clear):
    browser.sign_in(engineer)
    other_browser.sign_in(engineer)
    sessions.end_all(engineer)
    assert ends(engineer, browser, clear)
    assert ends(engineer, other_browser, clear)
    assert not Session.objects.exists()
    assert not SignIn.objects.exists()


def test_a_version_raised_by_hand_is_enough(browser, engineer, clear):
    browser.sign_in(engineer)
    type(engineer).objects.filter(pk=engineer.pk).update(session_key_version=1)
    assert ends(engineer, browser, clear)


def test_a_password_set_behind_the_pages_ends_the_session(browser, engineer):
    browser.sign_in(engineer)
    engineer.set_password(NEW_PASSWORD)
    engineer.save()
    assert browser.who() == ""


def test_two_idle_hours_end_a_session_and_use_prolongs_it(browser, engineer):
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        browser.sign_in(engineer)
        for minutes in (119, 238, 357):
            clock.move_to(now + timedelta(minutes=minutes))
            assert browser.who(), minutes
        clock.move_to(now + timedelta(minutes=357 + 120))
        assert browser.who() == ""
        assert not SignIn.objects.exists()


def test_twelve_hours_end_a_session_however_busy(browser, engineer):
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        browser.sign_in(engineer)
        for hours in range(1, 12):
            clock.move_to(now + timedelta(hours=hours))
            assert browser.who(), hours
        clock.move_to(now + timedelta(hours=11, minutes=59))
        assert browser.who()
        clock.move_to(now + timedelta(hours=12))
        assert browser.who() == ""


def test_use_is_noted_every_five_minutes_and_not_at_every_request(browser, engineer, django_assert_num_queries):
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        browser.sign_in(engineer)
        browser.who()
        clock.move_to(now + timedelta(minutes=4))
        with django_assert_num_queries(3):  # session, person, rights
            browser.who()
        assert SignIn.objects.get().seen_at == now
        clock.move_to(now + timedelta(minutes=6))
        browser.who()
        assert SignIn.objects.get().seen_at == now + timedelta(minutes=6)


def test_signing_out_ends_the_session_and_empties_the_browser(browser, engineer):
    browser.sign_in(engineer)
    key = browser.session.session_key
    answer = browser.post("/logout/", follow=False)
    assert answer["Location"] == "/login/"
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert browser.who() == ""
    assert not Session.objects.filter(pk=key).exists()
    assert [entry.action for entry in journal("signin", "signout")] == ["signin", "signout"]


def test_a_kept_cookie_does_not_open_after_signing_out(browser, other_browser, engineer):
    browser.sign_in(engineer)
    stolen = browser.cookies["sessionid"].value
    browser.post("/logout/")
    other_browser.cookies["sessionid"] = stolen
    assert other_browser.who() == ""


def test_a_link_signs_nobody_out(browser, engineer):
    browser.sign_in(engineer)
    answer = browser.get("/logout/", headers={"accept": "text/html"})
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "不能直接打开" in answer.content.decode()
    assert browser.who()


def test_signing_out_twice_is_no_error(browser):
    assert browser.post("/logout/")["Location"] == "/login/"


@pytest.mark.parametrize("agent, name", [(FIREFOX, "Firefox · Linux"), (WECHAT, "微信 · Android"), ("curl/8", ""), ("<script>", "")])
def test_a_device_is_named_in_our_words(browser, engineer, agent, name):
    browser.sign_in(engineer, headers={"user-agent": agent})
    assert SignIn.objects.get().device == name


def test_what_lapsed_is_tidied_up_and_what_lasts_is_not(browser, other_browser, engineer, manager):
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        browser.sign_in(engineer)
        count_attempt("signin:old")
        clock.move_to(now + timedelta(hours=11))
        other_browser.sign_in(manager)
        count_attempt("signin:new")
        clock.move_to(now + timedelta(hours=12, minutes=1))
        count_attempt("signin:new")
        sessions.tidy()
        assert [row.person for row in SignIn.objects.all()] == [manager]
        assert Session.objects.count() == 1
        assert list(Attempt.objects.values_list("pk", flat=True)) == ["signin:new"]
        assert other_browser.who()


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(browser, engineer):
    answer = browser.post("/change/", headers={"referer": "http://testserver/requests/BX-HD-2026-000417/?tab=1#call"})
    assert answer["Location"] == "/login/?next=%2Frequests%2FBX-HD-2026-000417%2F%3Ftab%3D1"


def test_a_form_from_somebody_elses_page_leads_nowhere_particular(browser, engineer):
    answer = browser.post("/change/", headers={"referer": "https://evil.example/requests/"})
    assert answer["Location"] == "/login/?next="


def test_a_fragment_asked_for_after_the_session_ended_leads_the_whole_page_to_the_door(browser):
    answer = browser.get("/whoami/", headers={"hx-request": "true", "hx-current-url": "http://testserver/work/?tab=late"})
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/login/?next=%2Fwork%2F%3Ftab%3Dlate"


def test_one_browser_takes_in_several_people_one_after_the_other(engineer, manager, desk):
    browser = Client()
    for person in (engineer, manager, desk):
        browser.force_login(person)
        assert SignIn.objects.get(person=person).session_key == browser.session.session_key


def test_the_menu_names_ones_roles_and_whose_deputy_one_is(engineer, manager, branches):
    now = timezone.now()
    appoint(engineer, "branch_lead", branches.east)
    manager.deputies.create(deputy=engineer, starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1), reason="出差")
    assert actor_for(engineer).role_names == "现场维修人员、分公司售后负责人、分公司经理（代 孙经理）"
    assert actor_for(manager).role_names == "分公司经理"
