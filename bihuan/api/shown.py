"""How values leave: masked where the person has no sight of telephone numbers, and never more than the declaration says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bihuan.kernel.access.actors import Actor
from bihuan.organisation.roles import ROLES

from .declare import Field

# A mobile number, with or without country code and gaps, and not part of a longer number.
_MOBILE = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[ -]?)?[1１][3-9３-９](?:[ -]?\d){9}(?![0-9A-Za-z])")


def sees_phones(actor: Actor) -> bool:
    """Whether the person works with customers: whoever holds only reading roles (an auditor) sees masked numbers (#10)."""
    return actor.is_system or any(not ROLES[role].reads_only for role in actor.roles if role in ROLES)


def masked_phone(actor: Actor, text: str | None) -> str | None:
    """A telephone number as *actor* may see it: whole, or as ``138****5678``."""
    return text if not text or sees_phones(actor) else _masked(text)


def masked_words(actor: Actor, text: str | None) -> str | None:
    """What people wrote, with the mobile numbers in it masked for those without sight of them."""
    return text if not text or sees_phones(actor) else _MOBILE.sub(lambda found: _masked(found[0]), text)


def _masked(text: str) -> str:
    digits = "".join(str(int(char)) for char in text if char.isdecimal())
    digits = digits[2:] if len(digits) == 13 and digits.startswith("86") else digits
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) > 7 else "****"


def shown(declared: Iterable[Field], record: Any, actor: Actor) -> dict[str, Any]:
    """The declared values of *record* as *actor* may see them."""
    return {one.name: _value(one, record, actor) for one in declared}


def _value(one: Field, record: Any, actor: Actor) -> Any:
    value = one.of(record)
    if value is None or value == "":
        return None if one.kind not in {"items", "said"} else []
    if one.kind == "text":
        return str(value)
    if one.kind == "phone":
        return masked_phone(actor, str(value))
    if one.kind == "words":
        return masked_words(actor, str(value))
    if one.kind == "said":
        return masked_deep(actor, value)
    return value


def masked_deep(actor: Actor, value: Any) -> Any:
    """The same for lists and objects of words."""
    return value if sees_phones(actor) else _deep(value, lambda text: masked_words(actor, text))


def _deep(value: Any, change: Callable[[str], Any]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _deep(part, change) for name, part in value.items()}
    if isinstance(value, Sequence):
        return [_deep(part, change) for part in value]
    return value
