"""Record pages by number: ``/r/BX-HD-2026-000417/`` for every type, with what its context declares about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..access.actors import Actor
from ..access.getters import getter_for
from ..access.refusals import NotFound
from ..printing.forms import Form
from ..procedures.registry import all_procedures
from ..ui.pieces import Action


@dataclass(frozen=True)
class RecordPage:
    """What a context says about the page of its record type.

    ``template`` extends ``tables/record.html``; ``title`` and ``line`` say what the record is in one second;
    ``context`` gives what the template's panels show; ``form`` builds the print. ``told(field, value, actor)`` says a
    field's value as this person may read it, where pages list fields by themselves (the record as it once stood).
    """

    label: str
    template: str
    title: Callable[[Any], str]
    line: Callable[[Any], list[str]]
    context: Callable[[Any, Actor], dict[str, Any]]
    form: Callable[[Any, Actor], Form]
    attach_kinds: tuple[tuple[str, Any], ...] = ()
    told: Callable[[str, Any, Actor], Any] = lambda _name, value, _actor: value


_pages: dict[str, RecordPage] = {}


def register_page(page: RecordPage) -> None:
    _pages[page.label] = page


Tool = Callable[[Any, Actor], Action | None]
_tools: list[Tool] = []


def register_tool(tool: Tool) -> None:
    """Offer something beside print and the like on every record's page; None where it is not for that record or person."""
    _tools.append(tool)


def tools_for(record: Any, actor: Actor) -> list[Action]:
    return [found for tool in _tools if (found := tool(record, actor))]


def page_of(record: Any) -> RecordPage:
    """The declared page of a record. Raises NotFound for a type that has none."""
    try:
        return _pages[record._meta.label]
    except KeyError:
        raise NotFound from None


def record_by_number(actor: Actor | None, number: str) -> Any:
    """The record of that number, through its type's getter. Raises NotFound for absent, foreign and unheard-of ones alike."""
    form = number.partition("-")[0]
    for procedure in all_procedures():
        if procedure.form == form:
            return getter_for(procedure.record).one(actor, number=number)
    raise NotFound
