"""What an address asks of a list, read strictly: a name or value that no page writes is refused with a sentence (#26)."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from ..access.refusals import Refusal

LONGEST = {"q": 200, "after": 2000}
LONGEST_OTHER = 100
MOST_VALUES = 50


class BadParameter(Refusal):
    """The address of a list asks for something that does not exist."""

    status = 400
    code = "bad-parameter"

    def __init__(self, name: str, sentence: object = "", **more: Any) -> None:
        name = name if is_plain(name) and len(name) <= 40 else "?"
        usual = _("网址里的条件“%(name)s”无法识别，请回到列表页重新选择。") % {"name": name}
        super().__init__(sentence or usual, field=name, **more)


def is_plain(text: str, *, breaks: bool = False) -> bool:
    """Whether *text* has no control characters and no halves of characters, which no database takes."""
    return all((breaks and char in "\t\r\n") or unicodedata.category(char) not in {"Cc", "Cs"} for char in text)


def read(sent: QueryDict, *, single: Collection[str], several: Collection[str] = ()) -> dict[str, list[str]]:
    """The filled-in parameters. Raises BadParameter for unknown, repeated, overlong or unprintable ones."""
    asked: dict[str, list[str]] = {}
    for name, values in sent.lists():
        if name not in single and name not in several:
            raise BadParameter(name)
        filled = list(dict.fromkeys(value.strip() for value in values if value.strip()))
        longest = LONGEST.get(name, LONGEST_OTHER)
        if len(filled) > (MOST_VALUES if name in several else 1) or not all(len(v) <= longest and is_plain(v) for v in filled):
            raise BadParameter(name)
        if filled:
            asked[name] = filled
    return asked
