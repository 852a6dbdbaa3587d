"""The arithmetic of money: plain values in, plain values out."""

from rollbook.domains.billing.rules.contracts import next_numbers
from rollbook.domains.billing.rules.kept import as_json, from_json
from rollbook.domains.billing.rules.lessons import charge_of, lesson_price, lessons_covered
from rollbook.domains.billing.rules.periods import extended, frozen_lessons, month_around, months_later
from rollbook.domains.billing.rules.pro_rata import (
    Discount,
    Given,
    Reckoning,
    instalments,
    nth_price,
    of_package,
    of_period,
)
from rollbook.domains.billing.rules.split import Due, split
from rollbook.domains.billing.rules.tariffs import OF_KINDS, ROUND_TO, fitting, refusals

__all__ = [
    "OF_KINDS", "ROUND_TO", "Discount", "Due", "Given", "Reckoning", "as_json", "charge_of", "extended", "fitting",
    "from_json", "frozen_lessons", "instalments", "lesson_price", "lessons_covered", "month_around", "months_later",
    "next_numbers", "nth_price", "of_package", "of_period", "refusals", "split",
]
