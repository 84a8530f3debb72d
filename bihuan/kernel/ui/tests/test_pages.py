"""Whole pages: the frame every page has, the gallery, the errors as sentences."""

import json
import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import Http404
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from bihuan.kernel.access.actors import Actor, Grant
from bihuan.kernel.ui import notices, views
from bihuan.kernel.ui.context import Page, page, texts


@pytest.fixture
def request_of():
    """A function: a request by someone holding the roles given (None: nobody signed in)."""

    def build(path="/gallery/", roles=("branch_lead",), name="李主管"):
        request = RequestFactory().get(path)
        person = get_user_model()(username="li", name=name)
        request.actor = None if roles is None else Actor(name, 5, tuple(Grant(role, 1, False) for role in roles), person=person)
        request.user = AnonymousUser() if roles is None else person
        request._messages = CookieStorage(request)
        return request

    return build


@pytest.fixture(autouse=True)
def quiet_inbox(monkeypatch):
    monkeypatch.setattr("bihuan.kernel.ui.context._unread", lambda actor: 3)  # the number of messages is the inbox's affair


def test_the_gallery_shows_every_part_to_someone_signed_in(request_of):
    shown = views.gallery(request_of()).content.decode()
    assert "图库" in shown
    assert "李主管" in shown
    assert "<script>alert" not in shown


def test_the_gallery_is_closed_to_others_outside_development(request_of, settings):
    settings.DEBUG = False
    assert views.gallery(request_of(roles=None)).status_code == 302
    settings.DEBUG = True
    assert views.gallery(request_of(roles=None)).status_code == 200


@pytest.mark.parametrize("name", views.SCREENS)
def test_each_example_screen_can_be_shown(request_of, name):
    assert views.example(request_of(), name=name).status_code == 200


def test_an_unknown_example_is_not_found(request_of):
    with pytest.raises(Http404):
        views.example(request_of(), name="nothing")


def test_a_page_says_its_language_its_time_and_how_htmx_behaves(request_of):
    shown = views.gallery(request_of()).content.decode()
    assert '<html lang="zh-Hans">' in shown
    assert re.search(r'<meta name="server-time" content="20\d\d-[^"]+\+00:00">', shown)
    config = json.loads(re.search(r"<meta name=\"htmx-config\" content='([^']+)'", shown)[1])
    assert config == {"includeIndicatorStyles": False, "allowEval": False, "selfRequestsOnly": True, "historyCacheSize": 0}
    assert re.search(r"<body [^>]*hx-headers='\{\"X-CSRFToken\": \"\w{20,}\"\}'", shown)


def test_a_page_can_be_skipped_to_its_content(request_of):
    shown = views.gallery(request_of()).content.decode()
    assert shown.index('href="#content"') < shown.index('<header class="topbar"') < shown.index('<main id="content"')


def test_unread_messages_are_counted_for_eye_and_ear(request_of):
    shown = views.gallery(request_of()).content.decode()
    assert 'aria-label="消息，3 条未读"' in shown
    assert '<span class="count" aria-hidden="true">3</span>' in shown


def test_what_an_act_has_to_say_is_shown_with_icon_and_tone(request_of):
    request = request_of()
    notices.done(request, "已登记 BX-HD-2026-000417", draft="call")
    notices.warn(request, "备件不足")
    notices.refused(request, "<b>没有</b>提交")
    shown = views.gallery(request).content.decode()
    assert '<div class="notice" data-tone="green" data-tags="draft:call">' in shown
    assert 'data-tone="amber"' in shown
    assert "&lt;b&gt;没有&lt;/b&gt;提交" in shown


def test_drafts_are_sealed_with_a_key_of_one_person(request_of):
    mine, same, others = Page(request_of()), Page(request_of()), Page(request_of())
    others.actor = Actor("王", 6, person=get_user_model()(username="wang"))
    assert mine.draft_key == same.draft_key
    assert mine.draft_key != others.draft_key
    assert len(mine.draft_key) == 44, "32 bytes, for AES-256"


def test_a_new_password_changes_the_key_of_drafts(request_of):
    here = Page(request_of())
    before = here.draft_key
    here.actor.person.password = "something-else"
    assert here.draft_key != before


def test_nobody_has_no_key_and_no_links(request_of):
    here = page(request_of(roles=None))["ui"]
    assert (here.draft_key, here.person_key, here.nav["all"], here.phone_nav) == ("", "", [], [])


def test_a_page_costs_nothing_before_it_is_shown(request_of, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        page(request_of())


def test_the_browser_gets_its_sentences_in_the_language_of_the_page(request_of):
    with translation.override("zh-hans"):
        assert texts()["left"] == "剩 {span}"
    with translation.override("en"):
        assert not re.search("[一-鿿]", "".join(texts().values()))
        assert Page(request_of()).lang == "en"


ERRORS = ["400", "403", "403_csrf", "404", "409", "413", "429", "500", "503"]


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_is_a_sentence_with_a_remedy_even_without_a_request(code):
    shown = render_to_string(f"{code}.html")
    heading = re.search(r"<h1>(.+?)</h1>", shown, re.S)[1].strip()
    assert heading
    assert "请" in shown.split("</h1>")[1]
    assert "data-error" in shown


def test_an_error_may_bring_a_sentence_of_its_own():
    assert "<h1>已有人改过。请重新打开。</h1>" in re.sub(
        r"\s+<", "<", render_to_string("409.html", {"sentence": "已有人改过。请重新打开。"})
    )
