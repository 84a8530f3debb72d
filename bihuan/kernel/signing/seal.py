"""Hashes over a signature, and the first difference between what was signed and what stands there now."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from typing import Any

from ..journal.canonical import canonical
from .models import Signature

_ABSENT = object()


def digest(data: Any) -> str:
    """SHA-256 of the canonical text of *data*, in hexadecimal."""
    return hashlib.sha256(canonical(data).encode()).hexdigest()


def seal(signature: Signature) -> None:
    """Fill in ``field_hashes`` and ``seal`` from all other columns."""
    signature.field_hashes = canonical(_hashes(signature))
    signature.seal = _seal_of(signature)


def broken_fields(signature: Signature) -> list[str]:
    """Names of the columns that are not as they were sealed; empty when the seal holds."""
    if _seal_of(signature) == signature.seal:
        return []
    now = _hashes(signature)
    if digest({**_words(signature), "field_hashes": canonical(now)}) == signature.seal:
        return ["field_hashes"]
    try:
        kept = dict(json.loads(signature.field_hashes))
    except ValueError:
        return ["field_hashes"]
    return [name for name in now if now[name] != kept.get(name)] or ["seal"]


def differences(signed: Any, now: Any, most: int = 5) -> list[str]:
    """Paths such as ``parts[0].quantity`` at which *now* is not what was signed, at most *most*, in reading order."""
    return list(itertools.islice(_differences(signed, json.loads(canonical(now)), ""), most))


def _differences(signed: Any, now: Any, path: str) -> Iterator[str]:
    if isinstance(signed, dict) and isinstance(now, dict):
        for key in [*signed, *(key for key in now if key not in signed)]:
            yield from _differences(signed.get(key, _ABSENT), now.get(key, _ABSENT), f"{path}.{key}" if path else key)
    elif isinstance(signed, list) and isinstance(now, list):
        for index, (one, other) in enumerate(itertools.zip_longest(signed, now, fillvalue=_ABSENT)):
            yield from _differences(one, other, f"{path}[{index}]")
    elif type(signed) is not type(now) or signed != now:
        yield path


def _words(signature: Signature) -> dict[str, Any]:
    outside = {"id", "field_hashes", "seal"}
    return {field.attname: getattr(signature, field.attname) for field in signature._meta.concrete_fields if field.attname not in outside}


def _hashes(signature: Signature) -> dict[str, str]:
    return {name: digest(value) for name, value in _words(signature).items()}


def _seal_of(signature: Signature) -> str:
    return digest({**_words(signature), "field_hashes": signature.field_hashes})
