"""One index for all record types: number, names, phones, serial numbers, text, pinyin initials; scoped by branch.

Type and branch are tokens of the document like any word, so a search narrowed by them never leaves the index. What is
found is looked up once more through the record's getter (``find_records``): the index proposes, the getter decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeGuard

from django.db import connection, connections
from django.db.models import Model
from django.db.models.expressions import RawSQL

from ..access.actors import Actor
from ..access.getters import all_getters
from ..prepared import insert
from ..replica import reading_from
from . import encoder
from .encoder import MARK, Part, initial_words, is_enough, normal, pinyin_initials, tokens
from .models import Document

__all__ = ["find", "find_records", "index", "index_new", "is_enough", "matching", "normal", "pinyin_initials", "query", "remove", "tokens"]

Branches = int | None | Collection[int]
Hit = tuple[str, int]
_EVERYBODY = "b0"  # belongs to no branch, such as a product model
_PAGES = 5
_MOST_PAIRS = 60


def index(record_type: str, record_id: int, branch_id: Branches, texts: Iterable[str], *, initials: Iterable[str] = ()) -> None:
    """Make a record findable, or findable anew, by *texts* and by the pinyin initials of the names *initials*. One statement.

    *record_type* is the model's label. *branch_id*: the branch that may see it, several, or None for what belongs to no
    branch (then everyone who is signed in may find it, and its getter has the last word).
    """
    words = encoder.document(texts, marks=marks(record_type, branch_id), words=initial_words(initials))
    insert([Document(record_type=record_type, record_id=record_id, words=words)], over=("record_type", "record_id"))


index_new = index  # an upsert costs the same one statement as an insert


def remove(record_type: str, record_id: int) -> None:
    """Make a record findable no more. One statement."""
    Document.objects.filter(record_type=record_type, record_id=record_id)._raw_delete(Document.objects.db)


def find(actor: Actor | None, text: str, *, types: Collection[str] | None = None, limit: int = 20, before: Hit | None = None) -> list[Hit]:
    """Records that have every word of *text*, newest first, within the branches of *actor*; after *before* in that order.

    Fewer than two characters find nothing (#8). One statement.
    """
    if not is_enough(text) or (types is not None and not types) or not _may_search(actor):
        return []
    asked = query(text, types=types, branches=_branches(actor))
    statement = _FIND[connection.vendor].format(later="" if before is None else _BEFORE[connection.vendor])
    with connections[reading_from()].cursor() as cursor:
        cursor.execute(statement, {"query": asked, "limit": limit, **dict(zip(("type", "id"), before or (), strict=False))})
        return [(record_type, record_id) for record_type, record_id in cursor.fetchall()]


def find_records(actor: Actor | None, text: str, *, types: Collection[str] | None = None, limit: int = 20) -> list[Model]:
    """The records themselves, each fetched through its type's getter: one statement per type (and page of hits)."""
    records: list[Model] = []
    before: Hit | None = None
    for _page in range(_PAGES):
        hits = find(actor, text, types=types, limit=limit, before=before)
        records += _seen(actor, hits)
        if len(hits) < limit or len(records) >= limit:
            break
        before = hits[-1]
    return records[:limit]


def matching(actor: Actor | None, record_type: str, text: str) -> RawSQL:
    """The ids of one type's records that have every word of *text*, for ``filter(pk__in=…)``. Nothing under two characters."""
    if not is_enough(text) or not _may_search(actor):
        return RawSQL("SELECT record_id FROM lists_document WHERE 1 = 0", [])
    asked = query(text, types=[record_type], branches=_branches(actor))
    return RawSQL(_IDS[connection.vendor], [asked])  # noqa: S611  (a fixed statement; the user's text is its parameter)


def query(text: str, *, types: Collection[str] | None = None, branches: Collection[int] | None = None) -> str:
    """The database's own query for *text*: all words, the last one possibly unfinished, Chinese exactly as written."""
    write = _Tsquery() if connection.vendor == "postgresql" else _Fts5()
    clauses = [write.part(part) for part in encoder.parts(text)]
    return write.AND.join([*clauses, *map(write.any, _scope(types, branches))])


def _scope(types: Collection[str] | None, branches: Collection[int] | None) -> list[list[str]]:
    """The marks of which one each must occur. Type and branch by one mark where both narrow: to join two long lists costs most of a search."""
    kinds = None if types is None else [_type_mark(name) for name in sorted(types)]
    places = None if branches is None else [_EVERYBODY, *(f"b{number}" for number in sorted(branches))]
    if kinds and places and len(kinds) * len(places) <= _MOST_PAIRS:
        return [[f"{kind}{MARK}{place}" for kind in kinds for place in places]]
    return [marks for marks in (kinds, places) if marks is not None]


def _may_search(actor: Actor | None) -> TypeGuard[Actor]:
    """Nobody, or someone without any role, finds nothing."""
    return actor is not None and (bool(actor.grants) or actor.is_system)


def _branches(actor: Actor) -> Collection[int] | None:
    """The branches that a search covers; None for all."""
    return None if actor.is_system or actor.sees_everything else actor.branch_ids


def _seen(actor: Actor | None, hits: list[Hit]) -> list[Model]:
    by_type: dict[str, list[int]] = {}
    for record_type, record_id in hits:
        by_type.setdefault(record_type, []).append(record_id)
    getters = all_getters()  # a type without one is seen by nobody
    found = {(name, row.pk): row for name, ids in by_type.items() if name in getters for row in getters[name].all(actor).filter(pk__in=ids)}
    return [found[hit] for hit in hits if hit in found]


def newest(actor: Actor | None, record_type: str, text: str, most: int, before: int | None = None) -> list[int]:
    """The *most* highest ids of one type's records that have every word of *text*, below *before*. One statement, none under two characters."""
    if not is_enough(text) or not _may_search(actor):
        return []
    asked = query(text, types=[record_type], branches=_branches(actor))
    earlier = "" if before is None else " AND record_id < %s"
    with connections[reading_from()].cursor() as cursor:
        values: list[str | int] = [asked, most] if before is None else [asked, before, most]
        cursor.execute(f"{_IDS[connection.vendor]}{earlier} ORDER BY record_id DESC LIMIT %s", values)
        return [pk for (pk,) in cursor.fetchall()]


def marks(record_type: str, branch_id: Branches) -> list[str]:
    """What a document carries beside its words: its type, its branches, and each pair of them."""
    kind, places = _type_mark(record_type), _branch_marks(branch_id)
    return [kind, *places, *(f"{kind}{MARK}{place}" for place in places)]


def _type_mark(record_type: str) -> str:
    return "t" + record_type.lower().replace(".", MARK)


def _branch_marks(branch_id: Branches) -> list[str]:
    if branch_id is None:
        return [_EVERYBODY]
    return [f"b{number}" for number in ([branch_id] if isinstance(branch_id, int) else sorted(branch_id))]


class _Fts5:
    AND = " AND "

    def part(self, part: Part) -> str:
        star = " *" if part.prefix else ""
        if part.loose:
            *first, last = [f'"{word}"' for word in part.words]
            alone = self.AND.join([*first, last + star])
        else:
            alone = f'"{" ".join(part.words)}"{star}'
        return f'(({alone}) OR "{part.joined}"{star})' if part.joined else alone

    def any(self, marks: list[str]) -> str:
        return "(" + " OR ".join(f'"{MARK}{mark}"' for mark in marks) + ")"


class _Tsquery:
    AND = " & "

    def part(self, part: Part) -> str:
        star = ":*" if part.prefix else ""
        *first, last = [f"'{word}'" for word in part.words]
        alone = (self.AND if part.loose else " <-> ").join([*first, last + star])
        return f"(({alone}) | '{part.joined}'{star})" if part.joined else f"({alone})"

    def any(self, marks: list[str]) -> str:
        return "(" + " | ".join(f"'{MARK}{mark}'" for mark in marks) + ")"


# SQLite: CROSS JOIN keeps it from walking the table and asking the index row by row; rows come newest first by themselves.
# PostgreSQL misjudges rare words and would walk the whole table for them. So: when few records match, sort those;
# only when many do, walk from the newest, which soon ends.
_FIND = {
    "sqlite": "SELECT d.record_type, d.record_id FROM lists_words w CROSS JOIN lists_document d ON d.id = w.rowid "
    "WHERE w.lists_words MATCH %(query)s {later} ORDER BY w.rowid DESC LIMIT %(limit)s",
    "postgresql": """
        WITH few AS MATERIALIZED (
            SELECT id, record_type, record_id FROM lists_document w WHERE words @@ %(query)s::tsquery {later} LIMIT 500
        )
        SELECT record_type, record_id FROM (
            SELECT * FROM few WHERE (SELECT count(*) FROM few) < 500
            UNION ALL (
                SELECT id, record_type, record_id FROM lists_document w
                WHERE (SELECT count(*) FROM few) = 500 AND words @@ %(query)s::tsquery {later} ORDER BY id DESC LIMIT %(limit)s
            )
        ) hits ORDER BY id DESC LIMIT %(limit)s""",
}
_BEFORE = {
    "sqlite": "AND w.rowid < (SELECT id FROM lists_document WHERE record_type = %(type)s AND record_id = %(id)s)",
    "postgresql": "AND w.id < (SELECT id FROM lists_document WHERE record_type = %(type)s AND record_id = %(id)s)",
}
_IDS = {
    "sqlite": "SELECT d.record_id FROM lists_words w CROSS JOIN lists_document d ON d.id = w.rowid WHERE w.lists_words MATCH %s",
    "postgresql": "SELECT record_id FROM lists_document WHERE words @@ %s::tsquery",
}
