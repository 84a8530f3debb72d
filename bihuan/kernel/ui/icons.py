"""The drawings of the product: one sprite, names checked when a page is rendered."""

from __future__ import annotations

import functools
from pathlib import Path

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

LIST = Path(__file__).with_name("icons.txt")  # what scripts/vendor_assets.sh builds the sprite from


@functools.cache
def names() -> frozenset[str]:
    """Every icon there is."""
    lines = (line.split() for line in LIST.read_text("utf-8").splitlines() if not line.startswith("#"))
    return frozenset(words[-1] for words in lines if words)


def icon(name: str, *, label: str = "", tone: str = "", big: bool = False) -> SafeString:
    """The drawing *name*; with *label* it speaks for itself, without it is decoration. Raises ValueError for an unknown name."""
    if not label:
        return _decoration(name, tone, big)
    return _drawn(name, format_html('role="img" aria-label="{}"', label), tone, big)


@functools.cache
def _decoration(name: str, tone: str, big: bool) -> SafeString:
    return _drawn(name, SafeString('aria-hidden="true"'), tone, big)


def _drawn(name: str, voice: SafeString, tone: str, big: bool) -> SafeString:
    if name not in names():
        raise ValueError(f"no icon {name!r}: add it to {LIST.name} and run scripts/vendor_assets.sh")
    look = format_html(' data-tone="{}"', tone) if tone else ""
    size = SafeString(' data-size="big"') if big else ""
    return format_html('<svg class="icon" {}{}{}><use href="{}#{}"></use></svg>', voice, look, size, static("ui/icons.svg"), name)
