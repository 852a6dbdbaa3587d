"""The arithmetic of money: plain values in, plain values out."""

from rollbook.domains.billing.rules.lessons import charge_of, lesson_price, lessons_covered
from rollbook.domains.billing.rules.pro_rata import (
    Discount,
    Given,
    Reckoning,
    instalments,
    nth_price,
    of_package,
    of_period,
)

__all__ = [
    "Discount", "Given", "Reckoning", "charge_of", "instalments", "lesson_price", "lessons_covered", "nth_price",
    "of_package", "of_period",
]
