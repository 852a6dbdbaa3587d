"""The arithmetic of money: plain values in, plain values out."""

from rollbook.domains.billing.rules.lessons import charge_of, lesson_price, lessons_covered
from rollbook.domains.billing.rules.split import Due, split

__all__ = ["Due", "charge_of", "lesson_price", "lessons_covered", "split"]
