"""One way to write a value down, byte for byte, so that its hash means something years later."""

import datetime as dt
import decimal
import json
import uuid
from typing import Any

from django.utils.functional import Promise


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        raise TypeError("Floats have no canonical form; use Decimal.")
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [_plain(inner) for inner in items]
    if isinstance(value, str):
        return str(value)  # drops str subclasses such as choices
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise TypeError("A time without a zone has no canonical form.")
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return f"{value.days}d{value.seconds}s{value.microseconds}us"
    if isinstance(value, decimal.Decimal | uuid.UUID | Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form.")


def canonical(data: Any) -> str:
    """*data* as JSON with sorted keys, no spaces, no floats, times in UTC, characters as themselves.

    Raises TypeError for anything whose text could vary (floats, naive times, unknown types).
    """
    return json.dumps(_plain(data), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
