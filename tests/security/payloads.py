"""Texts that would do something if any page, print or file took them for more than text (#24)."""

from __future__ import annotations

from typing import Any

from .answers import Page

PAYLOADS = [
    "<script>hit()</script>",
    "<img src=x onerror=hit()>",
    '"><svg onload=hit()>',
    "' autofocus onfocus=hit() x='",
    "</script><script>hit()</script>",
    "</textarea><script>hit()</script>",
    "javascript:hit()//",
    "{{1337*1337}}{% csrf_token %}",
    "{0.__class__} %(x)s %s ${1337*1337}",
    "<a href=javascript:hit()>x</a>",
    "\u202e\u2066<b onclick=hit()>gnp\u2069",
    '#eval("1337*1337") $x$ \\u{41} @a',
]
COMPUTED = "1787569"  # 1337 × 1337
MARKUP = [payload for payload in PAYLOADS if set("<>\"'") & set(payload)]


class Writer:
    """Puts one payload into every field, each with a number of its own that tells where it is seen again."""

    def __init__(self, payload: str) -> None:
        self.payload = payload
        self.tags: dict[str, str] = {}

    def __call__(self, field: str, most: int) -> str:
        tag = f"~{len(self.tags):02}~"
        self.tags[tag] = field
        if field == "unit.serial":  # part of an address: no blanks, no slashes
            return f"{self.payload}{tag}".translate(dict.fromkeys(map(ord, " \\/?#%")))
        return f"{self.payload}{tag}"[:most]

    def seen_in(self, text: str) -> set[str]:
        return {field for tag, field in self.tags.items() if tag in text}


def harm(html: str) -> list[str]:
    """What a browser would take for more than text in *html*."""
    page = Page(html)
    found = [f"raw: {payload}" for payload in MARKUP if payload in html]
    found += [f"handler: {handler}" for handler in page.handlers]
    found += [f"script: {script[:60]}" for script in page.scripts if script.strip()]
    found += [f"address: {address}" for address in page.addresses if _plain(address).startswith(("javascript:", "vbscript:", "data:text"))]
    return found + [f"computed: {COMPUTED}"] * (COMPUTED in html)


def _plain(address: str) -> str:
    return "".join(char for char in address if char > " ").lower()


def texts_of(form: Any) -> list[str]:
    """The names of the fields of *form* into which words may be typed."""
    from django import forms

    return [
        name
        for name, field in form.fields.items()
        if isinstance(field, forms.CharField) and not isinstance(field.widget, forms.PasswordInput)
    ]
