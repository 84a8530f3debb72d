"""What every page knows: who is here, where they can go, the server's time. Nothing is asked of the database until a template uses it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from . import nav
from .moments import clock_words
from .nav import Link

FIRST = 6  # items of the top bar before "more"


class Page:
    """The ``ui`` of the templates."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.actor = getattr(request, "actor", None)
        self.language = translation.get_language() or settings.LANGUAGE_CODE
        self.languages = settings.LANGUAGES
        self.company = settings.COMPANY

    @property
    def lang(self) -> str:
        """The language as HTML names it (zh-Hans, en)."""
        return translation.to_locale(self.language).replace("_", "-")

    @property
    def server_time(self) -> str:
        return timezone.now().isoformat()

    @cached_property
    def unread(self) -> int:
        """How many messages wait; one statement, and only on pages that show it."""
        return _unread(self.actor)

    @cached_property
    def nav(self) -> dict[str, list[Link]]:
        links = self._links(nav.OFFICE)
        cut = FIRST if len(links) > FIRST + 1 else len(links)
        return {"all": links, "first": links[:cut], "more": links[cut:]}

    @cached_property
    def phone_nav(self) -> list[Link]:
        return self._links(nav.PHONE)

    @cached_property
    def person_nav(self) -> list[Link]:
        return self._links(nav.PERSON)

    def _links(self, place: str) -> list[Link]:
        return nav.links_for(self.actor.roles, place, self._request.path) if self.actor else []

    @property
    def role_names(self) -> str:
        """The roles one acts in, as the access layer words them; empty where it has no words."""
        return str(getattr(self.actor, "role_names", ""))

    @property
    def person_key(self) -> str:
        """Tells drafts of different people on one machine apart; empty when nobody is signed in."""
        return str(self.actor.person_id) if self.actor and self.actor.person_id else ""

    @property
    def draft_key(self) -> str:
        """The key drafts are sealed with in the browser: only the same person's pages carry it, and a new password changes it."""
        if not self.person_key or self.actor is None:
            return ""
        secret = f"{self.person_key}:{self.actor.person.get_session_auth_hash()}"
        return base64.b64encode(salted_hmac("bihuan.ui.drafts", secret, algorithm="sha256").digest()).decode()

    @property
    def texts(self) -> str:
        return json.dumps(texts(), ensure_ascii=False, separators=(",", ":"))


def texts() -> dict[str, str]:
    """The sentences of the browser's modules."""
    return clock_words() | {
        "restored": _("已恢复未提交的内容（{moment}）"),
        "discard": _("丢弃"),
        "dismiss": _("关闭"),
        "copied": _("已复制"),
        "sending": _("正在提交…"),
        "shrinking": _("正在处理照片 {n} / {total}"),
        "photos": _("共 {n} 张，{size} MB"),
        "passkey": _("用通行密钥确认"),
        "passkeyFailed": _("通行密钥没有完成。请再试一次，或用密码。"),
        "remove": _("移除这张照片"),
        "notImage": _("{name} 不是照片，没有加入。请选 JPG 或 PNG。"),
        "uploading": _("已上传 {n}%"),
        "failed": _("没有送达，请检查网络后再试；填写的内容还在。"),
        "refused": _("服务器没有接受（{status}），填写的内容还在。请刷新后再试。"),
    }


def _unread(actor: Any) -> int:
    """How many messages wait for *actor*; none while there is no inbox."""
    count: Callable[[Any], int] | None = getattr(import_module("bihuan.kernel.notify"), "unread_count", None)
    return count(actor) if count and actor else 0


def page(request: HttpRequest) -> dict[str, Any]:
    """The context processor: ``ui`` and ``actor`` for every template."""
    here = Page(request)
    return {"ui": here, "actor": here.actor}
