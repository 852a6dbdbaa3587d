"""The list of clients, and the search among them."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, CharField, Exists, F, FilteredRelation, OuterRef, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.scoping import compiled
from rollbook.domains.groups.models import Enrolment
from rollbook.domains.people.models import Client, ClientQuerySet, Kinship, Relation, RelationQuerySet
from rollbook.foundation.compiled import Rows
from rollbook.foundation.keys import Key, Page, cut, following
from rollbook.foundation.periods import local_day
from rollbook.foundation.phones import digits_sought
from rollbook.foundation.texts import pattern, sought

PAGE = 50
FOUND = 20
"""So many are offered to choose one from."""
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
    may_see_money: bool


def listed(*, at: datetime, by: Actor, words: str = "", after: Key | None = None) -> Listed:
    """A page of clients by name; with `words` those whose name, or a contact's name or phone, has all of them.

    Where nobody has all, those who have some of them while a contact has the others. ё and е are one letter; a phone is
    known by four digits or more, in any spelling. Two statements, three where the first finds nobody.
    """
    rows, page = cut(_listed(words, after, by), after=after, size=PAGE)
    details = {row.client_id: row for row in _details([pk for _, pk in rows], at, by)}
    return Listed(
        tuple(details[pk] for _, pk in rows), page, by.may_in_some_branch(Permission.CLIENT_EDIT),
        by.may(Permission.MONEY_SEE),
    )


def found(*, words: str, at: datetime, by: Actor) -> tuple[Row, ...]:
    """Whom the words fit, the first few, for a form that chooses one; nobody without words, or for those who see no
    clients."""
    return listed(words=words, at=at, by=by).rows[:FOUND] if words and by.may(Permission.CLIENT_SEE) else ()


def _listed(words: str, after: Key | None, by: Actor) -> Iterable[Any]:
    """Sort name and id of those on the page, and of one more."""
    place: dict[str, object] = {"after_search": after.search, "after_pk": after.pk} if after else {}
    if digits := digits_sought(words):
        return _by_phone(by, PAGE, phone=pattern(digits), **place) if by.may(Permission.PHONE_SEE) else ()
    # The longest word is the one that fits fewest: it finds candidates, and the others are asked of those alone.
    patterns = [pattern(word, anywhere=len(word) >= SHORT) for word in sorted(sought(words), key=len, reverse=True)]
    if not patterns:
        return _by_name(by, PAGE, **place)
    told = {f"word_{n}": like for n, like in enumerate(patterns)} | place
    found = list(_by_words(by, PAGE, len(patterns), **told))
    return found if found or len(patterns) == 1 else _by_words_apart(by, PAGE, len(patterns), **told)


def _seen(by: Actor) -> ClientQuerySet:
    return Client.objects.visible_to(by, Permission.CLIENT_SEE).filter(archived_at=None)


def _page(rows: ClientQuerySet, size: int, after_search: Any, after_pk: Any) -> Rows:
    after = Key(after_search, after_pk) if after_search is not None else None
    return following(rows.values_list("search", "pk"), after=after, size=size)


@partial(compiled, keeps_plan=False)  # a branch of few is found by itself, one of many along the names
def _by_name(by: Actor, size: int, *, after_search: Any = None, after_pk: Any = None) -> Rows:
    return _page(_seen(by), size, after_search, after_pk)


@partial(compiled, keeps_plan=False)
def _by_phone(by: Actor, size: int, *, phone: Any, after_search: Any = None, after_pk: Any = None) -> Rows:
    # The index knows phones that are not empty.
    of_contacts = Relation.objects.filter(~Q(contact__phone=""), contact__phone__like=phone)
    seen = _seen(by) & Client.objects.visible_to(by, Permission.PHONE_SEE)
    found = seen.filter(pk__in=of_contacts.values("client")).values("pk")[:CANDIDATES]
    return _page(Client.objects.filter(pk__in=found), size, after_search, after_pk)


@partial(compiled, keeps_plan=False)
def _by_words(
    by: Actor, size: int, words: int, *, after_search: Any = None, after_pk: Any = None, **patterns: Any
) -> Rows:
    """One name has them all, so that the index of names finds those who have each. The first that fit, unsorted: to
    sort all that fit a letter would be to read them all. A name and a contact's are sought apart, by an index each."""
    likes = [patterns[f"word_{n}"] for n in range(words)]
    named = Q(*(Q(search__like=like) for like in likes))
    contacts = Relation.objects.filter(*(Q(contact__search__like=like) for like in likes))
    return _page(_first(_seen(by), named, contacts), size, after_search, after_pk)


