"""What a page hands to its parts: plain values, named as the parts name them. No part reads a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

Tone = Literal["neutral", "accent", "red", "amber", "green"]


@dataclass(frozen=True)
class Action:
    """Something one can do now, or cannot and why (``disabled_reason``).

    ``href`` leads to a page, ``post`` is sent at once, ``dialog`` opens the dialog of that id; with none of them it is a submit button.
    """

    label: str
    href: str = ""
    post: str = ""
    dialog: str = ""
    kind: str = "plain"
    icon: str = ""
    shortcut: str = ""
    disabled_reason: str = ""


@dataclass(frozen=True)
class Clock:
    """A deadline. ``state``: running, met, missed, paused or none; ``soon_at``: from when it shows amber."""

    due: datetime | None
    state: str = "running"
    label: str = ""
    soon_at: datetime | None = None
    ended_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class PathStep:
    """One step of a procedure's path. ``state``: taken, now, ahead, skipped or stopped."""

    label: str
    state: str = "ahead"
    at: datetime | None = None
    by: str = ""


@dataclass(frozen=True)
class Change:
    label: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Entry:
    """One line of a record's history with its three clocks: ``at`` said, ``device_at`` noted, ``recorded_at`` received."""

    at: datetime
    act: str
    who: str
    for_whom: str = ""
    recorded_at: datetime | None = None
    device_at: datetime | None = None
    clause: str = ""
    said: str = ""
    reason: str = ""
    changes: Sequence[Change] = ()
    href: str = ""
    number: str = ""
    tone: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Badge:
    text: str
    tone: Tone = "neutral"
    icon: str = ""


@dataclass(frozen=True)
class Tab:
    label: str
    href: str
    count: int | None = None
    current: bool = False
    tone: Tone = "neutral"


@dataclass(frozen=True)
class Row:
    """One line of a worklist: how urgent, what, where it stands, what to do."""

    href: str
    number: str
    subject: str
    clock: Clock
    unit: str = ""
    said: str = ""
    where: str = ""
    since: datetime | None = None
    raised: str = ""
    badge: Badge | None = None
    action: Action | None = None


@dataclass(frozen=True)
class Dot:
    """One case on a dot plot; ``missed`` ones lead to their record."""

    value: float
    label: str
    href: str = ""
    missed: bool = False


@dataclass(frozen=True)
class DotRow:
    label: str
    dots: Sequence[Dot]
    href: str = ""


@dataclass(frozen=True)
class Bar:
    label: str
    value: float
    href: str = ""
    note: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Block:
    """Something that takes a person's time. ``state``: planned, going, done, away or clash."""

    start: datetime
    end: datetime
    label: str
    href: str = ""
    state: str = "planned"


@dataclass(frozen=True)
class DayRow:
    label: str
    blocks: Sequence[Block] = ()
    note: str = ""
    href: str = ""


Fact = tuple[str, Any]
Moment = datetime | date
