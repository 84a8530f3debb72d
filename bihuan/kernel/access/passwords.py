"""Passwords that everybody would try here first (ASVS 6.2.11)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

OWN_WORDS = (
    "bihuan",
    "闭环",
    "shouhou",
    "售后",
    "fuwu",
    "service",
    "aftersales",
    "password",
    "mima",
    "密码",
    "admin",
    "guanliyuan",
    "管理员",
)
REST = 6  # characters that must be left when the words are taken away


class OwnWordsValidator:
    """Refuses what is little more than the product's, the company's or the trade's own words with digits around them."""

    def validate(self, password: str, user: Any = None) -> None:
        left = password.casefold()
        for word in filter(None, (*OWN_WORDS, settings.COMPANY.casefold())):
            left = left.replace(word, "")
        letters = "".join(sign for sign in left if not sign.isdigit() and sign.isalnum())
        if left != password.casefold() and len(set(letters)) < REST:
            raise ValidationError(_("密码只是系统名或行业词加几个数字，别人最先会试。请换一句只有您想得到的话。"), code="own_words")

    def get_help_text(self) -> str:
        return _("不能只用系统名、公司名或“密码”一类的词加几个数字。")