@partial(compiled, keeps_plan=False)
def _by_words_apart(
    by: Actor, size: int, words: int, *, after_search: Any = None, after_pk: Any = None, **patterns: Any
) -> Rows:
    """Each word is in the client's name or in a contact's."""
    first, *rest = (patterns[f"word_{n}"] for n in range(words))
    seen = _seen(by)
    for word in rest:
        seen = seen.filter(Q(search__like=word) | Exists(_of_client().filter(contact__search__like=word)))
    contacts = Relation.objects.filter(contact__search__like=first)
    return _page(_first(seen, Q(search__like=first), contacts), size, after_search, after_pk)


def _of_client() -> RelationQuerySet:
    return Relation.objects.filter(client=OuterRef("pk"))


def _first(seen: ClientQuerySet, named: Q, contacts: RelationQuerySet) -> ClientQuerySet:
    """Those of this name, and after them those of such contacts; each once, so that a family counts as it should.

    Joined, not asked of a set, and one after the other: whoever has found enough looks at nothing more.
    """
    by_name = seen.filter(named).values("pk")[:CANDIDATES]
    by_contact = seen.filter(pk__in=contacts.values("client")).exclude(named).values("pk")[:CANDIDATES]
    return Client.objects.filter(pk__in=by_name.union(by_contact, all=True)[:CANDIDATES])


def _details(ids: Collection[int], at: datetime, by: Actor) -> Iterator[Row]:
    for pk, name, born, today, branch, groups, contact, kinship, phone, balance in _rows(by, ids=list(ids), at=at):
        yield Row(
            pk, name, born, today, branch, tuple(groups), contact or "", Kinship(kinship) if kinship else None, phone,
            balance,
        )


@compiled
def _rows(by: Actor, *, ids: Any, at: Any) -> Rows:
    return (
        Client.objects.filter(pk__any=ids)
        .annotate(
            today=local_day(at, "branch__time_zone"),
            group_names=_group_names(at, by),
            payer=FilteredRelation("relations", condition=Q(relations__pays=True)),  # there is one, if any
            payer_phone=_if_seen(Permission.PHONE_SEE, by, F("payer__contact__phone")),
            money=_if_seen(Permission.MONEY_SEE, by, Coalesce("account__balance", Decimal("0.00"))),
        )
        .values_list(
            "pk", "name", "birth_date", "today", "branch__name", "group_names", "payer__contact__name",
            "payer__kinship", "payer_phone", "money",
        )
    )


def _group_names(at: Any, by: Actor) -> Combinable:
    """Of the groups where the client is today, as far as they are seen."""
    nothing = Value([], output_field=ArrayField(CharField()))
    if not by.may(Permission.JOURNAL_SEE):
        return nothing
    seen = Enrolment.objects.visible_to(by, Permission.JOURNAL_SEE)
    today = seen.on(local_day(at, "group__branch__time_zone")).filter(client=OuterRef("pk"))
    return ArraySubquery(today.order_by("group__search", "group").values("group__name"))


def _if_seen(permission: Permission, by: Actor, value: Combinable) -> Combinable:
    """The value where one holds the permission on the client, else nothing."""
    if by.may_everywhere(permission):
        return value
    if not by.may(permission):
        return Value(None, output_field=CharField())
    return Case(When(Client.objects.all().holds(by, permission), then=value))
