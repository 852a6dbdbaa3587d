"""What the forms of a client and of their contacts begin with."""

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, Value

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.fields.rules import Names, told
from rollbook.domains.groups.models import Freeze
from rollbook.domains.history.actions import note_reading
from rollbook.domains.people.models import Client, Contact, Kinship, Relation
from rollbook.foundation.periods import local


@dataclass(frozen=True, slots=True)
class ContactRow:
    relation_id: int
    name: str
    kinship: Kinship
    phone: str | None
    """None for those who may not see phones."""
    pays: bool


@dataclass(frozen=True, slots=True)
class Card:
    client_id: int
    name: str
    last_name: str
    first_name: str
    middle_name: str
    is_company: bool
    birth_date: date | None
    branch_id: int
    responsible_id: int | None
    note: str
    version: int
    contacts: tuple[ContactRow, ...]


def card(*, client_id: int, at: datetime, by: Actor) -> Card:
    """What the form says is on the card, so it is written down as that is."""
    row = Client.objects.pick(by, Permission.CLIENT_EDIT, client_id)
    note_reading(subject=f"client:{row.pk}", at=at, by=by)
    sees = _sees_phones(row.pk, by)
    relations = row.relations.order_by("-pays", "contact__search", "pk").values_list(
        "pk", "contact__name", "kinship", "contact__phone", "pays"
    )
    return Card(
        row.pk, row.name, row.last_name, row.first_name, row.middle_name, row.is_company, row.birth_date,
        row.branch_id, row.responsible_id, row.note, row.version,
        tuple(
            ContactRow(pk, name, Kinship(kinship), phone if sees else None, pays)
            for pk, name, kinship, phone, pays in relations
        ),
    )


def blank(*, by: Actor) -> None:
    """A client needs a branch: whoever may add clients in none is told so."""
    Branch.objects.whole_to(by, Permission.CLIENT_EDIT)


@dataclass(frozen=True, slots=True)
class ContactCard:
    relation_id: int
    client_id: int
    client: str
    contact_id: int
    others: tuple[str, ...]
    """Other clients of the same contact, as far as whoever asks sees them."""
    last_name: str
    first_name: str
    middle_name: str
    phone: str | None
    """None for those who may not see phones, nor change them; with it the next two."""
    email: str | None
    telegram: str | None
    language: str
    do_not_call: bool
    kinship: str
    pays: bool
    is_written_to: bool
    may_see: bool
    may_collect: bool
    version: int


def contact(*, relation_id: int, at: datetime, by: Actor) -> ContactCard:
    row = Relation.objects.select_related("client", "contact").pick(by, Permission.CLIENT_EDIT, relation_id)
    note_reading(subject=f"client:{row.client_id}", at=at, by=by)
    who = row.contact
    seen = Client.objects.visible_to(by, Permission.CLIENT_SEE).filter(relations__contact=who)
    others = seen.exclude(pk=row.client_id).order_by("search", "pk").values_list("name", flat=True)
    sees = _sees_phones(row.client_id, by)
    return ContactCard(
        row.pk, row.client_id, row.client.name, who.pk, tuple(others),
        who.last_name, who.first_name, who.middle_name,
        who.phone if sees else None, who.email if sees else None, who.telegram if sees else None,
        who.language, who.do_not_call, row.kinship, row.pays, row.is_written_to, row.may_see, row.may_collect,
        who.version,
    )


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who has a phone already."""

    contact_id: int
    name: str
    clients: tuple[str, ...]


def owners(*, phone: str, apart_from: int | None = None, by: Actor) -> tuple[Owner, ...]:
    """The contacts with this phone whom whoever asks may change, each with whom they belong to."""
    if not phone or not by.may(Permission.CLIENT_EDIT):
        return ()
    known = Contact.objects.visible_to(by, Permission.CLIENT_EDIT).filter(phone=phone)
    if apart_from is not None:
        known = known.exclude(pk=apart_from)
    seen = Q(clients__in=Client.objects.visible_to(by, Permission.CLIENT_EDIT).values("pk"))
    of = ArrayAgg("clients__name", filter=seen, order_by="clients__search", default=Value([]))
    named = known.annotate(of=of).order_by("search", "pk").values_list("pk", "name", "of")
    return tuple(Owner(pk, name, tuple(of)) for pk, name, of in named)


@dataclass(frozen=True, slots=True)
class Pause:
    freeze_id: int
    since: date
    until: date
    choice: Names | None
    """None for those who may not see journals, with what was noted: it may tell of an illness."""
    reason: str | None

    def why(self, language: str) -> str | None:
        return None if self.reason is None else told(self.choice, self.reason, language=language)


@dataclass(frozen=True, slots=True)
class Pauses:
    client_id: int
    client: str
    today: date
    """In the client's branch."""
    pauses: tuple[Pause, ...]

    @property
    def coming(self) -> tuple[Pause, ...]:
        """Those of today and of time to come, the next one first."""
        return tuple(pause for pause in reversed(self.pauses) if pause.until > self.today)

    @property
    def past(self) -> tuple[Pause, ...]:
        return tuple(pause for pause in self.pauses if pause.until <= self.today)


def pauses(*, client_id: int, at: datetime, by: Actor) -> Pauses:
    """The freezes of a client, the latest first; they stand on the card, so it is written down as that is."""
    row = Client.objects.select_related("branch").pick(by, Permission.CLIENT_EDIT, client_id)
    note_reading(subject=f"client:{row.pk}", at=at, by=by)
    rows = Freeze.objects.filter(client=row).select_related("choice").order_by("-since", "-pk")
    journals = by.holding(Permission.JOURNAL_SEE)
    shown = set(Freeze.objects.reached_by(by, journals).filter(client=row).values_list("pk", flat=True))
    today = local(at, row.branch.time_zone).date()
    pauses = (
        Pause(
            each.pk, each.since, each.until, each.choice.names if each.choice and each.pk in shown else None,
            each.reason if each.pk in shown else None,
        )
        for each in rows
    )
    return Pauses(row.pk, row.name, today, tuple(pauses))


def client_of_freeze(*, freeze_id: int, by: Actor) -> int:
    return Freeze.objects.pick(by, Permission.CLIENT_EDIT, freeze_id).client_id


def _sees_phones(client_id: int, by: Actor) -> bool:
    return (
        by.may(Permission.PHONE_SEE)
        and Client.objects.visible_to(by, Permission.PHONE_SEE).filter(pk=client_id).exists()
    )
