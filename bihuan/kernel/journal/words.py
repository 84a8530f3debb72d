"""Texts that may tell of a person: committed to, and kept where they can be deleted (PIPL art. 47, #96).

A commitment is an HMAC under a salt of its own. While text and salt are there, anybody can check that nothing was changed;
when they are deleted nothing can be guessed from what is left, and what binds the commitment still verifies.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db import models
from django.utils.translation import gettext as _

from .canonical import canonical
from .models import Entry, Word

COMMITMENT = re.compile(r"word:[A-Za-z0-9_-]{43}")
FORGET = "forget"  # the action of the entry that tells which words and files are gone
NOTHING: tuple[Any, ...] = (None, "", [], {}, ())
_SOME = 500


def commit(record: models.Model, name: str, value: Any) -> Word:
    """*value* of the field *name* with a fresh salt, not saved. Its ``commitment`` is what may be bound for ever."""
    text, salt = canonical(value), secrets.token_hex(16)
    return Word(commitment=_commitment(salt, text), salt=salt, text=text, name=name, record_type=record._meta.label, record_id=record.pk)


def is_true(word: Word | Bare, value: Any = ...) -> bool:
    """Whether *word* is what its commitment was made of; with *value*: whether that is."""
    return word.commitment == _commitment(word.salt, word.text if value is ... else canonical(value))


def is_commitment(value: Any) -> bool:
    return isinstance(value, str) and COMMITMENT.fullmatch(value) is not None


def commitments_in(*bodies: str) -> set[str]:
    """Every commitment that these texts mention."""
    return {found for body in bodies for found in COMMITMENT.findall(body)}


def texts(*bodies: str) -> dict[str, Word]:
    """The words that are still there for the commitments in *bodies*. No statement when there are none, else one for 500."""
    return texts_of(commitments_in(*bodies))


def texts_of(commitments: Iterable[str]) -> dict[str, Word]:
    """The words that are still there for *commitments*, as ``texts``."""
    asked = sorted(commitments)
    pieces = (asked[start : start + _SOME] for start in range(0, len(asked), _SOME))
    return {word.commitment: word for piece in pieces for word in Word.objects.filter(pk__in=piece)}


class Bare(NamedTuple):
    """A word's row as it lies in the table, for reading very many of them."""

    commitment: str
    salt: str
    text: str
    name: str


def bare(commitments: Iterable[str]) -> dict[str, Bare]:
    """The rows that are still there for *commitments*. One statement for 500."""
    asked = sorted(commitments)
    pieces = (asked[start : start + _SOME] for start in range(0, len(asked), _SOME))
    return {row[0]: Bare(*row) for piece in pieces for row in Word.objects.filter(pk__in=piece).values_list(*Bare._fields)}


def revealed(data: Any, kept: dict[str, Word]) -> Any:
    """*data* with each commitment replaced by its words, or by a mark where they were deleted."""
    if isinstance(data, dict):
        return {name: revealed(value, kept) for name, value in data.items()}
    if isinstance(data, list):
        return [revealed(value, kept) for value in data]
    if not is_commitment(data):
        return data
    if data not in kept:
        return gone()
    try:
        return json.loads(kept[data].text)
    except ValueError:
        return kept[data].text  # changed behind our back; ``is_true`` says so


def gone() -> str:
    """What stands where a text was deleted."""
    return _("【已删除】")


def show(entries: Iterable[Entry]) -> None:
    """Have ``shown`` ready on all *entries*: one statement for all of them, none when they hold no such text."""
    entries = list(entries)
    kept = texts(*(entry.body for entry in entries))
    for entry in entries:
        entry.shown = revealed(entry.said, kept)


def forgotten(record_type: str, record_id: int | None, what: Iterable[str]) -> set[str]:
    """Those of *what* (commitments, hashes of files) that an entry says were deleted on request."""
    what = set(what)
    if not what:
        return set()
    told = Entry.objects.filter(record_type=record_type, record_id=record_id, action=FORGET).values_list("body", flat=True)
    return {one for body in told for one in _told(body) if one in what}


def _told(body: str) -> Iterator[str]:
    data = json.loads(body).get("data") or {}
    yield from data.get("words", [])
    yield from data.get("files", [])


def _commitment(salt: str, text: str) -> str:
    digest = hmac.digest(salt.encode(), text.encode("utf-8", "surrogatepass"), "sha256")
    return "word:" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
