"""The list of clients, and the search among them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, CharField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups.models import Enrolment
from rollbook.domains.people.models import Client, Kinship, Relation
from rollbook.foundation.keys import Key, Page, paged
from rollbook.foundation.periods import local_day
from rollbook.foundation.phones import digits_sought
from rollbook.foundation.texts import sought

PAGE = 50
CANDIDATES = 200
"""Of more that fit, the first found are shown, not the first by name (spec 11)."""
SHORT = 3
"""Words shorter than this are sought at the beginning of a name alone."""


@dataclass(frozen=True, slots=True)
class Row:
    client_id: int
    name: str
    birth_date: date | None
    today: date
    """In the client's branch."""
    branch: str
    groups: tuple[str, ...]
    payer: str
    kinship: Kinship | None
    phone: str | None
    """None for those who may not see phones."""
    balance: Decimal | None


@dataclass(frozen=True, slots=True)
class Listed:
    rows: tuple[Row, ...]
    page: Page
    may_add: bool


def listed(*, at: datetime, by: Actor, words: str = "", after: Key | None = None) -> Listed:
    """A page of clients by name; with `words` those whose name, or whose contact's name or phone, has all of them.

    ё and е are one letter; a phone is known by four digits or more, in any spelling. Two statements.
    """
    seen = Client.objects.visible_to(by, Permission.CLIENT_SEE).filter(archived_at=None)
    if words.strip():
        seen = seen.filter(pk__in=_found(words, by))
    rows, page = paged(seen.values_list("search", "pk"), after=after, size=PAGE)
    ids = [pk for _, pk in rows]
    details = {row.client_id: row for row in _details(ids, at, by)}
    return Listed(tuple(details[pk] for pk in ids), page, by.may_in_some_branch(Permission.CLIENT_EDIT))


def _found(words: str, by: Actor) -> QuerySet[Client]:
    """The first that fit, unsorted: to sort all that fit a letter would be to read them all."""
    clients = Client.objects.visible_to(by, Permission.CLIENT_SEE).filter(archived_at=None)
    if digits := digits_sought(words):
        if not by.may(Permission.PHONE_SEE):
            return clients.none()
        reached = Client.objects.visible_to(by, Permission.PHONE_SEE).filter(relations__contact__phone__contains=digits)
        return clients.filter(pk__in=reached.values("pk"))[:CANDIDATES]
    for word in sought(words):
        how = "startswith" if len(word) < SHORT else "contains"
        of_contacts = Relation.objects.filter(**{f"contact__search__{how}": word}).values("client")
        clients = clients.filter(Q(**{f"search__{how}": word}) | Q(pk__in=of_contacts))
    return clients[:CANDIDATES]


def _details(ids: Collection[int], at: datetime, by: Actor) -> Iterator[Row]:
    payer = Relation.objects.filter(client=OuterRef("pk"), pays=True)
    rows = (
        Client.objects.filter(pk__in=ids)
        .annotate(
            today=local_day(at, "branch__time_zone"),
            group_names=_group_names(at, by),
            payer=Subquery(payer.values("contact__name")[:1]),
            payer_is=Subquery(payer.values("kinship")[:1]),
            payer_phone=_if_seen(Permission.PHONE_SEE, by, Subquery(payer.values("contact__phone")[:1])),
            money=_if_seen(Permission.MONEY_SEE, by, Coalesce("account__balance", Decimal("0.00"))),
        )
        .values_list(
            "pk", "name", "birth_date", "today", "branch__name", "group_names", "payer", "payer_is", "payer_phone",
            "money",
        )
    )
    for pk, name, born, today, branch, groups, contact, kinship, phone, balance in rows:
        yield Row(
            pk, name, born, today, branch, tuple(groups), contact or "", Kinship(kinship) if kinship else None, phone,
            balance,
        )


def _group_names(at: datetime, by: Actor) -> Combinable:
    """Of the groups where the client is today, as far as they are seen."""
    nothing = Value([], output_field=ArrayField(CharField()))
    if not by.may(Permission.JOURNAL_SEE):
        return nothing
    seen = Enrolment.objects.visible_to(by, Permission.JOURNAL_SEE)
    today = seen.on(local_day(at, "group__branch__time_zone")).filter(client=OuterRef("pk"))
    return ArraySubquery(today.order_by("group__search", "group").values("group__name"))


def _if_seen(permission: Permission, by: Actor, value: Combinable) -> Combinable:
    """The value where one holds the permission on the client, else nothing."""
    if not by.may(permission):
        return Value(None, output_field=CharField())
    return Case(When(pk__in=Client.objects.visible_to(by, permission).values("pk"), then=value))
