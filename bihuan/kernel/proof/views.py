"""The page behind the QR code of a paper."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from ..access.getters import getter_for
from ..access.refusals import NotFound
from ..access.strangers import for_strangers
from . import paper


@require_GET
@for_strangers
def verify_print(request: HttpRequest, token: str) -> HttpResponse:
    """Colleagues go on to the record; anybody else reads whether the paper still says what we keep."""
    run = paper.run_of(token)
    record = paper.record_of(run)
    try:
        getter_for(run.record_type).one(request.actor, pk=record.pk)
    except NotFound:
        return render(request, "proof/public_print.html", {"said": paper.said_of(run, record)})
    return redirect(f"/r/{run.record_number}/?p={token}")
