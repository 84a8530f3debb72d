"""What of a person is looked for in texts, and taken out of them: name, telephone numbers however they are written, mail addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from bihuan.customers.models import digits

GONE = "【已删除】"
SHORTEST_NAME = 2  # one character alone is no name in a text
_BETWEEN = r"[\s\-–—－.·()（）]*"  # what people write between the digits of a number


class Marks:
    """``names`` are taken out only where the text belongs to the person's own matters: others may bear them too."""

    def __init__(self, names: Iterable[str], phones: Iterable[str], mails: Iterable[str]) -> None:
        self.names = frozenset(name.strip() for name in names if len(name.strip()) >= SHORTEST_NAME and name.strip() != GONE)
        self.phones = frozenset(filter(None, map(digits, phones)))
        self.mails = frozenset(mail.strip() for mail in mails if mail.strip())

    def __bool__(self) -> bool:
        return bool(self.names or self.phones or self.mails)

    @cached_property
    def without_names(self) -> Marks:
        """For texts that belong to others."""
        return Marks((), self.phones, self.mails)

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        ways = [rf"(?<!\d)(?:(?:\+|00)?86{_BETWEEN})?{_BETWEEN.join(phone)}(?!\d)" for phone in sorted(self.phones)]
        ways += [re.escape(word) for word in sorted(self.names | self.mails, key=len, reverse=True)]
        return re.compile("|".join(ways), re.IGNORECASE) if ways else None

    @property
    def needles(self) -> list[str]:
        """Short texts that a row must hold to be looked at: whoever asks the database asks for these."""
        found = set(self.names | self.mails)
        for phone in self.phones:
            found |= {phone, *(f"{phone[:3]}{mark}{phone[3:7]}{mark}{phone[7:]}" for mark in " -" if len(phone) == 11)}
        return sorted(found)

    def are_in(self, text: str) -> bool:
        return self._pattern is not None and self._pattern.search(text) is not None

    def out_of(self, value: Any) -> Any:
        """*value* (a text, or lists and objects of texts) with a mark in place of what tells of the person."""
        if isinstance(value, str):
            return self._pattern.sub(GONE, value) if self._pattern else value
        if isinstance(value, list):
            return [self.out_of(inner) for inner in value]
        if isinstance(value, dict):
            return {name: self.out_of(inner) for name, inner in value.items()}
        return value

    def are_anywhere_in(self, value: Any) -> bool:
        return value is not None and self.are_in(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
