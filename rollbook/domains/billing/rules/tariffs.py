"""What a tariff of each kind says: plain values in, plain values out."""

from collections.abc import Collection, Mapping
from typing import Any

from rollbook.foundation.tables import N_

_WHOLE = ("package", "course", "one_off")
_IN_PARTS = ("package", "course")
_SOLD = ("month", "package", "course")

ROUND_TO = (0, 1, 10, 50, 100)
OF_KINDS: Mapping[str, tuple[Collection[str], object]] = {
    "lessons": (_IN_PARTS, None),
    "days": (_WHOLE, None),
    "instalments": (_IN_PARTS, 1),
    "month_from": (("month",), "calendar"),
    "pro_rata": (("month",), "lessons"),
    "round_to": (("month",), 0),
    "burns": (("month", *_WHOLE), False),
    "freezing": (_SOLD, "gives_back"),
    "freeze_days": (_SOLD, None),
    "sibling_discount": (("month", *_WHOLE), 0),
    "second_discount": (("month", *_WHOLE), 0),
}
"""Fields that not every kind has: those which have it, and what the others are given instead."""


def fitting(told: Mapping[str, Any]) -> dict[str, Any]:
    """All fields of a tariff, as its kind has them: what does not belong to it is left out, what follows is put in."""
    kind, fits = told["kind"], dict(told)
    for name, (kinds, otherwise) in OF_KINDS.items():
        if kind not in kinds:
            fits[name] = otherwise
    if kind == "one_off":
        fits["lessons"] = 1
    if fits["freezing"] == "counts":
        fits["freeze_days"] = None
    return fits | {"pricing": _pricing(kind, told["pricing"])}


def _pricing(kind: str, told: str) -> str:
    """Only of a month there are two ways; where none of them is told, the price is that of the month."""
    if kind == "month":
        return told if told in ("fixed", "month") else "month"
    return "fixed" if kind == "lesson" else "whole"


def refusals(told: Mapping[str, Any]) -> dict[str, str]:
    """What makes no sense in the fields of a tariff that fit its kind, by field; the sentences are not translated."""
    wrong = {}
    if told["kind"] in _IN_PARTS and not told["lessons"]:
        wrong["lessons"] = N_("How many lessons are bought, please.")
    if told["kind"] == "lesson" and told["charged"] != "lesson":
        wrong["charged"] = N_("What is paid lesson by lesson is written off as lessons happen.")
    if told["instalments"] > 1 and told["charged"] != "start":
        wrong["instalments"] = N_("In instalments comes only what is written off at the start.")
    if told["round_to"] not in ROUND_TO:
        wrong["round_to"] = N_("0, 1, 10, 50 or 100, please.")
    if (told["kind"], told["month_from"], told["freezing"]) == ("month", "calendar", "extends"):
        wrong["freezing"] = N_("A calendar month ends with the month: it cannot end later.")
    return wrong
