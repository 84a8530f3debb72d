"""What the journal is told about the door: who came in, who was refused, what changed about an account."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from ..journal.write import append_plain
from .actors import Actor, system


def tell(action: str, person: Any = None, *, subject: str = "", by: Actor | None = None, **data: Any) -> None:
    """Write that *person* did *action*, or that *by* did it to them; nobody: the system saw it happen.

    Never pass a name as somebody typed it at the door: people type passwords into the wrong field.
    """
    actor = by or (Actor(name=person.name, person_id=person.pk) if person is not None else system("sign-in"))
    with transaction.atomic():
        append_plain(actor, action, subject or person.username, at=timezone.now(), data=data)
