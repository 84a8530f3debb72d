"""One style sheet for the desk's pages, put together from those of the parts: one request instead of a dozen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder, BaseFinder
from django.core.files.storage import FileSystemStorage

NAME = "ui/bihuan.css"


class SheetFinder(BaseFinder):
    """Finds ``ui/bihuan.css``: the sheets of STYLE_SHEETS one after the other, made anew when one of them has changed."""

    def check(self, **_: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **_: Any) -> Any:
        found = str(put_together()) if path == NAME else ""
        return ([found] if found else []) if find_all else found

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        put_together()
        yield NAME, FileSystemStorage(location=settings.STYLE_SHEET)


def put_together() -> Path:
    """Where the sheet lies. Raises FileNotFoundError naming a sheet of STYLE_SHEETS that is nowhere."""
    sheet, whole = Path(settings.STYLE_SHEET, NAME), "\n".join(source.read_text("utf-8") for source in _sources())
    if not sheet.exists() or sheet.read_text("utf-8") != whole:
        sheet.parent.mkdir(parents=True, exist_ok=True)
        new = sheet.with_suffix(f".{os.getpid()}")
        new.write_text(whole, "utf-8")
        new.replace(sheet)  # at once, for another process may be serving it
    return sheet


def _sources() -> list[Path]:
    finder = AppDirectoriesFinder()
    found = {name: finder.find(name) for name in settings.STYLE_SHEETS}
    if missing := [name for name, path in found.items() if not path]:
        raise FileNotFoundError(f"STYLE_SHEETS: {', '.join(missing)}")
    return [Path(path) for path in found.values() if path]
