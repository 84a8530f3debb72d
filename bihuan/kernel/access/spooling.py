"""Uploads on their way in: what the temporary folder has no room for is refused like any other lack of room, and nothing of it stays (#78).

A form is read while its token is looked for, which is before any view; there Django would answer with an error of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from .answers import refused
from .room import lack_of_room

log = logging.getLogger("bihuan.access")


@contextmanager
def _nothing_left(made: list[TemporaryUploadedFile]) -> Iterator[None]:
    try:
        yield
    except OSError:
        for file in made:
            with suppress(OSError):  # what is still buffered finds no room either
                file.close()
        raise


class Spool(TemporaryFileUploadHandler):
    """Django's, which when the disk is full also removes what came of this and the earlier files of the form."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.made: list[TemporaryUploadedFile] = []

    def new_file(self, *args: Any, **more: Any) -> None:
        with _nothing_left(self.made):
            super().new_file(*args, **more)
        self.made.append(self.file)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        with _nothing_left(self.made):
            super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        with _nothing_left(self.made):
            return super().file_complete(file_size)


class SpoolingMiddleware:
    """Stands before the check of a form's token."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], _args: tuple, _kwargs: dict) -> HttpResponse | None:
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return None
        try:
            request.POST  # noqa: B018  (read now)
        except OSError as problem:
            if no_room := lack_of_room(problem):
                log.error("no room in request %s", getattr(request, "request_id", ""), exc_info=problem)
                return refused(request, no_room)
            if not isinstance(problem, UnreadablePostError):  # a line that broke: nobody is there to be answered
                raise
        return None
