"""Queries compiled once. Django makes the SQL of a query set anew each time, which costs two to four times what the database needs to answer.

A ``Prepared`` remembers the SQL that a function's query set gives for values of these kinds, and afterwards only puts the values in::

    _tokens = Prepared(lambda digest: Token.objects.filter(digest=digest).select_related("person")[:1])
    rows = _tokens(digest)

The function must give query sets of the same shape whatever the values are: no branch on them, no ``None``, no empty list.
For what every request reads; elsewhere a plain query set is clearer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Generic, TypeVar

from django.db import connections, router
from django.db.models import AutoField, Model, QuerySet, prefetch_related_objects
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)
Value = int | str | datetime
BIGGEST = 2**62  # markers lie below it, and no id of ours comes near


def _as_it_is(value: Any) -> Any:
    return value


class Prepared(Generic[M]):
    """Call it with values (int, str or aware datetime) to get the rows, model instances with what they bring along."""

    def __init__(self, make: Callable[..., QuerySet[M]]) -> None:
        self.make = make
        self.known: dict[tuple[Any, ...], _Compiled] = {}

    def __call__(self, *values: Value) -> list[M]:
        """The rows for *values*. Raises TypeError when a value does not reach the SQL as it is, ValueError as the database's driver does."""
        kinds = tuple(map(type, values))
        known = self.known.get(kinds)
        if known is None:
            known = self.known[kinds] = _Compiled(self.make, kinds)
        return known.rows(values)


_compiling = Lock()


class _Compiled:
    """The query set of markers, and by database its SQL with the places where values go."""

    def __init__(self, make: Callable[..., QuerySet[Any]], kinds: tuple[type, ...]) -> None:
        self.markers = tuple(_marker(kind, number) for number, kind in enumerate(kinds))
        self.rows_of = make(*self.markers)
        self.by_database: dict[str, tuple[str, list[_Place], _Reader]] = {}

    def rows(self, values: tuple[Value, ...]) -> list[Any]:
        using = self.rows_of.db
        if using not in self.by_database:
            with _compiling:
                self.by_database[using] = self._compile(using)
        sql, places, read = self.by_database[using]
        adapted = _adapted(values, using)
        connection = connections[using]  # each thread its own
        with connection.cursor() as cursor:
            cursor.execute(sql, [place.constant if place.value is None else place.kind(adapted[place.value]) for place in places])
            rows = cursor.fetchall()
        found = [read.instance(row, connection) for row in rows]
        if found and (lookups := self.rows_of._prefetch_related_lookups):  # type: ignore[attr-defined]
            prefetch_related_objects(found, *lookups)
        return found

    def _compile(self, using: str) -> tuple[str, list[_Place], _Reader]:
        compiler = self.rows_of.using(using).query.get_compiler(using)  # a copy: compiling changes the query, which others are reading
        sql, params = compiler.as_sql()
        markers = _adapted(self.markers, using)
        places = [_place(param, markers) for param in params]
        if missing := set(range(len(markers))) - {place.value for place in places}:
            raise TypeError(f"value {min(missing)} of this query set does not reach its SQL as it is")
        return sql, places, _Reader(compiler, using)


class _Reader:
    """Makes a model instance of a row, with what ``select_related`` brought along and what was annotated: as Django does for a query set."""

    def __init__(self, compiler: Any, using: str) -> None:
        chosen, info = compiler.select, compiler.klass_info
        self.using, self.model = using, info["model"]
        self.begins, self.ends = info["select_fields"][0], info["select_fields"][-1] + 1
        self.names = [column[0].target.attname for column in chosen[self.begins : self.ends]]
        self.related = get_related_populators(info, chosen, using)  # type: ignore[call-arg]  # the stubs are of a later Django
        self.annotations = list((compiler.annotation_col_map or {}).items())
        self.converters = compiler.get_converters([column for column, _sql, _name in chosen])

    def instance(self, row: Sequence[Any], connection: Any) -> Any:
        if self.converters:
            row = list(row)
            for position, (convert, expression) in self.converters.items():
                for one in convert:
                    row[position] = one(row[position], expression, connection)
        found = self.model.from_db(self.using, self.names, row[self.begins : self.ends])
        for related in self.related:
            related.populate(row, found)
        for name, position in self.annotations:
            setattr(found, name, row[position])
        return found


@dataclass(frozen=True)
class _Place:
    """A parameter of the SQL: a constant, or the number of the value that goes there, as what the driver is to take it for."""

    constant: Any = None
    value: int | None = None
    kind: Callable[[Any], Any] = _as_it_is


def _place(param: Any, markers: list[Any]) -> _Place:
    for number, marker in enumerate(markers):
        if isinstance(param, type(marker)) and param == marker:
            return _Place(value=number, kind=_as_it_is if type(param) is type(marker) else type(param))
    return _Place(constant=param)


def _marker(kind: type, number: int) -> Value:
    """A value of *kind* that occurs nowhere else."""
    if kind is int:
        return BIGGEST - 1 - number
    if kind is str:
        return f"\ue010{number}\ue011"
    if kind is datetime:
        return datetime(9000, 1, 1 + number, tzinfo=UTC)
    raise TypeError(f"{kind.__name__}: only int, str and datetime can be put into a prepared query")


def _adapted(values: tuple[Value, ...], using: str) -> list[Any]:
    adapt = connections[using].ops.adapt_datetimefield_value
    return [adapt(value) if isinstance(value, datetime) else value for value in values]


