"""Refusals are sentences that say what to do. Pages show them beside the form, the API as problem details (RFC 9457)."""

from typing import Any

from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """Something that is not done, with the sentence that says why and what to do instead.

    ``field`` names the input at fault, ``remedy`` is an optional (label, url), ``more`` what a machine is told beside it.
    """

    status = 400
    code = "refused"
    more: dict[str, Any] = {}

    def __init__(self, sentence: object, *, field: str = "", remedy: tuple[str, str] | None = None) -> None:
        super().__init__(str(sentence))
        self.sentence = str(sentence)
        self.field = field
        self.remedy = remedy


class Invalid(Refusal):
    """Bad or missing input."""

    status = 422
    code = "invalid"


class NotAllowed(Refusal):
    """The record may be seen, but this may not be done by this person."""

    status = 403
    code = "not-allowed"


class NotFound(Refusal):
    """Absent, or out of the person's sight: the answer is the same, so nothing can be learnt from it (#11)."""

    status = 404
    code = "not-found"

    def __init__(self, sentence: object = _("没有找到这条记录，或您无权查看。请核对编号。"), **more: Any) -> None:
        super().__init__(sentence, **more)


class Conflict(Refusal):
    """The record has moved on: wrong state, or someone was faster."""

    status = 409
    code = "conflict"
