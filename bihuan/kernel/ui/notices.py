"""What the next page tells about the act just done."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest


def done(request: HttpRequest, sentence: str, *, draft: str = "") -> None:
    """It worked, said in one sentence; *draft* is the ``data-draft`` key of the form whose draft is no longer needed."""
    messages.success(request, sentence, extra_tags=f"draft:{draft}" if draft else "")


def warn(request: HttpRequest, sentence: str) -> None:
    """It worked, but something needs attention."""
    messages.warning(request, sentence)


def refused(request: HttpRequest, sentence: str) -> None:
    """It did not work; the sentence names the remedy."""
    messages.error(request, sentence)
