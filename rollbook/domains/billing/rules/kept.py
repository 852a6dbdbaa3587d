"""A reckoning as it is kept with what was sold by it, and read again."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from rollbook.domains.billing.rules.pro_rata import Discount, Given, Reckoning

_DAYS = ("left", "closed", "frozen")
_SUMS = ("price", "whole", "before", "amount", "rounded", "unit")


def as_json(reckoning: Reckoning) -> dict[str, Any]:
    """In values that JSON knows: sums as texts, days as ISO."""
    kept: dict[str, Any] = {field.name: getattr(reckoning, field.name) for field in fields(Reckoning)}
    kept |= {name: [day.isoformat() for day in kept[name]] for name in _DAYS}
    kept |= {name: str(kept[name]) for name in _SUMS}
    kept["discounts"] = [
        {
            "kind": given.discount.kind, "percent": _text(given.discount.percent),
            "amount": _text(given.discount.amount), "reason": given.discount.reason, "sum": str(given.sum),
        }
        for given in reckoning.discounts
    ]
    return kept


def from_json(kept: Mapping[str, Any]) -> Reckoning:
    """What `as_json` made; what else is kept beside it is left out."""
    told = {field.name: kept[field.name] for field in fields(Reckoning)}
    told |= {name: tuple(date.fromisoformat(day) for day in kept[name]) for name in _DAYS}
    told |= {name: Decimal(kept[name]) for name in _SUMS}
    told["discounts"] = tuple(
        Given(
            Discount(
                kind=one["kind"], percent=_sum(one["percent"]), amount=_sum(one["amount"]), reason=one["reason"]
            ),
            Decimal(one["sum"]),
        )
        for one in kept["discounts"]
    )
    return Reckoning(**told)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _sum(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
