"""A write that may be sent again has one effect and one answer (#58, #59).

The key's row is inserted in the transaction of the effect. Of two that arrive together the database lets one insert
pass; the other waits, is turned away by UNIQUE, undoes what it had begun and gives the first one's answer. What was
refused has left nothing behind, its key included, so it may be sent again under the same key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import journal
from ..prepared import insert, update
from .models import Idempotency
from .refusals import Refusal

KEPT_FOR = timedelta(days=30)
LONGEST_KEY = 80


@dataclass(frozen=True)
class Answer:
    """What is said about an effect; ``repeated`` when it was said before."""

    status: int
    text: str
    repeated: bool = False


class KeyReused(Refusal):
    """The key belongs to another request of the same person; ``first_answer`` is what that one was told."""

    status = 422
    code = "idempotency-key-reused"

    def __init__(self, first_answer: str = "") -> None:
        self.first_answer = first_answer
        super().__init__(_("这个 Idempotency-Key 已用于另一个内容不同的请求，请换一个新的键再发送。"), field="Idempotency-Key")


class BadKey(Refusal):
    """The key is missing where one is needed, or is no key."""

    status = 400
    code = "idempotency-key-missing"


class _Taken(Exception):
    """Someone was faster with the same key."""


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same one. *body* must not hold secrets: the digest is kept."""
    return hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).hexdigest()


def key_of(header: str | None) -> str:
    """The key that a header carries, bare or as a quoted string (draft-07); empty without one. Raises BadKey."""
    if header is None:
        return ""
    key = header.strip().removeprefix('"').removesuffix('"')
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise BadKey(_("Idempotency-Key 须为 1 到 %(longest)s 个 ASCII 字符，请重新生成，例如用 UUID。") % {"longest": LONGEST_KEY})
    return key


def once(person_id: int, key: str, print_: str, act: Callable[[], Answer]) -> Answer:
    """What *act* answers, done at most once for this person and key; *act* runs in one unit of work with its key.

    Raises KeyReused when the key was used with another fingerprint, and whatever *act* refuses.
    """
    try:
        with journal.unit():
            row = _insert(person_id, key, print_)
            answer = act()
            row.status, row.answer = answer.status, answer.text
            update(row, ("status", "answer"))
            return answer
    except _Taken:
        return _first_answer(person_id, key, print_)


def _insert(person_id: int, key: str, print_: str) -> Idempotency:
    try:
        insert([row := Idempotency(person_id=person_id, key=key, fingerprint=print_, status=0, answer="")])
        return row
    except IntegrityError:
        raise _Taken from None


def _first_answer(person_id: int, key: str, print_: str) -> Answer:
    row: Any = Idempotency.objects.get(person_id=person_id, key=key)
    if row.fingerprint != print_:
        raise KeyReused(row.answer)
    return Answer(row.status, row.answer, repeated=True)


def forget_old_keys(kept_for: timedelta = KEPT_FOR) -> int:
    """Drop keys that no honest sender will repeat any more; how many. For the worker, once a day."""
    count, _by_type = Idempotency.objects.filter(created_at__lt=timezone.now() - kept_for).delete()
    return count
