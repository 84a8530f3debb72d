"""The inbox: what one has been told, newest first."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from ..typed import whole
from .deliver import inbox, mark_read
from .sentences import address, sentence


@login_required
@require_GET
def inbox_page(request: HttpRequest) -> HttpResponse:
    """The latest messages with the sentence of each in the reader's language."""
    lines = [(message, sentence(message.notice)) for message in inbox(request.actor)]
    return render(request, "notify/inbox.html", {"lines": lines, "unread": any(message.read_at is None for message, _text in lines)})


@login_required
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark own messages read: the ticked ones, or all."""
    ids = [pk for text in request.POST.getlist("id") if (pk := whole(text))]
    mark_read(request.actor, ids or None)
    return redirect("inbox")


@login_required
@require_GET
def open_message(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the record a message is about, and count the message as read."""
    message = next((found for found in inbox(request.actor, 500) if found.pk == pk), None)
    if message is None:
        return redirect("inbox")
    mark_read(request.actor, [pk])
    return redirect(address(message.notice))
