"""Who signs in and what they may do there; the roles, each permission in words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access import queries as access
from rollbook.domains.access.actor import Actor, Permission, Reach
from rollbook.domains.access.models import Branch, Role
from rollbook.domains.access.queries import Account, Doors, Invited, Key, RoleCard, house
from rollbook.domains.access.rules import IMPLIES, own_all
from rollbook.domains.groups.models import Group, GroupState
from rollbook.domains.history import queries as history
from rollbook.domains.history.queries import Line
from rollbook.domains.people.models import Client, Employee
from rollbook.screens.choices import Pairs

P = Permission
LISTED_APART = ("user.signed_in",)  # among the sign-ins, which would drown the rest


@dataclass(frozen=True, slots=True)
class Words:
    """A permission as a person reads it."""

    permission: Permission
    label: str | Promise
    hint: str | Promise

    @property
    def brings(self) -> tuple[str, ...]:
        """What it implies, in words."""
        implied = IMPLIES.get(self.permission, ())
        return tuple(str(each.label) for _title, words in PERMISSIONS for each in words if each.permission in implied)


# All permissions, in the groups in which a role shows them.
PERMISSIONS: tuple[tuple[str | Promise, tuple[Words, ...]], ...] = (
    (
        _("Clients"),
        (
            Words(P.CLIENT_SEE, _("See clients"), _("Their cards and parents, without phones.")),
            Words(P.PHONE_SEE, _("See phones"), _("And e-mails and messengers; else they are hidden.")),
            Words(P.CLIENT_EDIT, _("Edit clients"), _("Add, change, archive; their parents, too.")),
        ),
    ),
    (
        _("Groups and lessons"),
        (
            Words(P.JOURNAL_SEE, _("See journals"), _("Groups, lessons and marks.")),
            Words(P.JOURNAL_MARK, _("Mark lessons"), _("Within the days that the organisation gives.")),
            Words(P.JOURNAL_CORRECT, _("Mark late"), _("Also after those days, and what others have marked.")),
            Words(P.VISIT_BOOK, _("Book visits"), _("Trials, one-off visits and make-ups.")),
            Words(P.CHARGE_DECIDE, _("Decide charges"), _("Charge a single mark, or not, whatever the tariff says.")),
            Words(P.GROUP_EDIT, _("Edit groups"), _("Their timetable, who is in them, and pauses.")),
            Words(P.LESSON_EDIT, _("Edit lessons"), _("Add, move, cancel single ones.")),
            Words(P.LESSON_JOIN, _("Allow overlaps"), _("Two lessons in one room or of one teacher.")),
        ),
    ),
    (
        _("Comments"),
        (
            Words(P.COMMENT_SEE, _("See comments"), _("On clients, groups, lessons and marks.")),
            Words(P.COMMENT_WRITE, _("Write comments"), _("And say that what they asked for is done.")),
        ),
    ),
    (
        _("Money"),
        (
            Words(P.MONEY_SEE, _("See money"), _("Balances, charges and payments.")),
            Words(P.PAYMENT_TAKE, _("Take payments"), _("And take them back.")),
            Words(P.PAYMENT_CONFIRM, _("Confirm announced payments"), _("That money has come which was told of.")),
            Words(P.BALANCE_CORRECT, _("Correct balances"), _("Corrections, bonuses, single discounts.")),
            Words(P.SUBSCRIPTION_SELL, _("Sell subscriptions"), _("Make, renew and end them.")),
            Words(P.DISCOUNT_EXCEED, _("Give any discount"), _("Above the limit of the organisation.")),
            Words(P.TARIFF_EDIT, _("Edit tariffs"), _("What a lesson costs, and for whom.")),
            Words(P.MONTH_CLOSE, _("Close months"), _("Nothing in them is marked any more.")),
            Words(P.MONTH_REOPEN, _("Reopen closed months"), _("To put something right after all.")),
        ),
    ),
    (
        _("Staff and settings"),
        (
            Words(P.STAFF_SEE, _("See employees"), _("Names, branches and what they teach.")),
            Words(P.STAFF_EDIT, _("Edit employees"), _("Add, change, let go.")),
            Words(P.SETTINGS_EDIT, _("Edit settings"), _("Branches, rooms, programmes, closing days, rules.")),
            Words(P.HISTORY_SEE, _("See history"), _("Who did what, and when.")),
            Words(P.ACCESS_MANAGE, _("Manage access"), _("Invite people and give roles, never more than one holds.")),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class People:
    accounts: Sequence[Account]
    invitations: Sequence[Invited]


@dataclass(frozen=True, slots=True)
class Read:
    """A card of a client that somebody opened."""

    at: datetime
    via: str
    client_id: int
    name: str
    """Empty where whoever asks may not see that client."""


@dataclass(frozen=True, slots=True)
class Card:
    account: Account
    is_oneself: bool
    doors: Doors
    """Where they are signed in, and who came in as them."""
    keys: Sequence[Key]
    """What acts with their rights without them."""
    history: Sequence[Line] | None
    """None for those who may not see all of it, as are the next."""
    readings: Sequence[Read] | None
    """Which cards they opened, the latest first."""


def people(*, at: datetime, by: Actor) -> People:
    return People(access.accounts(by=by), access.invitations(at=at, by=by))


def card(*, user_id: int, at: datetime, by: Actor) -> Card:
    found = access.account(user_id=user_id, by=by)
    doors, zone = access.doors_of(user_id=user_id, at=at, by=by), house().time_zone
    keys = access.keys_of(user_id=user_id, at=at, by=by)
    if not by.may_everywhere(P.HISTORY_SEE):
        return Card(found, user_id == by.user_id, doors, keys, None, None)
    lines = history.of(subject=f"user:{user_id}", zone=zone, by=by, apart_from=LISTED_APART)
    return Card(found, user_id == by.user_id, doors, keys, lines, _read(user_id, zone, by))


def _read(user_id: int, zone: str, by: Actor) -> tuple[Read, ...]:
    """Named are those whom whoever asks may see."""
    opened = history.read_by(user_id=user_id, zone=zone, by=by)
    ids = {each.subject: int(each.subject.partition(":")[2]) for each in opened}
    seen = Client.objects.visible_to(by, P.CLIENT_SEE) if by.may(P.CLIENT_SEE) else Client.objects.none()
    names = dict(seen.filter(pk__in=ids.values()).values_list("pk", "name"))
    return tuple(Read(each.at, each.via, ids[each.subject], names.get(ids[each.subject], "")) for each in opened)


def role(*, role_id: int, by: Actor) -> RoleCard:
    by.must_everywhere(P.ACCESS_MANAGE)
    return access.role(role_id=role_id, by=by)


def held_everywhere(*, by: Actor) -> frozenset[Permission]:
    """What may be put into a role; declines whoever may edit none."""
    by.must_everywhere(P.ACCESS_MANAGE)
    return frozenset(permission for permission in Permission if by.may_everywhere(permission))


# ---- what the form of a grant offers -----------------------------------------------------------------------------


def roles(*, by: Actor, keep: Collection[int] = ()) -> Pairs:
    """Those that carry no more than whoever asks holds somewhere; that of owners is for owners to give."""
    held = {permission for grant in by.grants for permission in grant.permissions}
    owns = own_all(by.grants)
    return tuple(
        (card.role_id, card.name)
        for card in access.roles(by=by) if card.permissions <= held and (owns or card.code != Role.OWNER)
    )


def reaches(*, by: Actor) -> tuple[Reach, ...]:
    if by.may_everywhere(P.ACCESS_MANAGE):
        return tuple(Reach)
    whole = any(grant.reach == Reach.BRANCHES for grant in by.must(P.ACCESS_MANAGE))
    return (Reach.OWN, Reach.BRANCHES, Reach.GROUPS) if whole else (Reach.GROUPS,)


def branches(*, by: Actor, keep: Collection[int] = ()) -> Pairs:
    rows = Branch.objects.visible_to(by, P.ACCESS_MANAGE).filter(archived_at=None)
    return tuple(rows.order_by("name", "pk").values_list("pk", "name"))


def groups(*, by: Actor, keep: Collection[int] = ()) -> Pairs:
    going = Q(state__in=(GroupState.RECRUITING, GroupState.RUNNING))
    rows = Group.objects.visible_to(by, P.ACCESS_MANAGE).filter(going)
    return tuple(rows.order_by("search", "pk").values_list("pk", "name"))


def employees(*, by: Actor, keep: Collection[int] = ()) -> Pairs:
    """Those who do not sign in yet."""
    rows = Employee.objects.visible_to(by, P.ACCESS_MANAGE).filter(user=None, left_on=None)
    return tuple(rows.order_by("search", "pk").values_list("pk", "name"))
