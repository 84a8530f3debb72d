"""A phone of 390 × 844 with the engineer signed in, and what a thumb does with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, sync_playwright

from bihuan.kernel.access import sessions


@contextmanager
def phone_of(person: Any, server: Any, chromium: str) -> Iterator[BrowserContext]:
    """A browser on a phone, signed in as *person*; anything it complains of fails the test."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(
            base_url=server.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="zh-CN", timezone_id="Asia/Shanghai"
        )  # fmt: skip
        context.add_cookies([{"name": "sessionid", "value": _session(person), "url": server.url}])
        context.set_default_timeout(10_000)
        yield context
        browser.close()


def _session(person: Any) -> str:
    session, now = SessionStore(), int(timezone.now().timestamp())
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(person.pk), person.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[sessions.STARTED] = session[sessions.SEEN] = now
    session.save()
    return session.session_key


def new_page(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and the list of what goes wrong in it (errors of scripts, refused resources of the content policy)."""
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda problem: wrong.append(str(problem)))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    return page, wrong


def kind(page: Page, *kinds: str) -> None:
    """Wait until the banner speaks of one of *kinds*."""
    page.wait_for_function("kinds => kinds.includes(document.querySelector('[data-outbox]').dataset.kind)", arg=list(kinds))


def draw(page: Page) -> None:
    """A signature in two strokes."""
    page.locator("[data-signature]").evaluate("pad => pad.scrollIntoView()")
    box = page.locator("[data-signature] canvas").bounding_box()
    assert box is not None
    for start, end in (((0.2, 0.3), (0.6, 0.7)), ((0.6, 0.3), (0.3, 0.8))):
        page.mouse.move(box["x"] + box["width"] * start[0], box["y"] + box["height"] * start[1])
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * end[0], box["y"] + box["height"] * end[1], steps=8)
        page.mouse.up()
