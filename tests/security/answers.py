"""What an answer says, whatever its kind: every word of a page, a PDF, a workbook, a CSV file, and of the headers."""

from __future__ import annotations

import io
import re
import zipfile
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

import openpyxl
import pypdf


def body_of(answer: Any) -> bytes:
    """All bytes of *answer*; may be asked again."""
    if not hasattr(answer, "_whole"):
        answer._whole = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer._whole


def words_of(answer: Any) -> str:
    """Everything that can be read in *answer*, the addresses in its headers too."""
    body, kind = body_of(answer), answer.get("Content-Type", "")
    headers = "\n".join(f"{name}: {unquote(value)}" for name, value in answer.headers.items())
    return f"{headers}\n{_read(body, kind)}"


def _read(body: bytes, kind: str) -> str:
    if "pdf" in kind:
        return pdf_words(body)
    if "spreadsheetml" in kind:
        return workbook_words(body)
    return body.decode("utf-8", errors="replace")


def pdf_words(body: bytes) -> str:
    """The text of all pages and the document's own data. Lines are joined, and where a word may break is not told."""
    book = pypdf.PdfReader(io.BytesIO(body))
    text = "".join(page.extract_text() for page in book.pages)
    return re.sub(r"[\s\u200b]+", "", text) + repr(book.metadata)


def workbook_cells(body: bytes) -> list[list[Any]]:
    """The first sheet's cells, row by row."""
    return [list(row) for row in openpyxl.load_workbook(io.BytesIO(body)).worksheets[0].iter_rows(values_only=True)]


def workbook_words(body: bytes) -> str:
    """All cells, and all the parts of the file as they lie in it (names, comments, properties)."""
    parts = zipfile.ZipFile(io.BytesIO(body))
    raw = "\n".join(parts.read(name).decode("utf-8", errors="replace") for name in parts.namelist())
    return f"{raw}\n{workbook_cells(body)}"


TOKEN = re.compile(r'(csrfmiddlewaretoken" value="|X-CSRFToken": "|X-CSRFToken&quot;: &quot;)[A-Za-z0-9]+')
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+\d\d:\d\d")


def same_for_all(answer: Any, asked: str) -> tuple[int, str]:
    """Status and text of *answer* without what differs from one asking to the next: token, time, and the key that was asked for."""
    text = TOKEN.sub("…", body_of(answer).decode("utf-8", errors="replace"))
    where = f"{answer.get('Location', '')}\n{answer.get('Content-Type', '')}"
    return answer.status_code, MOMENT.sub("…", f"{where}\n{text}".replace(asked, "…"))


class Page(HTMLParser):
    """What a browser would make of a page: the scripts, handlers and addresses in it, and the text that is shown."""

    ADDRESSES = frozenset(
        {"href", "src", "action", "formaction", "data", "poster", "srcdoc", "xlink:href", "hx-get", "hx-post", "data-href"}
    )

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts: list[str] = []
        self.handlers: list[str] = []
        self.addresses: list[str] = []
        self.attributes: list[str] = []
        self.elements: list[str] = []
        self.shown: list[str] = []
        self._in_script = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self._in_script = tag == "script"
        for name, value in attrs:
            self.attributes.append(value or "")
            if name.startswith("on"):
                self.handlers.append(f"{tag} {name}={value}")
            if name in self.ADDRESSES:
                self.addresses.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        (self.scripts if self._in_script else self.shown).append(data)

    @property
    def text(self) -> str:
        """What is shown, and what stands in attributes (typed values, titles)."""
        return "\n".join([*self.shown, *self.attributes])

    @property
    def links(self) -> list[str]:
        return [address for address in self.addresses if address.startswith("/")]
