"""What the table cannot say: named predicates."""

from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext_lazy as _

from bihuan.kernel.access.parties import Relation

ASSIGNEE = Relation(
    "assignee",
    _("受指派的工程师"),
    lambda actor, record: actor.person_id is not None and record.engineer_id == actor.person_id and actor.may_see(record.branch_id),
)


def checklist_gaps(checklist: list[dict]) -> list[str]:
    """Names of the checklist lines that are not finished: unticked, unmeasured, or out of limits without a remark."""
    return [line["text"] for line in checklist if not _line_done(line)]


def _line_done(line: dict) -> bool:
    if line.get("measured"):
        value = _number(line.get("value"))
        if value is None:
            return bool(line.get("remark"))
        low, high = _number(line.get("low")), _number(line.get("high"))
        outside = (low is not None and value < low) or (high is not None and value > high)
        return not outside or bool(line.get("remark"))
    return line.get("ok") is True or bool(line.get("remark"))


def _number(text: object) -> Decimal | None:
    try:
        return Decimal(str(text)) if text not in (None, "") else None
    except InvalidOperation:
        return None
