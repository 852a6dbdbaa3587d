"""The reckoning of a sale in words, as a person would write it: which lessons, times what, minus what."""

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollbook.domains.billing.rules import Discount, Given, Reckoning
from rollbook.foundation import formats


def in_words(reckoning: Reckoning, *, currency: str, language: str) -> tuple[str, ...]:
    """A few short lines in `language`, whatever that of the page is: the last one says the amount."""
    with translation.override(language):
        return (
            *_lessons(reckoning, language),
            *_left_out(reckoning, language),
            *_price(reckoning, language),
            *(_discount(given, language) for given in reckoning.discounts),
            *_rounding(reckoning, language),
            _("Total: {amount}").format(amount=formats.price(reckoning.amount, currency=currency, language=language)),
        )


def _lessons(reckoning: Reckoning, language: str) -> list[str]:
    count, of = len(reckoning.left), reckoning.of
    if reckoning.pricing == "whole":
        return []
    if not count:
        nothing = reckoning.way != "days" and not of
        return [_("No lessons are planned in this period.") if nothing else _("No lessons are left.")]
    days = formats.days(reckoning.left, language=language)
    if reckoning.way == "days" or count == of:
        return [ngettext("{days}: {count} lesson", "{days}: {count} lessons", count).format(days=days, count=count)]
    said = ngettext("{days}: {count} of {of} lesson", "{days}: {count} of {of} lessons", of)
    return [said.format(days=days, count=count, of=of)]


def _left_out(reckoning: Reckoning, language: str) -> list[str]:
    without = (
        (_("Without {days}: the branch is closed"), reckoning.closed),
        (_("Without {days}: a freeze"), reckoning.frozen),
    )
    return [said.format(days=formats.days(days, language=language)) for said, days in without if days]


def _price(reckoning: Reckoning, language: str) -> list[str]:
    """Of the whole, and how the part follows from it."""
    money = {
        name: formats.money(getattr(reckoning, name), language=language) for name in ("price", "whole", "before")
    }
    part, of, way = reckoning.part, reckoning.of, reckoning.way
    if reckoning.pricing == "whole":
        return [_package(reckoning.lessons, money["whole"])]
    if way == "lessons" and not part:
        return []
    if way == "lessons" and reckoning.pricing == "fixed":
        return [_("{price} a lesson × {count} = {before}").format(**money, count=part)]
    if way == "lessons" and part < of:
        lesson = formats.money(reckoning.whole / of, language=language)
        # Not by a rounded price of a lesson: whoever reckons after us shall find the same.
        exact = reckoning.whole * 100 % of == 0
        times = lesson if exact else f"{money['whole']} / {of}"
        return [
            _("{whole} / {of} {equals} {lesson} a lesson").format(
                **money, of=of, equals="=" if exact else "≈", lesson=lesson
            ),
            f"{times} × {part} = {money['before']}",
        ]
    whole = (
        _("{price} a lesson, {whole} for the whole period") if reckoning.pricing == "fixed" else _("{whole} a month")
    )
    lines = [whole.format(**money)]
    if way == "days" and part < of:
        said = ngettext("{part} of {of} day: {sum}", "{part} of {of} days: {sum}", of)
        lines.append(said.format(part=part, of=of, sum=f"{money['whole']} / {of} × {part} = {money['before']}"))
    if way == "none" and part < of:
        lines.append(_("The price does not depend on the first day."))
    return lines


def _package(lessons: int | None, whole: str) -> str:
    if lessons is None:
        return _("Price: {whole}").format(whole=whole)
    return ngettext("{count} lesson: {whole}", "{count} lessons: {whole}", lessons).format(count=lessons, whole=whole)


def _discount(given: Given, language: str) -> str:
    """Sibling discount (brother at chess), 10%: −320."""
    name = _name(given.discount)
    if given.discount.reason:
        name = _("{discount} ({reason})").format(discount=name, reason=given.discount.reason)
    taken = formats.money(-given.sum, language=language)
    percent, amount = given.discount.percent, given.discount.amount
    if percent is not None:
        places = max(-int(percent.normalize().as_tuple().exponent), 0)
        return f"{name}, {formats.percent(percent / 100, language=language, places=places)}: {taken}"
    if amount is None or amount == given.sum:
        return f"{name}: {taken}"
    whole = formats.money(amount, language=language)
    return _("{discount}, {amount} off the whole price: {taken}").format(discount=name, amount=whole, taken=taken)


def _name(discount: Discount) -> str:
    return {
        "permanent": _("Permanent discount"),
        "sibling": _("Sibling discount"),
        "second": _("Discount for a second programme"),
        "once": _("One-time discount"),
    }[discount.kind]


def _rounding(reckoning: Reckoning, language: str) -> list[str]:
    if not reckoning.rounded:
        return []
    return [_("Rounded up: {sum}").format(sum=formats.signed(reckoning.rounded, language=language))]
