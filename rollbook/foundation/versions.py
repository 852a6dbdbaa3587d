"""Two who edit the same thing: what was asked is laid beside what stands."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple, cast

from django.db.models import Field, Model
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from rollbook.foundation import formats
from rollbook.foundation.errors import Refused


class Stale(Refused):
    sentence = _("Somebody has changed this in the meantime: compare, and save again if yours is right.")


class Difference(NamedTuple):
    """What an edit changes, by name of the column, in values that JSON knows."""

    old: dict[str, object]
    new: dict[str, object]


def alter(row: Model, wanted: Mapping[str, object], *, seen: int | None) -> Difference | None:
    """Give the row the wanted values and its next version; None, and nothing done, where it has them already.

    `seen` is the version that was looked at: where another one stands by now, Stale names each value that would be
    overwritten. Without it nothing is compared. The caller has locked the row, and saves it.
    """
    differing = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if not differing:
        return None
    _refuse_stale(row, differing, seen=seen)
    old = {name: plain(getattr(row, name)) for name in differing}
    for name, value in differing.items():
        setattr(row, name, value)
    row.version += 1  # type: ignore[attr-defined]
    return Difference(old, {name: plain(value) for name, value in differing.items()})


def _refuse_stale(row: Model, differing: Mapping[str, object], *, seen: int | None) -> None:
    version: int = row.version  # type: ignore[attr-defined]
    if seen is None or seen == version:
        return
    raise Stale(
        values=[
            {
                "field": name,
                "label": str(_field(row, name).verbose_name),
                "yours": _shown(_field(row, name), value),
                "theirs": _shown(_field(row, name), getattr(row, name)),
                "version": version,
            }
            for name, value in differing.items()
        ]
    )


def plain(value: object) -> object:
    """A value as JSON keeps it."""
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _field(row: Model, name: str) -> "Field[object, object]":
    return cast("Field[object, object]", row._meta.get_field(name))


def _shown(field: "Field[object, object]", value: object) -> object:
    """As a person reads it: the name of what a key points at, the label of a choice."""
    if value in (None, "", []):
        return "—"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if field.is_relation:
        target = cast(type[Model], field.related_model)
        return target._base_manager.filter(pk=value).values_list("name", flat=True).first() or value
    if field.flatchoices:
        return str(dict(field.flatchoices).get(value, value))
    return _written(value)


def _written(value: object) -> str:
    language = (get_language() or "en").partition("-")[0]
    match value:
        case bool():
            return gettext("yes") if value else gettext("no")
        case datetime():
            return formats.moment(value, language=language)
        case date():
            return formats.short_day(value, language=language)
        case time():
            return formats.clock(value)
        case Decimal():
            return formats.money(value, language=language)
        case list():
            return str(len(value))
    return str(value)
