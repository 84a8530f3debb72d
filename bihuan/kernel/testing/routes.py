"""The routes that a URLconf really has, as the resolver knows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, resolve


@dataclass(frozen=True)
class Route:
    """``pattern`` as it is matched (``r/<str:number>/print/``), ``name`` with its namespace (``lists:export``)."""

    pattern: str
    name: str


def routes(*, outside: tuple[str, ...] = ()) -> list[Route]:
    """Every route of the URLconf in force, but those below one of the prefixes *outside*."""
    return [route for route in _below(get_resolver().url_patterns, "", "") if not route.pattern.startswith(outside)]


def _below(patterns: list[Any], prefix: str, space: str) -> Iterator[Route]:
    for entry in patterns:
        pattern = prefix + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLResolver):
            yield from _below(entry.url_patterns, pattern, f"{space}{entry.namespace}:" if entry.namespace else space)
        elif isinstance(entry, URLPattern):
            yield Route(pattern, space + (entry.name or ""))


def route_of(address: str) -> Route:
    """The route that answers *address*. Raises Resolver404 when none does."""
    match = resolve(address)
    return Route(match.route.replace("^", ""), match.view_name)
