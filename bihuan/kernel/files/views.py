"""Handing a file out: the right to it is the right to its record, asked for at this moment (#31)."""

from __future__ import annotations

import logging
from pathlib import Path

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..access.getters import getter_for
from ..access.refusals import NotFound
from . import disk, images
from .check import is_forgotten
from .models import Attachment

log = logging.getLogger(__name__)


@login_required
@require_safe
def download(request: HttpRequest, handle: str) -> FileResponse:
    """The file as kept. ``?inline=1`` lets the browser show our own pictures and PDF; all else is saved."""
    attachment = _visible(request, handle)
    inline = attachment.opens_inline and request.GET.get("inline") == "1"
    return _answer(attachment, disk.fetched(attachment.sha256), attachment.name, attachment.media_type, inline=inline)


@login_required
@require_safe
def thumbnail(request: HttpRequest, handle: str) -> FileResponse:
    """A picture at 320 px, made when first asked for."""
    attachment = _visible(request, handle)
    if not attachment.is_image:
        raise NotFound
    small = disk.thumbnail_path(attachment.sha256)
    if not small.exists():
        try:
            images.thumbnail(disk.fetched(attachment.sha256), small)
        except FileNotFoundError:
            raise _lost(attachment) from None
    return _answer(attachment, small, attachment.name.rsplit(".", 1)[0] + ".jpg", "image/jpeg", inline=True)


def _visible(request: HttpRequest, handle: str) -> Attachment:
    """Absent, foreign, and of a type nobody may read: one answer."""
    attachment = Attachment.objects.filter(handle=handle).first()
    if attachment is None:
        raise NotFound
    getter_for(attachment.record_type).one(request.actor, pk=attachment.record_id)  # type: ignore[attr-defined]
    return attachment


def _answer(attachment: Attachment, path: Path, name: str, media_type: str, *, inline: bool) -> FileResponse:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise _lost(attachment) from None
    response = FileResponse(file, as_attachment=not inline, filename=name, content_type=media_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


def _lost(attachment: Attachment) -> NotFound:
    if is_forgotten(attachment):
        return NotFound(_("这个文件已应本人要求删除。"))
    log.error("attachment lost on disk: %s", attachment.sha256)
    return NotFound(_("文件在服务器上缺失，请通知系统管理员从备份恢复。"))
