"""A status is a row of switches (spec 12, 1); what a make-up costs (spec 02); plain values in, plain values out."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple


class Switches(NamedTuple):
    """What a mark means at the moment it is set, and keeps meaning."""

    present: bool = False
    uses_lesson: bool = False
    pays_teacher: bool = False
    share: int = 0
    """Per cent of the lesson's price that is charged."""
    make_up_days: int | None = None
    """How many days long the miss may be worked off; None: not at all."""
    lapse_share: int = 0
    """Per cent of the price that it costs beyond `share` when that time is over, unused."""


class Means(NamedTuple):
    """What marks in a lesson mean, and what the whole lesson costs: handed down, since tariffs stand above."""

    switches: Mapping[str, Switches]
    price: Decimal
    using: Decimal | None = None
    """The price where a lesson of a subscription is used, if that is another one: the last one takes the rounding."""
    prepaid: bool = False
    """A subscription has paid for it already."""

    def price_of(self, row: Switches) -> Decimal:
        return self.using if row.uses_lesson and self.using is not None else self.price


def switches(
    *, missed_share: int, excused_share: int, make_up_days: int | None, missed_may_be_worked_off: bool,
    lapsed_share: int = 0,
) -> Mapping[str, Switches]:
    """The switches of each stored status, by the tariff and the rules of the organisation."""
    return {
        "planned": Switches(),
        "attended": Switches(present=True, uses_lesson=True, pays_teacher=True, share=100),
        "missed": Switches(
            uses_lesson=missed_share > 0,
            share=missed_share,
            make_up_days=make_up_days if missed_may_be_worked_off else None,
            lapse_share=max(lapsed_share - missed_share, 0) if missed_may_be_worked_off else 0,
        ),
        "excused": Switches(
            uses_lesson=excused_share > 0, share=excused_share, make_up_days=make_up_days,
            lapse_share=max(lapsed_share - excused_share, 0),
        ),
    }


def of_kind(row: Switches, *, kind: str) -> Switches:
    """The same row for a guest: a trial costs nothing, and no guest earns the right to a make-up."""
    if kind == "regular":
        return row
    return row._replace(make_up_days=None, lapse_share=0, share=0 if kind == "trial" else row.share)


def of_make_up(row: Switches, *, miss_share: int, miss_uses: bool) -> Switches:
    """The same row for a visit that works off a miss of which `miss_share` per cent were charged already. Of the two
    one uses up a lesson."""
    return row._replace(
        share=100 - miss_share if row.present else 0, uses_lesson=row.present and not miss_uses, make_up_days=None,
        lapse_share=0,
    )


def decided(row: Switches, *, charged: bool | None, miss_share: int = 0, miss_uses: bool = False) -> Switches:
    """The same row where somebody has decided whether it is charged (None: nobody has). A visit that works off a miss
    costs no more than what the miss has left of the price."""
    if charged is None:
        return row
    return row._replace(
        share=100 - miss_share if charged else 0, uses_lesson=charged and not miss_uses,
        lapse_share=0 if charged else row.lapse_share,
    )


def make_up_until(*, day: date, row: Switches) -> date | None:
    """The last day on which a miss of `day` may be worked off."""
    return None if row.make_up_days is None else day + timedelta(days=row.make_up_days)


def attended_share(counts: Mapping[int, tuple[int, int]]) -> int | None:
    """Per cent of those marked who came, over lessons given as (came, marked); None where nobody was marked."""
    came, marked = (sum(pair[i] for pair in counts.values()) for i in (0, 1))
    return round(100 * came / marked) if marked else None


AGES_APART = timedelta(days=731)
"""How far a guest may be in age from the middle of a group: two years."""


def suits(*, born: date | None, on: date, min_age: int | None, max_age: int | None, middle: date | None) -> bool:
    """Whether a client fits into a group: by the ages of its programme (whole years, both inclusive), and near the
    members, whose births lie around `middle`. What is not known does not part them."""
    if born is None:
        return True
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    if not (min_age or 0) <= age <= (max_age or age):
        return False
    return middle is None or abs(born - middle) <= AGES_APART
