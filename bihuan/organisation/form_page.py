"""One page for every form of master data: what was typed stays, a refusal stands beside its field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from bihuan.kernel.access.refusals import NotAllowed, NotFound, Refusal

Crumb = tuple[str, str]


def form_page(
    request: HttpRequest,
    form_of: Callable[[Any], forms.BaseForm],
    act: Callable[[Any], str],
    *,
    title: str,
    crumbs: Sequence[Crumb] = (),
    line: str = "",
    button: Any = "",
    template: str = "organisation/form.html",
    **context: Any,
) -> HttpResponse:
    """Show the form that *form_of* makes of what was sent (None: nothing); when it is in order do *act*, which says where to go next.

    *crumbs*: the pages above, each with its address; the last one is where "返回" leads.
    """
    form = form_of(request.POST if request.method == "POST" else None)
    refusal: Refusal | None = None
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(act(form))
        except (NotAllowed, NotFound):
            raise
        except Refusal as problem:
            refusal = problem
            if problem.field in form.fields:
                form.add_error(problem.field, problem.sentence)
    context |= {
        "form": form,
        "refusal": refusal,
        "title": title,
        "crumbs": crumbs,
        "line": line,
        "button": button or _("保存"),
        "groups": _groups(form),
    }
    context["back"] = crumbs[-1][1] if crumbs else "/"
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, template, context, status=status)


def _groups(form: forms.BaseForm) -> list[tuple[Any, list[tuple[Any, bool]]]]:
    """The visible fields under their headings; long ones take a whole line."""
    named = getattr(form, "groups", ()) or (("", tuple(field.name for field in form.visible_fields())),)
    return [(title, [(form[name], _wide(form, name)) for name in names if name in form.fields]) for title, names in named]


def _wide(form: forms.BaseForm, name: str) -> bool:
    widget = form.fields[name].widget
    return isinstance(widget, forms.Textarea | forms.CheckboxSelectMultiple | forms.RadioSelect)
