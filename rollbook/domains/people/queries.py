from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.scoping import compiled
from rollbook.domains.people.models import Client, Kinship, Relation
from rollbook.foundation.compiled import Rows


@dataclass(frozen=True, slots=True)
class ContactLine:
    """A contact of a client. The phone is None for those who may not see phones, "" where none is known."""

    client_id: int
    contact_id: int
    name: str
    kinship: Kinship
    pays: bool
    phone: str | None
    email: str | None
    telegram: str | None
    do_not_call: bool
    pays_for_others: bool = False
    """For other clients as well, whose money is seen; told where it was asked for."""


def contacts(
    *, clients: Collection[int], by: Actor, payers_only: bool = False, with_others: bool = False,
    phones: bool | None = None,
) -> tuple[ContactLine, ...]:
    """The contacts of clients, the payer first. Phones and addresses only for those who may see them; nothing for those
    who see no clients. `phones` says whether they are seen, where that is known of all of these clients."""
    if not by.may(Permission.CLIENT_SEE):
        return ()
    open_to = _whose_phones(clients, by) if phones is None else clients if phones else ()
    rows = _contacts(by, payers_only, with_others and by.may(Permission.MONEY_SEE), clients=list(clients))
    return tuple(
        ContactLine(
            client, contact, name, Kinship(kinship), pays,
            phone if client in open_to else None, email if client in open_to else None,
            telegram if client in open_to else None, do_not_call, *others,
        )
        for client, contact, name, kinship, pays, phone, email, telegram, do_not_call, *others in rows
    )


@compiled
def _contacts(by: Actor, payers_only: bool, with_others: bool, *, clients: Any) -> Rows:
    relations = Relation.objects.visible_to(by, Permission.CLIENT_SEE).filter(client__any=clients)
    if payers_only:
        relations = relations.filter(pays=True)
    told = [
        "client", "contact", "contact__name", "kinship", "pays", "contact__phone", "contact__email",
        "contact__telegram", "contact__do_not_call",
    ]
    if with_others:
        seen = Client.objects.visible_to(by, Permission.MONEY_SEE).values("pk")
        others = Relation.objects.filter(contact=OuterRef("contact"), pays=True, client__in=seen)
        relations = relations.annotate(others=Exists(others.exclude(client=OuterRef("client"))))
        told.append("others")
    return relations.order_by("client", "-pays", "contact__search", "pk").values_list(*told)


def _whose_phones(clients: Collection[int], by: Actor) -> Collection[int]:
    if by.may_everywhere(Permission.PHONE_SEE):
        return clients
    if not by.may(Permission.PHONE_SEE):
        return ()
    return frozenset(pk for (pk,) in _with_phones(by, clients=list(clients)))


@compiled
def _with_phones(by: Actor, *, clients: Any) -> Rows:
    return Client.objects.visible_to(by, Permission.PHONE_SEE).filter(pk__any=clients).values_list("pk")
