"""What a row is, and what hangs on it: told by the models themselves, so that a new table is known by being there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CASCADE, Exists, ForeignKey, Model, OuterRef, QuerySet, TextField
from django.db.models.functions import MD5, Cast, JSONObject

Reference = ForeignKey[Any, Any]


def parts(model: type[Model]) -> tuple[Reference, ...]:
    """The foreign keys of rows that belong to a row of `model` and fall with it: its pairs of many to many, and what
    is declared to go when it goes."""
    return tuple(field for field in _pointing(model) if _is_part(field, model))


def references(model: type[Model]) -> tuple[Reference, ...]:
    """All other foreign keys that point at `model`: while such a row stands, it must stand, too."""
    return tuple(field for field in _pointing(model) if not _is_part(field, model))


def free(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those at which nothing points but their own parts."""
    for field in references(rows.model):
        rows = rows.exclude(Exists(field.model._base_manager.filter(**{field.name: OuterRef("pk")})))
    return rows


def shape(model: type[Model]) -> list[str]:
    """What a row consists of: its columns, and those of its parts as `table.column`."""
    own = [field.attname for field in _columns(model)]
    of_parts = {part.model._meta.db_table: part.model for part in parts(model)}
    return own + [f"{table}.{field.attname}" for table, of in of_parts.items() for field in _columns(of)]


def fingerprints(rows: QuerySet[Any], *, shape: Sequence[str]) -> dict[int, str]:
    """Rows with all their parts, by id each in one word: another one as soon as anything of it has changed.

    `shape` says which columns count, so that rows can be compared with what they were before a table got a new one.
    KeyError where one of them is there no more.
    """
    model = rows.model
    own = _values(model, [name for name in shape if "." not in name])
    of_parts = {
        f"{part.model._meta.db_table}.{part.name}": ArraySubquery(
            part.model._base_manager.filter(**{part.name: OuterRef("pk")}).order_by("pk")
            .values_list(JSONObject(**_values(part.model, columns)))
        )
        for part in parts(model) if (columns := _of_table(shape, part.model._meta.db_table))
    }
    whole = MD5(Cast(JSONObject(**own, **of_parts), TextField()))
    return dict(rows.values_list("pk", whole))


def _of_table(shape: Sequence[str], table: str) -> list[str]:
    return [name.partition(".")[2] for name in shape if name.startswith(f"{table}.")]


def _values(model: type[Model], columns: Sequence[str]) -> Mapping[str, str]:
    there = {field.attname for field in _columns(model)}
    if gone := set(columns) - there:
        raise KeyError(*sorted(gone))
    return {name: name for name in columns}


def _columns(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not getattr(field, "generated", False)]


def _pointing(model: type[Model]) -> Iterator[Reference]:
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one):
            yield cast(Reference, relation.field)  # type: ignore[union-attr]


def _is_part(field: Reference, model: type[Model]) -> bool:
    """Both ends of a plain many to many fall with it; but it is a part of the model that declares it."""
    declared_by: object = field.model._meta.auto_created
    return field.remote_field.on_delete is CASCADE and (not declared_by or declared_by is model)
