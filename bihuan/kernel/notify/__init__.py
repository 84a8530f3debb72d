"""Telling people: notices written with their cause, handed out by the worker, read in the inbox or by mail."""

from typing import Any


def unread_count(actor: Any) -> int:
    """How many messages wait for *actor*, counted to 100 at most."""
    from .deliver import unread_count as count

    return count(actor)
