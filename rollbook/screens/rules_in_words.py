"""What a tariff says of missed lessons, pauses and ends, or a subscription since its sale: in sentences."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollbook.domains.access.queries import House
from rollbook.domains.billing.models import Charged, Freezing, Subscription, Tariff


def rules_in_words(rules: Tariff | Subscription, *, instalments: int, house: House) -> tuple[str, ...]:
    """A few short sentences, in the language of the page."""
    at_start = rules.charged == Charged.START
    return tuple(
        sentence for sentence in (
            _written_off(at_start, instalments),
            _missed(rules.missed_share),
            _excused(rules.excused_share),
            *(_worked_off(rules, at_start, house) if house.make_ups and rules.excused_share < 100 else ()),
            _rest(rules.burns, at_start),
            _freeze(rules),
        )
    )


def _written_off(at_start: bool, instalments: int) -> str:
    if not at_start:
        return _("Written off lesson by lesson, as they happen.")
    if instalments == 1:
        return _("Written off at the start.")
    said = ngettext(
        "Written off in {count} part, a month apart.", "Written off in {count} parts, a month apart.", instalments
    )
    return said.format(count=instalments)


def _missed(share: int) -> str:
    if share == 0:
        return _("A missed lesson costs nothing.")
    return _("A missed lesson costs {share} of its price.").format(share=f"{share}%") if share < 100 else _(
        "A missed lesson costs as much as any."
    )


def _excused(share: int) -> str:
    if share == 0:
        return _("An excused lesson costs nothing.")
    return _("An excused lesson costs {share} of its price.").format(share=f"{share}%") if share < 100 else _(
        "An excused lesson costs as much as any."
    )


def _worked_off(rules: Tariff | Subscription, at_start: bool, house: House) -> tuple[str, ...]:
    days = rules.make_up_days or house.make_up_days
    told = [
        ngettext(
            "It may be worked off within {count} day.", "It may be worked off within {count} days.", days
        ).format(count=days)
    ]
    most = rules.make_ups_a_month
    if most is not None:
        told.append(ngettext("{count} make-up a month at most.", "{count} make-ups a month at most.", most).format(
            count=most
        ))
    share = rules.lapsed_share
    if at_start and share < 100:
        told.append(_("What is not worked off in time comes back to the balance: {share} of its price.").format(
            share=f"{100 - share}%"
        ))
    elif share:
        told.append(_("What is not worked off in time burns: {share} of its price.").format(share=f"{share}%"))
    return tuple(told)


def _rest(burns: bool, at_start: bool) -> str:
    if burns:
        return _("Lessons that are not used by the end burn.")
    if at_start:
        return _("Lessons that are not used by the end come back to the balance.")
    return _("Lessons that are not used by the end are not written off.")


def _freeze(rules: Tariff | Subscription) -> str:
    if rules.freezing == Freezing.COUNTS:
        return _("A freeze changes nothing: time goes on.")
    gives_back = rules.freezing == Freezing.GIVES_BACK
    if rules.freeze_days is None:
        return _("Frozen lessons are not charged.") if gives_back else _("A freeze makes it end later by its days.")
    said = (
        ngettext(
            "Frozen lessons are not charged, for {count} day at most.",
            "Frozen lessons are not charged, for {count} days at most.", rules.freeze_days,
        )
        if gives_back else ngettext(
            "A freeze makes it end later by its days, {count} day at most.",
            "A freeze makes it end later by its days, {count} days at most.", rules.freeze_days,
        )
    )
    return said.format(count=rules.freeze_days)
