"""Who may: roles and relations, the two kinds of party that a step, a page or a print names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .actors import Actor


class Party(Protocol):
    """Someone a procedure names: ``label`` for people to read, ``includes`` for the machine."""

    code: str
    label: Any

    def includes(self, actor: Actor, record: Any) -> bool: ...


@dataclass(frozen=True)
class Role:
    """A role that people are appointed to, each at one branch.

    ``everywhere``: held at headquarters, it reaches all branches. ``manager``: signs in with a second factor.
    ``reads_only``: grants sight, never a step.
    """

    code: str
    label: Any
    everywhere: bool = False
    manager: bool = False
    reads_only: bool = False

    def includes(self, actor: Actor, record: Any) -> bool:
        """Whether *actor* holds this role with reach over *record* (anything with ``branch_id``)."""
        return not self.reads_only and actor.holds(self.code, record.branch_id)

    def __str__(self) -> str:
        return str(self.label)


@dataclass(frozen=True)
class Relation:
    """A tie between a person and one record, such as being the engineer it is assigned to."""

    code: str
    label: Any
    test: Callable[[Actor, Any], bool]

    def includes(self, actor: Actor, record: Any) -> bool:
        """Whether the tie exists."""
        return self.test(actor, record)

    def __str__(self) -> str:
        return str(self.label)
