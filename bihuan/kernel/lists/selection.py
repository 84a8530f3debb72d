"""What one person asked of one list: the rows, the page of them, and the addresses of other selections nearby."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from ..access.actors import Actor
from ..ui.pieces import Tab as ShownTab
from . import paging, search
from .declare import List
from .filters import Control
from .parameters import BadParameter, read

TOO_SHORT = _("搜索内容太短，请至少输入两个字。")


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    next: str  # the query string of the next page; empty on the last


class Selection:
    """The parameters of a list, understood. Raises BadParameter on any that no page of the list would write (#26)."""

    def __init__(self, of: List, actor: Actor, sent: QueryDict) -> None:
        self.list, self.actor = of, actor
        several = {name for one in of.filters if one.multiple for name in one.names}
        single = {name for one in of.filters for name in one.names} - several | {"sort", "after", "tab"}
        single |= {"q"} if of.search else set()
        self.asked = read(sent, single=single, several=several)
        self.q = self._first("q")
        self.too_short = bool(self.q) and not search.is_enough(self.q)  # while someone types; nothing is searched (#8)
        self.sort = self._first("sort")
        if self.sort not in of.orders:
            raise BadParameter("sort")
        self.order = of.orders[self.sort]
        tabs = {tab.code: tab for tab in of.tabs}
        self.tab = self._first("tab") or (of.tabs[0].code if of.tabs else "")
        if self.tab not in {"", *tabs}:
            raise BadParameter("tab")
        self.place = paging.decode(cursor, self.order) if (cursor := self._first("after")) else None
        self.condition = reduce(and_, (one.condition(self.asked, actor, of.model) for one in of.filters), Q())

    def _first(self, name: str) -> str:
        return self.asked.get(name, [""])[0]

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the tab and the order was asked for."""
        return bool(set(self.asked) - {"sort", "after", "tab"})

    @cached_property
    def found(self) -> QuerySet:
        """The rows that fit, before the tab, unordered."""
        rows = self.list.rows(self.actor).filter(self.condition)
        if not self.q or self.too_short:
            return rows
        if self.list.search is True:
            return rows.filter(pk__in=search.matching(self.actor, self.list.model._meta.label, self.q))
        fields = self.list.search or ()
        words = [reduce(or_, (Q(**{f"{field}__icontains": word}) for field in fields)) for word in self.q.split()]
        return rows.filter(*words)

    @property
    def rows(self) -> QuerySet:
        """All the rows selected, unordered."""
        return self._within_tab(self.found)

    def _within_tab(self, rows: QuerySet) -> QuerySet:
        tab = next((tab for tab in self.list.tabs if tab.code == self.tab), None)
        return rows.filter(tab.condition(self.actor)) if tab else rows

    def page(self, size: int = paging.PAGE) -> Page:
        """One page. Two or three statements (and one per prefetch), however many rows there are."""
        ids = self._newest_found(size + 1)
        if ids is None:
            rows = self.order.apply(paging.lean(self.rows))
            if self.place is not None:
                rows = rows.filter(self.order.after(self.place))
            ids = list(rows[: size + 1])
        found = paging.filled(self.list.rows(self.actor), ids[:size])
        return Page(found, self.query(after=paging.encode(self.order.place(found[-1]))) if found and len(ids) > size else "")

    def _newest_found(self, size: int) -> list[Any] | None:
        if not self.q or self.too_short or self.list.search is not True:
            return None
        rows = paging.lean(self._within_tab(self.list.rows(self.actor).filter(self.condition)))
        return paging.newest_found(rows, self.actor, self.q, self.order, self.place, size)

    def chunks(self) -> Iterator[list[Any]]:
        """All rows in order, for exports. Raises BadParameter when the words searched for are too short to narrow anything."""
        if self.too_short:
            raise BadParameter("q", TOO_SHORT)
        return paging.chunks(self.rows, self.list.rows(self.actor), self.order)

    def query(self, **changed: str) -> str:
        """The query string with some parameters changed; an empty value takes one away. The page starts anew."""
        query = QueryDict(mutable=True)
        for name, values in ({**self.asked, "after": []} | {name: [value] if value else [] for name, value in changed.items()}).items():
            if values:
                query.setlist(name, values)
        return query.urlencode()

    def headings(self) -> list[dict[str, Any]]:
        """The columns shown: label, address that sorts by it, and which way it is sorted now."""
        headings = []
        for column in self.list.columns:
            if column.wide:
                continue
            way = {column.code: "ascending", f"-{column.code}": "descending"}.get(self.sort, "")
            by = f"-{column.code}" if way == "ascending" else column.code
            headings.append({"column": column, "way": way, "query": self.query(sort=by) if column.sort else ""})
        return headings

    def tabs(self) -> list[ShownTab]:
        """The tabs with how many each holds, counted to 99."""
        shown = []
        for tab in self.list.tabs:
            count: Any = paging.capped_count(self.found.filter(tab.condition(self.actor))) if tab.counted else None
            shown.append(ShownTab(tab.label, f"?{self.query(tab=tab.code)}", count, tab.code == self.tab))
        return shown

    def controls(self) -> list[Control]:
        return [one.control(self.asked, self.actor) for one in self.list.filters]