def insert(rows: Sequence[Model], *, over: Sequence[str] = ()) -> None:
    """Write new *rows* of one model and give them their ids: ``bulk_create`` with its SQL kept. One statement.

    Either all have an id or none has. *over*: the fields of a UNIQUE constraint; a row that is there with the same values of these is overwritten.
    Like it, no signals; raises IntegrityError as the database does.
    """
    model, many = type(rows[0]), len(rows)
    using = router.db_for_write(model)
    if many * len(model._meta.concrete_fields) > _MOST and not over:
        model._base_manager.using(using).bulk_create(rows)
        return
    key = (model, using, many, rows[0].pk is None, *over)
    if key not in _inserts:
        _inserts[key] = _insert_of(model, using, many, nameless=rows[0].pk is None, over=over)
    sql, fields, returning = _inserts[key]
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(sql, [field.get_db_prep_save(field.pre_save(row, True), connection) for row in rows for field in fields])
        for row, (pk,) in zip(rows, cursor.fetchall() if returning else (), strict=False):
            row.pk = pk
    for row in rows:
        row._state.adding, row._state.db = False, using


_inserts: dict[tuple[Any, ...], tuple[str, list[Any], bool]] = {}
_MOST = 500  # values of one statement; a longer one is not worth keeping


def _insert_of(
    model: type[Model], using: str, many: int, *, nameless: bool, over: Sequence[str] = (), ids: bool = True
) -> tuple[str, list[Any], bool]:
    """(SQL, fields in its order, whether it gives ids)"""
    pk: Any = model._meta.pk
    connection = connections[using]
    quote: Callable[[Any], str] = connection.ops.quote_name
    drawn = nameless and isinstance(pk, AutoField)
    fields = [field for field in model._meta.concrete_fields if not (drawn and field is pk)]
    columns, row = ", ".join(quote(field.column) for field in fields), f"({', '.join(_hole(field, connection) for field in fields)})"
    conflict = ""
    if over:
        there = [quote(model._meta.get_field(name).column) for name in over]  # type: ignore[union-attr]
        rest = [column for field in fields if (column := quote(field.column)) not in there]
        conflict = f" ON CONFLICT ({', '.join(there)}) DO UPDATE SET {', '.join(f'{one} = EXCLUDED.{one}' for one in rest)}"
    returning = f" RETURNING {quote(pk.column)}" if drawn and ids else ""
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES {', '.join([row] * many)}{conflict}{returning}"  # noqa: S608 -- our names
    return sql, fields, drawn


def insert_and_update(rows: Sequence[Model], row: Model, names: Sequence[str]) -> None:
    """Write new *rows*, which get no ids here, and the fields *names* of *row*: one statement where the database has such, else two."""
    using = router.db_for_write(type(rows[0]))
    if connections[using].vendor != "postgresql":
        insert(rows)
        update(row, names)
        return
    model, many = type(rows[0]), len(rows)
    key = (model, using, many, type(row), *names)
    if key not in _both:
        inserting, fields, _drawn = _insert_of(model, using, many, nameless=True, ids=False)
        updating, changed, held = _update_of(type(row), using, names, [])
        _both[key] = (f"WITH written AS ({inserting}) {updating}", fields, [*changed, *held])
    sql, fields, changed = _both[key]
    connection = connections[using]
    values = [field.get_db_prep_save(field.pre_save(one, True), connection) for one in rows for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, *(field.get_db_prep_save(field.pre_save(row, False), connection) for field in changed)])


_both: dict[tuple[Any, ...], tuple[str, list[Any], list[Any]]] = {}


def update(row: Model, names: Sequence[str], **still: Any) -> bool:
    """Write the fields *names* of *row*, which is there, with the SQL kept; whether it was. One statement.

    *still*: values that fields must have in the database for that, or nothing is written ("version": the one that was read).
    """
    model: Any = type(row)
    using = router.db_for_write(model)
    key = (model, using, *names, None, *still)
    if key not in _updates:
        _updates[key] = _update_of(model, using, names, list(still))
    sql, fields, held = _updates[key]
    connection = connections[using]
    values = [field.get_db_prep_save(field.pre_save(row, False), connection) for field in fields]
    values += [field.get_db_prep_value(value, connection) for field, value in zip(held, (row.pk, *still.values()), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount > 0


_updates: dict[tuple[Any, ...], tuple[str, list[Any], list[Any]]] = {}


def _update_of(model: type[Model], using: str, names: Sequence[str], still: Sequence[str]) -> tuple[str, list[Any], list[Any]]:
    """(SQL, the fields that are written, the key and the fields that must hold still)"""
    connection = connections[using]
    quote: Callable[[Any], str] = connection.ops.quote_name
    by_name = {name: field for field in model._meta.concrete_fields for name in (field.name, field.attname)}
    fields, held = [by_name[name] for name in names], [model._meta.pk, *(by_name[name] for name in still)]
    changed = ", ".join(f"{quote(field.column)} = {_hole(field, connection)}" for field in fields)
    where = " AND ".join(f"{quote(field.column)} = %s" for field in held)
    return f"UPDATE {quote(model._meta.db_table)} SET {changed} WHERE {where}", fields, held  # noqa: S608 -- our names


def _hole(field: Any, connection: Any) -> str:
    """Where a value goes, with the cast that the field asks for."""
    return field.get_placeholder(None, None, connection) if hasattr(field, "get_placeholder") else "%s"
