"""Files in parts over HTTP, as tus 1.0 has it (core, creation, termination): for the phone's pages and for the API alike (#60).

``POST`` announces (Upload-Length; Upload-Metadata with kind, sha256, key), ``HEAD`` asks how much is here, ``PATCH`` sends on
from there, ``DELETE`` gives up. ``Upload-Complete: ?1`` (as in the IETF draft) says that it is an attachment now.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ..access.actors import Actor
from ..access.getters import getter_for
from ..access.refusals import Invalid, NotAllowed, Refusal
from ..files import arriving
from ..files.models import Announced
from ..procedures.engine import who_may
from ..typed import BIGGEST_ID, whole
from .pages import page_of, record_by_number

VERSION = "1.0.0"
MEDIA_TYPE = "application/offset+octet-stream"
PIECE = 2**14  # what is lost at most when the line is cut
LONGEST_METADATA = 2000


class WrongVersion(Refusal):
    status, code = 412, "tus-version"


class WrongMediaType(Refusal):
    status, code = 415, "media-type"


def require_attacher(record: Any, actor: Actor, kind: str) -> None:
    """Who may take a step on an open record may add files of its kinds to it. Raises NotAllowed, Invalid."""
    if record.is_final:
        raise NotAllowed(
            _("%(number)s 已结束，不再收附件，文件也没有留存。请保存好原件，交给分公司售后负责人。") % {"number": record.number}
        )
    if not any(who_may(taking, record, actor) for taking in record.procedure.steps):
        raise NotAllowed(_("只有经办人可以给未结束的单据添加附件。"))
    if kind not in {code for code, _label in page_of(record).attach_kinds}:
        raise Invalid(_("请选择附件的类别。"), field="kind")


@login_required
@require_POST
def announce(request: HttpRequest, number: str) -> HttpResponse:
    """The page's way to announce a file."""
    return announced(request, record_by_number(request.actor, number), "upload")  # type: ignore[attr-defined]


@login_required
@require_http_methods(["HEAD", "PATCH", "POST"])
def one(request: HttpRequest, handle: str) -> HttpResponse:
    """One announced file of one's own; POST is what a page's button sends to give it up."""
    answer = on_one(request, handle)
    if request.method == "POST":
        wanted = request.POST.get("next", "")
        return redirect(wanted if wanted.startswith("/my/") else "/")
    return answer


def announced(request: HttpRequest, record: Any, route: str) -> HttpResponse:
    """Announce a file for *record*; its address is that of *route*."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    said = _metadata(request)
    require_attacher(record, actor, said.get("kind", ""))
    _refuse_version(request)
    row = arriving.announce(
        record, kind=said["kind"], size=_number(request, "Upload-Length"), sha256=said.get("sha256", ""), client_key=said.get("key", ""),
        by=actor, at=timezone.now(),
    )  # fmt: skip
    answer = _told(row, 201)
    answer["Location"] = reverse(route, args=[row.handle])
    return answer


def on_one(request: HttpRequest, handle: str) -> HttpResponse:
    """Ask for, send on or give up the file under *handle*, with the right to its record as it is at this moment."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    row = arriving.mine(actor, handle)
    record = getter_for(row.record_type).one(actor, pk=row.record_id)
    if request.method == "HEAD":
        return _told(row, 200)
    _refuse_version(request)
    if row.arrived_at is None:
        require_attacher(record, actor, row.kind)
    if request.method != "PATCH":
        arriving.give_up(row, record, by=actor, at=timezone.now())
        return HttpResponse(status=204, headers={"Tus-Resumable": VERSION})
    if request.content_type != MEDIA_TYPE:
        raise WrongMediaType(_("续传内容的类型须为 %(type)s。") % {"type": MEDIA_TYPE})
    name = _metadata(request).get("filename", "")
    here = arriving.take(row, record, _number(request, "Upload-Offset"), _pieces(request), by=actor, name=name)
    return _told(row, 204, here)


def _told(row: Announced, status: int, here: int | None = None) -> HttpResponse:
    answer = HttpResponse(status=status)
    answer["Tus-Resumable"] = VERSION
    answer["Upload-Offset"] = str(arriving.length(row) if here is None else here)
    answer["Upload-Length"] = str(row.size)
    answer["Upload-Complete"] = "?1" if row.arrived_at else "?0"
    answer["Cache-Control"] = "no-store"
    return answer


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    """The body as it comes; a line that is cut ends it, and what came before is kept."""
    try:
        while piece := request.read(PIECE):
            yield piece
    except UnreadablePostError:
        return


def _refuse_version(request: HttpRequest) -> None:
    if request.headers.get("Tus-Resumable", VERSION) != VERSION:
        raise WrongVersion(_("只支持 tus %(version)s，请在 Tus-Resumable 头里写明。") % {"version": VERSION})


def _number(request: HttpRequest, name: str) -> int:
    text = request.headers.get(name, "")
    number = 0 if text == "0" else whole(text, BIGGEST_ID)
    if number is None or (not number and text != "0"):
        raise Invalid(_("请在 %(name)s 头里写明字节数。") % {"name": name}, field=name)
    return number


def _metadata(request: HttpRequest) -> dict[str, str]:
    """``Upload-Metadata``: names with their values in Base64, parted by commas. Raises Invalid."""
    text, found = request.headers.get("Upload-Metadata", ""), {}
    try:
        if len(text) > LONGEST_METADATA:
            raise ValueError
        for pair in filter(None, (part.strip() for part in text.split(","))):
            name, _space, value = pair.partition(" ")
            found[name] = base64.b64decode(value, validate=True).decode()
    except (ValueError, binascii.Error):
        raise Invalid(_("Upload-Metadata 无法识别，请写成“名称 Base64 值”，用逗号隔开。"), field="Upload-Metadata") from None
    return found
