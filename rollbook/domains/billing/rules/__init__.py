"""The arithmetic of money: plain values in, plain values out."""

from rollbook.domains.billing.rules.lessons import charge_of, lesson_price, lessons_covered
from rollbook.domains.billing.rules.tariffs import OF_KINDS, ROUND_TO, fitting, refusals

__all__ = ["OF_KINDS", "ROUND_TO", "charge_of", "fitting", "lesson_price", "lessons_covered", "refusals"]
