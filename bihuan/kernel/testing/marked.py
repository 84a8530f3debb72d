"""The company's caller is named nowhere but where people read of them (#95), looked for after every test of the suite.

The tests' company writes one name, phone and address all over; here is what they are, and where they may not turn up: log lines as
production prints them, subjects of mails, the clear text of the journal, the cache, the counters, addresses of pages, refusals and
failures, answers that a browser may keep, and after the last test what lies in the run's home. A test that means to write them into
such a place says why: ``@pytest.mark.told("reason")``.
"""

from __future__ import annotations

import gzip
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote_plus

from django.core import mail
from django.core.cache.backends.locmem import _caches  # type: ignore[attr-defined]
from django.http import HttpRequest, HttpResponse

from ..journal import write
from ..journal.models import Entry
from ..watch import metrics
from ..watch.logs import JsonLine, route_of

NAME, PHONE, ADDRESS = "王工", "13800005678", "工业园区 1 号"
WRITTEN = "138 0000 5678"  # the same phone as people write it
MARKS = (NAME, PHONE, WRITTEN, ADDRESS)
IN_TEXT = (*MARKS, *(json.dumps(mark)[1:-1] for mark in (NAME, ADDRESS)))  # as they are, and as JSON escapes them
IN_ADDRESS = (*IN_TEXT, *(code for mark in (NAME, WRITTEN, ADDRESS) for code in (quote(mark), quote(mark).replace("%20", "+"))))
MOST = 300  # characters shown of what was found
FAILURES = {401, 403, 404, 405, 410, 429}  # answers that repeat nothing of what was asked; so do all from 500 on
LINK = re.compile(r'"((?:/|\?|https?:)[^"<>\n]*)"')  # in quotes, as a page and an answer of the API write it
TEXTS = ("text/", "application/json", "application/problem+json")
DATABASE = ".sqlite3"  # in the names of the database's files
ATTACHED = "files"  # the folder of the attachments, which may hold anything

_said: list[tuple[str, str]] = []  # where, and what was said there since the last test


class Listener(logging.Handler):
    """Keeps each record as production would print it."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(JsonLine())

    def emit(self, record: logging.LogRecord) -> None:
        _said.append(("a log line", self.format(record)))


class Middleware:
    """Outside all others: looks through each answer as it leaves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        _said.extend(answered(request, response))
        return response


_listener = Listener()


def listen() -> None:
    """From now on listen, in this process. Called again before each test, because whoever sets up logging anew takes the handler away."""
    root = logging.getLogger()
    if _listener not in root.handlers:
        root.addHandler(_listener)
    for name in ("bihuan.request", "bihuan.jobs"):
        logging.getLogger(name).setLevel(logging.INFO)  # as in production
    if write._write is not _overheard:
        write._write = _overheard


_original = write._write


def _overheard(entries: list[Entry]) -> None:
    """The journal's own writer, listened to: the bodies are made there."""
    _original(entries)
    _said.extend(("the journal's clear text", entry.body) for entry in entries)


def answered(request: HttpRequest, response: HttpResponse) -> Iterator[tuple[str, str]]:
    """What an answer says that somebody else may read: its route in the counters, its addresses, its refusals, what a browser keeps."""
    asked = unquote_plus(request.get_full_path())
    links = [response.get("Location", ""), response.get("HX-Redirect", ""), response.get("HX-Push-Url", "")]
    page = _page(response)
    if page and any(mark in page for mark in IN_ADDRESS):
        links += LINK.findall(page)
        if response.status_code in FAILURES or response.status_code >= 500:
            yield f"the answer {response.status_code} of {route_of(request)}", page
        if "no-store" not in response.get("Cache-Control", "") and any(mark in page for mark in IN_TEXT):
            yield "an answer that is kept", f"{route_of(request)}: {page}"
    for link in filter(None, links):
        if any(mark in unquote_plus(link) and mark not in asked for mark in IN_TEXT):
            yield f"an address on {route_of(request)}", unquote_plus(link)


def _page(response: HttpResponse) -> str:
    """The text of an answer that has one."""
    if response.streaming or not response.get("Content-Type", "").startswith(TEXTS):
        return ""
    body = gzip.decompress(response.content) if response.get("Content-Encoding") == "gzip" else response.content
    return body.decode(errors="replace")


def found() -> list[str]:
    """Where the caller was named since the last time."""
    told = [*_said, *(("a mail's subject", str(letter.subject)) for letter in getattr(mail, "outbox", ()))]
    told += [("the cache", f"{key} {value.decode(errors='replace')}") for kept in _caches.values() for key, value in kept.items()]
    _said.clear()
    return named(told)


def found_at_the_end(places: Iterable[Path]) -> list[str]:
    """The same for what stays: the counters, and the files under *places*."""
    told = [("the counters", metrics.exposition().decode())]
    for place in places:
        told += [(str(path), path.read_bytes().decode(errors="replace")) for path in artefacts(place)]
    return named(told)


def artefacts(place: Path) -> list[Path]:
    """What a run leaves under *place*, but for databases and what was attached."""
    paths = (path for path in place.rglob("*") if path.is_file() and not path.is_symlink())
    return [path for path in paths if DATABASE not in path.name and ATTACHED not in path.relative_to(place).parts]


def named(told: Iterable[tuple[str, str]]) -> list[str]:
    """Those of *told* (where, what) that name the caller, with the words around."""
    result = []
    for where, text in told:
        for mark in IN_TEXT:
            if (at := text.find(mark)) >= 0:
                result.append(f"{where}: …{text[max(0, at - MOST // 2) : at + MOST // 2]}…")
                break
    return result
