"""Which procedures there are, found by their record's label or their form's code."""

from .declare import Procedure

_procedures: dict[str, Procedure] = {}


def register(*procedures: Procedure) -> None:
    for procedure in procedures:
        _procedures[procedure.record] = procedure


def procedure_for(label: str) -> Procedure:
    """The procedure a record type lives by. Raises KeyError."""
    return _procedures[label]


def all_procedures() -> list[Procedure]:
    return list(_procedures.values())
