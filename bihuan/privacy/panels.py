"""The page of a person's request. Whom it is about is read from their own row, so that nobody stands here who was forgotten."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from bihuan.customers.access import access_contacts
from bihuan.kernel.access.actors import Actor
from bihuan.kernel.tables.pages import RecordPage, register_page
from bihuan.kernel.ui.parts import number
from bihuan.service.access import access_requests

from .models import COPY_LASTS, PersonRequest, Wish
from .prints import person_request_form
from .queries import described


def title(record: PersonRequest) -> str:
    return _("个人信息请求：{wish}").format(wish=record.get_wish_display())


def line(record: PersonRequest) -> list[str]:
    return [record.branch.name, about(record)]


def about(record: PersonRequest) -> str:
    """Whom it is about, by number."""
    if record.contact_id is not None:
        return _("联系人 %(id)s") % {"id": record.contact_id}
    return _("来电 %(number)s 的来电人") % {"number": record.call.number}  # type: ignore[union-attr]


def context(record: PersonRequest, actor: Actor) -> dict[str, Any]:
    """Its facts; for whoever granted the copy, the way to it while it lasts."""
    granted = record.wish == Wish.COPY and record.decided_at is not None and not record.basis
    facts = [
        (_("本人"), _shown(record, actor)),
        (_("请求"), record.get_wish_display()),
        (_("身份核实"), record.get_identity_display()),
        (_("处理人"), record.decided_by.name if record.decided_by else ""),
        (_("处理时间"), record.decided_at),
        (_("更正的项目"), record.get_corrected_display()),
        (_("不予办理的依据"), record.get_basis_display()),
        (_("不予办理的理由"), record.refusal),
        (_("副本下载时间"), record.copied_at),
        (_("副本的校验值"), record.copy_sha256),
        (_("答复方式"), record.get_answered_how_display()),
        (_("答复时间"), record.answered_at),
    ]
    return {
        "facts": [(label, value) for label, value in facts if value not in ("", None)],
        "until": record.decided_at + COPY_LASTS if granted and record.decided_at else None,
        "can_download": granted
        and not record.is_final
        and record.decided_by_id == actor.person_id
        and record.decided_at is not None
        and timezone.now() - record.decided_at <= COPY_LASTS,
        "bytes_left": record.bytes_left,
    }


def _shown(record: PersonRequest, actor: Actor) -> Any:
    """Name and masked numbers as they stand now, when *actor* may see that contact or call; else the id."""
    if record.contact_id is not None:
        contact = access_contacts.all(actor).filter(pk=record.contact_id).first()
        return number(described(contact), f"/customers/{contact.customer.number}/") if contact else about(record)
    call = access_requests.all(actor).filter(pk=record.call_id).first()
    return number(described(call), f"/r/{call.number}/") if call else about(record)


register_page(RecordPage("privacy.PersonRequest", "privacy/person_request.html", title, line, context, person_request_form))
