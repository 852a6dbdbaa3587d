"""Queries that are put together once, with blanks, and afterwards only filled in.

To build and to compile a query takes the ORM up to a millisecond, often longer than the database takes to answer it; a
page asks a dozen of them. What is kept here is the ORM's own SQL, letter for letter the same at each call, so that the
database may keep its plan, too.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, wraps
from typing import Any, TypeAlias

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import Expression, Field, Lookup, Model, QuerySet
from django.db.models.fields.related import ForeignObject
from django.db.models.query import ModelIterable, get_related_populators

Rows: TypeAlias = QuerySet[Any, Any]


class Blank(Expression):
    """A value that is not known yet, known by its name."""

    def __init__(self, name: object) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", (self,)

    def get_group_by_cols(self) -> list[Any]:
        return []


@Field.register_lookup
class Like(Lookup):
    """`search__like=pattern`: a pattern as the database knows them (texts.pattern), and not made anew from its word."""

    lookup_name = "like"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, of_left = self.process_lhs(compiler, connection)
        right, of_right = self.process_rhs(compiler, connection)
        return f"{left} LIKE {right}", (*of_left, *of_right)


@Field.register_lookup
@ForeignObject.register_lookup
class AnyOf(Lookup):
    """`client__any=ids`: one of them, like `in`, but the SQL is the same however many there are."""

    lookup_name = "any"

    def get_prep_lookup(self) -> Any:
        return self.rhs if hasattr(self.rhs, "resolve_expression") else list(self.rhs)

    def get_db_prep_lookup(self, value: Any, connection: Any) -> Any:
        return "%s", (value,)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, of_left = self.process_lhs(compiler, connection)
        right, of_right = self.process_rhs(compiler, connection)
        return f"{left} = ANY({right})", (*of_left, *of_right)


class Compiled:
    """The SQL of a queryset, and where its blanks are. It is asked where people write, never of a standby, so that
    what was put together during a read that may be a moment old serves the others as well."""

    def __init__(self, rows: Rows, *, keeps_plan: bool = True) -> None:
        if rows._prefetch_related_lookups or rows._known_related_objects:  # type: ignore[attr-defined]
            raise TypeError("Only one statement can be put together once: prefetch around it.")
        self._keeps_plan = keeps_plan
        compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        self._params: tuple[Any, ...] = ()
        self._read: Callable[[Any], Any] | None = None
        try:
            self._sql, self._params = compiler.as_sql()
        except EmptyResultSet:  # what can be seen to find nothing
            self._sql = ""
        else:
            convert = _converter(compiler)
            self._read = _instances(compiler, convert) if rows._iterable_class is ModelIterable else convert

    def rows(self, fill: Callable[[Any], Any]) -> Iterable[Any]:
        """What is found: tuples, or rows of the model; `fill` gives the value of a blank by its name."""
        if not self._sql:
            return ()
        values = [fill(p.name) if isinstance(p, Blank) else p for p in self._params]
        found = _asked(self._sql, values, keeps_plan=self._keeps_plan)
        return map(self._read, found) if self._read else found


def _asked(sql: str, values: list[Any], *, keeps_plan: bool) -> list[Any]:
    # The ORM's own cursors write the values into the text. Apart from it the database may keep the plan; only where
    # statements are shown, they are shown with their values.
    with _apart() if keeps_plan and not connection.queries_logged else connection.cursor() as cursor:
        cursor.execute(sql, values)
        found: list[Any] = cursor.fetchall()
    return found


def _apart() -> Any:
    """What `connection.cursor()` does, for a cursor that sends values apart from the text."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    connection.validate_thread_sharing()
    return connection.make_cursor(ServerBindingCursor(connection.connection))  # type: ignore[arg-type, call-arg]


def insert(
    model: type[Model], rows: Sequence[Model], *, known_by: tuple[str, ...] = (), changing: tuple[str, ...] = ()
) -> list[int]:
    """What `bulk_create` does, by a statement that is put together once for any number of rows, each column an array;
    returns the ids in the order of the rows. Where rows are known by some fields, those that stand are changed."""
    if not rows:
        return []
    fields, sql = _inserting(model, known_by, changing)
    return [pk for (pk,) in _asked(sql, [_column(field, rows) for field in fields], keeps_plan=True)]


def _column(field: Any, rows: Sequence[Model]) -> list[Any]:
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows]
    # An array is of one type: a member of an enumeration is no string to the driver.
    return [str(value) if isinstance(value, str) else value for value in values]


@cache
def _inserting(
    model: type[Model], known_by: tuple[str, ...], changing: tuple[str, ...]
) -> tuple[tuple[Any, ...], str]:
    fields = tuple(field for field in model._meta.concrete_fields if not (field.primary_key or field.generated))
    columns = ", ".join(_quoted(field.column) for field in fields)
    # Without its length: to cast a text to a shorter one would cut it, and nobody would be told.
    arrays = ", ".join(f"%s::{str(field.db_type(connection)).partition('(')[0]}[]" for field in fields)
    sql = f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) SELECT * FROM unnest({arrays})"  # noqa: S608
    if known_by:
        column_of = {field.name: _quoted(field.column) for field in fields}
        keys = ", ".join(column_of[name] for name in known_by)
        changes = ", ".join(f"{column_of[name]} = excluded.{column_of[name]}" for name in changing)
        sql += f" ON CONFLICT ({keys}) DO UPDATE SET {changes}"
    return fields, f"{sql} RETURNING {_quoted(model._meta.pk.column)}"


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(str(name))


def _converter(compiler: Any) -> Callable[[Any], Any] | None:
    """What the ORM does to JSON and the like; None where it does nothing."""
    converters = compiler.get_converters([column for column, *_ in compiler.select])
    if not converters:
        return None

    def convert(row: Any) -> Any:
        values = list(row)
        for place, (each, column) in converters.items():
            for converter in each:
                values[place] = converter(values[place], column, connection)
        return values

    return convert


def _instances(compiler: Any, convert: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    """As the ORM makes rows of a model, with those that are selected along and with annotations."""
    info, model = compiler.klass_info, compiler.klass_info["model"]
    columns = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
    names = [column.target.attname for column, *_ in compiler.select[columns]]
    related = get_related_populators(info, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]
    annotations = compiler.annotation_col_map

    def read(row: Any) -> Any:
        values = convert(row) if convert else row
        instance = model.from_db(DEFAULT_DB_ALIAS, names, values[columns])
        for each in related:
            each.populate(values, instance)
        for name, place in annotations.items():
            setattr(instance, name, values[place])
        return instance

    return read


def once(build: Callable[..., Rows], *, keeps_plan: bool = True) -> Callable[..., Iterable[Any]]:
    """A query that is the same for everybody, put together at its first call; `build` is given blanks for values."""

    @cache
    def made(names: tuple[str, ...]) -> Compiled:
        return Compiled(build(**{name: Blank(name) for name in names}), keeps_plan=keeps_plan)

    @wraps(build)
    def ask(**values: Any) -> Iterable[Any]:
        return made(tuple(values)).rows(values.__getitem__)

    return ask
