from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Client, Contact, Relation
from rollbook.foundation.constraints import refusing
from rollbook.foundation.errors import Refused
from rollbook.foundation.versions import alter


class PhoneKnown(Refused):
    """`values` names the contacts who have this phone, as far as whoever asks may see them."""

    sentence = _("This phone belongs to a contact already: choose them, or say that this is somebody else.")


class OnePayer(Refused):
    sentence = _("Exactly one contact pays for a client.")


class RelatedAlready(Refused):
    sentence = _("This contact belongs to the client already.")


class StillPays(Refused):
    sentence = _("This contact pays for the client: say first who pays instead.")


class ContactFields(TypedDict, total=False):
    last_name: str
    first_name: str
    middle_name: str
    phone: str
    email: str
    telegram: str
    language: str
    do_not_call: bool


class RelationFields(TypedDict, total=False):
    kinship: str
    pays: bool
    is_written_to: bool
    may_see: bool
    may_collect: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    """A contact of a client: an existing one by `contact_id`, or else a new one with these values.

    `somebody_else` says that a phone which is known already is shared by two people.
    """

    contact_id: int | None = None
    values: ContactFields = field(default_factory=ContactFields)
    relation: RelationFields = field(default_factory=RelationFields)
    somebody_else: bool = False


@transaction.atomic
def add_contact(*, client_id: int, contact: NewContact, at: datetime, by: Actor) -> int:
    """Add a contact to a client; returns the contact. If this one pays, the former payer does so no more."""
    client = Client.objects.pick_to_change(by, Permission.CLIENT_EDIT, client_id)
    return attach(client=client, contacts=[contact], at=at, by=by)[0]


@transaction.atomic
def change_contact(
    *,
    relation_id: int,
    values: ContactFields,
    relation: RelationFields,
    seen: int | None,
    somebody_else: bool = False,
    at: datetime,
    by: Actor,
) -> None:
    """Change a contact, and what they are to one of their clients. `seen` is the version of the contact.

    Who pays can be given to them here, and is taken from another by giving it, never by taking it away.
    """
    client, standing = _pick_with_client(relation_id, by)
    contact = Contact.objects.pick_to_change(by, Permission.CLIENT_EDIT, standing.contact_id)
    if (phone := values.get("phone", contact.phone)) != contact.phone and not somebody_else:
        _refuse_known(phone, by, apart_from=contact.pk)
    if difference := alter(contact, values, seen=seen):
        contact.save(update_fields=[*difference.new, "version"])
        history.record(
            verb="contact.changed", subject=f"contact:{contact.pk}", within=f"client:{client.pk}",
            old=difference.old, new=difference.new, at=at, by=by,
        )
    _change_relation(client, standing, relation, at, by)


@transaction.atomic
def set_payer(*, relation_id: int, at: datetime, by: Actor) -> None:
    """This contact pays for the client from now on, and nobody else does."""
    client, relation = _pick_with_client(relation_id, by)
    _change_relation(client, relation, {"pays": True}, at, by)


@transaction.atomic
def remove_contact(*, relation_id: int, at: datetime, by: Actor) -> None:
    """Take a contact from a client; the contact stays, for other clients and for what was said to them."""
    client, relation = _pick_with_client(relation_id, by)
    if relation.pays:
        raise StillPays
    relation.delete()
    history.record(
        verb="contact.removed", subject=f"contact:{relation.contact_id}", within=f"client:{client.pk}",
        old={"kinship": relation.kinship}, new={}, at=at, by=by,
    )


def attach(*, client: Client, contacts: Sequence[NewContact], at: datetime, by: Actor) -> list[int]:
    """The contacts of a client whom the caller has picked and locked, in order; exactly one pays when it is done."""
    payers = [place for place, contact in enumerate(contacts) if contact.relation.get("pays")]
    if len(payers) > 1:
        raise OnePayer
    if not payers and not client.relations.filter(pays=True).exists():
        payers = [0]
    if payers:
        _relieve(client, at, by)
    ids = [contact.contact_id or _new(contact, by) for contact in contacts]
    for contact in contacts:
        if contact.contact_id:
            Contact.objects.pick(by, Permission.CLIENT_EDIT, contact.contact_id)
    with refusing({"relation_once": RelatedAlready}):
        Relation.objects.bulk_create(
            Relation(client=client, contact_id=pk, **{**contact.relation, "pays": place in payers})
            for place, (pk, contact) in enumerate(zip(ids, contacts, strict=True))
        )
    history.record_many(
        verb="contact.added", at=at, by=by,
        changes=[
            history.Change(
                f"contact:{pk}", within=f"client:{client.pk}",
                new={"kinship": contact.relation.get("kinship"), "pays": place in payers},
            )
            for place, (pk, contact) in enumerate(zip(ids, contacts, strict=True))
        ],
    )
    return ids


def _new(contact: NewContact, by: Actor) -> int:
    if not contact.somebody_else:
        _refuse_known(contact.values.get("phone", ""), by)
    return Contact.objects.create(**contact.values).pk


def _refuse_known(phone: str, by: Actor, apart_from: int | None = None) -> None:
    """Only of contacts whom this person may see: a refusal must not tell whose phone it is elsewhere."""
    if not phone:
        return
    known = Contact.objects.visible_to(by, Permission.CLIENT_EDIT).filter(phone=phone)
    if apart_from is not None:
        known = known.exclude(pk=apart_from)
    if people := known.order_by("search", "pk").values_list("pk", "name"):
        raise PhoneKnown(values=[{"contact_id": pk, "name": name} for pk, name in people])


def _pick_with_client(relation_id: int, by: Actor) -> tuple[Client, Relation]:
    """Both locked, the client first: whoever adds a contact at the same time waits at the same row."""
    client_id = Relation.objects.pick(by, Permission.CLIENT_EDIT, relation_id).client_id
    client = Client.objects.pick_to_change(by, Permission.CLIENT_EDIT, client_id)
    return client, Relation.objects.pick_to_change(by, Permission.CLIENT_EDIT, relation_id)


def _relieve(client: Client, at: datetime, by: Actor) -> None:
    """Whoever pays for the client does so no more."""
    payers = client.relations.filter(pays=True)
    changes = [
        history.Change(f"contact:{contact}", {"pays": False}, {"pays": True}, within=f"client:{client.pk}")
        for contact in payers.values_list("contact", flat=True)
    ]
    if changes:
        payers.update(pays=False)
        history.record_many(verb="relation.changed", changes=changes, at=at, by=by)


def _change_relation(client: Client, relation: Relation, wanted: RelationFields, at: datetime, by: Actor) -> None:
    differing = {name: value for name, value in wanted.items() if getattr(relation, name) != value}
    if not differing:
        return
    if "pays" in differing:
        if not differing["pays"]:
            raise StillPays
        _relieve(client, at, by)
    old = {name: getattr(relation, name) for name in differing}
    for name, value in differing.items():
        setattr(relation, name, value)
    relation.save(update_fields=[*differing])
    history.record(
        verb="relation.changed", subject=f"contact:{relation.contact_id}", within=f"client:{client.pk}",
        old=old, new=differing, at=at, by=by,
    )
