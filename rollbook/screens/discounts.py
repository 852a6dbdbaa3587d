"""What a client is let off of whatever is sold to them: a page, which the API tells as well."""

from dataclasses import dataclass
from datetime import date, datetime

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.billing import queries as billing
from rollbook.domains.billing.models import ClientDiscount
from rollbook.domains.billing.queries import StandingDiscount
from rollbook.domains.history.actions import note_reading
from rollbook.domains.people.models import Client
from rollbook.foundation.periods import local


@dataclass(frozen=True, slots=True)
class Page:
    client_id: int
    client: str
    today: date
    """In the client's branch."""
    discounts: tuple[StandingDiscount, ...]
    """The latest first."""
    may_give: bool
    limit: int | None
    """Up to how many per cent whoever asks may give; None: any discount."""

    @property
    def coming(self) -> tuple[StandingDiscount, ...]:
        """Those of today and of time to come, the next one first."""
        return tuple(each for each in reversed(self.discounts) if each.until is None or each.until > self.today)

    @property
    def past(self) -> tuple[StandingDiscount, ...]:
        return tuple(each for each in self.discounts if each.until is not None and each.until <= self.today)


def page(*, client_id: int, at: datetime, by: Actor) -> Page:
    """For those who see the client's money; the reasons tell of the client, so it is written down as the card is."""
    row = Client.objects.select_related("branch").pick(by, Permission.MONEY_SEE, client_id)
    note_reading(subject=f"client:{row.pk}", at=at, by=by)
    may = Client.objects.all().held_on(by, client_id, Permission.SUBSCRIPTION_SELL, Permission.DISCOUNT_EXCEED)
    limit = house().discount_limit
    return Page(
        row.pk, row.name, local(at, row.branch.time_zone).date(),
        billing.discounts_of(clients=[client_id], on=None, by=by).get(client_id, ()),
        may_give=Permission.SUBSCRIPTION_SELL in may,
        limit=None if Permission.DISCOUNT_EXCEED in may or limit == 100 else limit,
    )


def client_of(*, discount_id: int, by: Actor) -> int:
    return ClientDiscount.objects.pick(by, Permission.SUBSCRIPTION_SELL, discount_id).client_id
