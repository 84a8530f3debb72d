"""A page of a list: filters and orders by allowlist, one keyset, no count; the same number of statements however long it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from bihuan.kernel.access.actors import Actor
from bihuan.kernel.journal.models import Entry
from bihuan.kernel.lists import search
from bihuan.kernel.lists.paging import Order, decode, encode, filled, lean, newest_found, order_by
from bihuan.kernel.lists.parameters import BadParameter
from bihuan.kernel.lists.parameters import read as read_parameters
from bihuan.kernel.lists.selection import TOO_SHORT
from bihuan.kernel.typed import BIGGEST_ID, whole

from .declare import Resource
from .problems import Unreadable

USUAL, MOST = 50, 100
LONGEST_CURSOR = 2000
OWN = ("cursor", "limit", "sort", "q", "open", "changed_since")


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    next: str  # the cursor of the next page; empty on the last


@dataclass(frozen=True)
class Asked:
    """The parameters of a list, understood."""

    condition: Q
    order: Order
    place: tuple[Any, int] | None
    limit: int
    q: str


def page(resource: Resource, actor: Actor, sent: QueryDict) -> Page:
    """One page of what *actor* may see. Raises BadParameter for anything that the list does not offer (#26)."""
    asked = _understood(resource, actor, sent)
    rows = resource.getter.all(actor)
    sought = lean(rows.filter(asked.condition))
    ids = None
    if asked.q and resource.search is True:
        ids = newest_found(sought, actor, asked.q, asked.order, asked.place, asked.limit + 1)
    if ids is None:
        sought = _searched(sought, resource, actor, asked.q) if asked.q else sought
        ids = _walk(sought, asked.order, asked.place, asked.limit + 1)
    found = filled(resource.listed(rows), ids[: asked.limit])
    return Page(found, encode(asked.order.place(found[-1])) if found and len(ids) > asked.limit else "")


def _understood(resource: Resource, actor: Actor, sent: QueryDict) -> Asked:
    names = names_of(resource)
    try:
        several = {one.name for one in resource.filters if one.several}
        rest, cursor = _without_cursor(sent)
        asked = read_parameters(rest, single=set(names) - several - {"cursor"}, several=several)
        order = _order(resource, asked)
        place = _place(cursor, order)
        condition = reduce(and_, (one.condition(asked[one.name], actor) for one in resource.filters if one.name in asked), Q())
        condition &= _open(resource, asked) & _changed(resource, asked)
        return Asked(condition, order, place, _limit(asked), _words(asked))
    except BadParameter as wrong:
        raise _told(wrong, names) from None


def names_of(resource: Resource) -> list[str]:
    """The parameters that a list takes."""
    own = [name for name in OWN if (name != "q" or resource.search) and (name not in {"open", "changed_since"} or resource.procedure)]
    return [*(one.name for one in resource.filters), *own]


def _told(wrong: BadParameter, names: list[str]) -> BadParameter:
    if str(wrong) == str(TOO_SHORT):
        return wrong
    sentence = _("参数“%(name)s”或它的值无法识别。可用的参数：%(names)s。") % {"name": wrong.field, "names": "、".join(names)}
    return BadParameter(wrong.field, sentence)


def _without_cursor(sent: QueryDict) -> tuple[QueryDict, str]:
    rest = sent.copy()
    cursors = rest.pop("cursor", [])
    if len(cursors) > 1 or any(not text or len(text) > LONGEST_CURSOR for text in cursors):
        raise BadParameter("cursor")
    return rest, cursors[0] if cursors else ""


def _order(resource: Resource, asked: dict[str, list[str]]) -> Order:
    """As asked for; open records by their next deadline, others newest first."""
    if name := asked.get("sort", [""])[0]:
        if name not in resource.orders:
            raise BadParameter("sort")
        return resource.orders[name]
    if asked.get("open") == ["true"]:
        return resource.orders["next_due_at"]
    return order_by(resource.model, resource.order)


def _place(cursor: str, order: Order) -> tuple[Any, int] | None:
    if not cursor:
        return None
    try:
        return decode(cursor, order)
    except BadParameter:
        raise BadParameter("cursor") from None


def _open(resource: Resource, asked: dict[str, list[str]]) -> Q:
    if "open" not in asked or resource.procedure is None:
        return Q()
    if asked["open"][0] not in {"true", "false"}:
        raise BadParameter("open")
    return Q(is_open=asked["open"] == ["true"])


def _changed(resource: Resource, asked: dict[str, list[str]]) -> Q:
    """Records about which the journal says something after its entry of this id."""
    if "changed_since" not in asked:
        return Q()
    since = _number("changed_since", asked["changed_since"][0], BIGGEST_ID)
    return Q(pk__in=Entry.objects.filter(pk__gt=since, record_type=resource.label).values("record_id"))


def latest_change() -> int:
    """The id of the journal's newest entry: what to ask ``changed_since`` next time. One statement."""
    return Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _number(name: str, text: str, most: int) -> int:
    number = whole(text, most)
    if number is None:
        raise BadParameter(name)
    return number


def _limit(asked: dict[str, list[str]]) -> int:
    limit = _number("limit", asked.get("limit", [str(USUAL)])[0], MOST)
    if limit < 1:
        raise BadParameter("limit")
    return limit


def _words(asked: dict[str, list[str]]) -> str:
    words = asked.get("q", [""])[0]
    if words and not search.is_enough(words):
        raise BadParameter("q", TOO_SHORT)
    return words


def _searched(rows: QuerySet, resource: Resource, actor: Actor, words: str) -> QuerySet:
    if resource.search is True:
        return rows.filter(pk__in=search.matching(actor, resource.label, words))
    fields = resource.search or ()
    return rows.filter(*(reduce(or_, (Q(**{f"{field}__icontains": word}) for field in fields)) for word in words.split()))


def _walk(rows: QuerySet, order: Order, place: tuple[Any, int] | None, size: int) -> list[Any]:
    """The next *size* rows. Where the field may be empty, the filled ones and then the empty ones: each half walks an index."""
    if not order.nullable:
        return list(order.apply(rows if place is None else rows.filter(order.after(place)))[:size])
    found: list[Any] = []
    filled, empty = replace(order, nullable=False), order_by(rows.model, "-pk" if order.down else "pk")
    if place is None or place[0] is not None:
        there = rows.filter(**{f"{order.path}__isnull": False})
        found = list(filled.apply(there if place is None else there.filter(filled.after(place)))[:size])
    if len(found) < size:
        rest = rows.filter(**{f"{order.path}__isnull": True})
        if place is not None and place[0] is None:
            rest = rest.filter(empty.after(place))
        found += empty.apply(rest)[: size - len(found)]
    return found


def refuse_parameters(request: HttpRequest, *known: str) -> None:
    """Refuse parameters at an address that takes none but *known*. Raises BadParameter."""
    for name in request.GET:
        if name not in known:
            taken = "、".join(known) or _("无")
            shown = BadParameter(name).field  # as it may be shown
            raise Unreadable(_("参数“%(name)s”无法识别。可用的参数：%(names)s。") % {"name": shown, "names": taken}, field=shown)
