"""The ways into the product: each context registers its pages, each person sees those of their roles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

OFFICE, PHONE, PERSON = "office", "phone", "person"


@dataclass(frozen=True)
class NavItem:
    """A page people go to often.

    ``roles``: codes of the roles that see it; none means everyone signed in. ``shortcut``: the key after g.
    ``place``: office (top bar), phone (tab bar) or person (the menu under one's name).
    """

    code: str
    label: Any
    url_name: str
    roles: frozenset[str] = frozenset()
    order: int = 100
    icon: str = ""
    shortcut: str = ""
    place: str = OFFICE
    counts_unread: bool = False


@dataclass(frozen=True)
class Link:
    """A :class:`NavItem` for one page: where it leads, and whether one is there."""

    label: str
    href: str
    icon: str
    shortcut: str
    current: bool
    counts_unread: bool


_items: dict[str, NavItem] = {}


def register(*items: NavItem) -> None:
    """Adds pages, usually from ``AppConfig.ready``. Raises ValueError for a code or a shortcut that is already taken by another."""
    for item in items:
        rivals = [other for other in _items.values() if other != item]
        if any(other.code == item.code for other in rivals):
            raise ValueError(f"two navigation items are called {item.code!r}")
        if item.shortcut and any(other.shortcut == item.shortcut for other in rivals):
            raise ValueError(f"the shortcut g {item.shortcut} of {item.code!r} is taken")
        _items[item.code] = item


def registered() -> list[NavItem]:
    """All pages in their order."""
    return sorted(_items.values(), key=lambda item: (item.order, item.code))


def links_for(roles: Iterable[str], place: str, path: str) -> list[Link]:
    """What someone with *roles* sees at *place*; the item with the longest address that *path* begins with is the current one."""
    held = frozenset(roles)
    shown = [(item, reverse(item.url_name)) for item in registered() if item.place == place and (not item.roles or item.roles & held)]
    here = max((href for _, href in shown if path == href or (href != "/" and path.startswith(href))), key=len, default="")
    return [Link(str(item.label), href, item.icon, item.shortcut, href == here, item.counts_unread) for item, href in shown]
