"""What may be permitted and how far, the default roles, how secrets are recognised without being kept, and who may
give which right."""

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType


class Permission(StrEnum):
    """What may be done with what. The default roles that carry them stand below."""

    CLIENT_SEE = "client.see"
    CLIENT_EDIT = "client.edit"
    PHONE_SEE = "phone.see"
    STAFF_SEE = "staff.see"
    STAFF_EDIT = "staff.edit"
    GROUP_EDIT = "group.edit"
    LESSON_EDIT = "lesson.edit"
    LESSON_JOIN = "lesson.join"
    JOURNAL_SEE = "journal.see"
    JOURNAL_MARK = "journal.mark"
    JOURNAL_CORRECT = "journal.correct"
    VISIT_BOOK = "visit.book"
    CHARGE_DECIDE = "charge.decide"
    COMMENT_SEE = "comment.see"
    COMMENT_WRITE = "comment.write"
    MONEY_SEE = "money.see"
    PAYMENT_TAKE = "payment.take"
    PAYMENT_CONFIRM = "payment.confirm"
    BALANCE_CORRECT = "balance.correct"
    SUBSCRIPTION_SELL = "subscription.sell"
    DISCOUNT_EXCEED = "discount.exceed"
    TARIFF_EDIT = "tariff.edit"
    MONTH_CLOSE = "month.close"
    MONTH_REOPEN = "month.reopen"
    HISTORY_SEE = "history.see"
    SETTINGS_EDIT = "settings.edit"
    ACCESS_MANAGE = "access.manage"


class Reach(StrEnum):
    """How far a grant carries."""

    EVERYTHING = "everything"
    BRANCHES = "branches"
    GROUPS = "groups"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held somewhere: an accountant of everything, a teacher of one's own groups."""

    permissions: frozenset[Permission]
    reach: Reach
    branch_ids: frozenset[int] = frozenset()
    group_ids: frozenset[int] = frozenset()
    is_owners: bool = False
    """Of the role of owners, which is more than its permissions: another role that carries them all is not theirs."""


P = Permission

# Whoever changes something sees it, for each change is answered by how it stands now. What only adds to what is seen
# (phones, money, history) or is chosen and shown on pages of its own (tariffs, settings, access) implies nothing.
IMPLIES: Mapping[Permission, frozenset[Permission]] = {
    P.CLIENT_EDIT: frozenset({P.CLIENT_SEE}),
    P.PAYMENT_TAKE: frozenset({P.CLIENT_SEE}),
    P.PAYMENT_CONFIRM: frozenset({P.CLIENT_SEE, P.MONEY_SEE, P.PAYMENT_TAKE}),
    P.BALANCE_CORRECT: frozenset({P.CLIENT_SEE, P.MONEY_SEE}),
    P.SUBSCRIPTION_SELL: frozenset({P.CLIENT_SEE, P.MONEY_SEE}),
    P.DISCOUNT_EXCEED: frozenset({P.CLIENT_SEE, P.MONEY_SEE, P.SUBSCRIPTION_SELL}),
    P.MONTH_REOPEN: frozenset({P.MONTH_CLOSE}),
    P.STAFF_EDIT: frozenset({P.STAFF_SEE}),
    P.GROUP_EDIT: frozenset({P.JOURNAL_SEE}),
    P.LESSON_EDIT: frozenset({P.JOURNAL_SEE}),
    P.LESSON_JOIN: frozenset({P.JOURNAL_SEE}),
    P.JOURNAL_MARK: frozenset({P.JOURNAL_SEE}),
    P.JOURNAL_CORRECT: frozenset({P.JOURNAL_SEE, P.JOURNAL_MARK}),
    P.VISIT_BOOK: frozenset({P.JOURNAL_SEE}),
    P.CHARGE_DECIDE: frozenset({P.JOURNAL_SEE, P.JOURNAL_MARK}),
    P.COMMENT_WRITE: frozenset({P.COMMENT_SEE}),
}

_NOWHERE: Mapping[int, int] = MappingProxyType({})
_SEES = frozenset({P.CLIENT_SEE, P.STAFF_SEE, P.JOURNAL_SEE, P.COMMENT_SEE})
_WORKS = _SEES | {
    P.CLIENT_EDIT, P.PHONE_SEE, P.GROUP_EDIT, P.LESSON_EDIT, P.JOURNAL_MARK, P.JOURNAL_CORRECT, P.VISIT_BOOK,
    P.COMMENT_WRITE, P.MONEY_SEE, P.PAYMENT_TAKE, P.SUBSCRIPTION_SELL, P.HISTORY_SEE,
}
_MANAGES = _WORKS | {
    P.STAFF_EDIT, P.LESSON_JOIN, P.CHARGE_DECIDE, P.TARIFF_EDIT, P.SETTINGS_EDIT, P.ACCESS_MANAGE, P.PAYMENT_CONFIRM,
    P.BALANCE_CORRECT, P.DISCOUNT_EXCEED, P.MONTH_CLOSE, P.MONTH_REOPEN,
}

# The roles of a new installation, by code; spec 08. They are data: an owner edits them afterwards.
DEFAULT_ROLES: Mapping[str, frozenset[Permission]] = {
    "owner": frozenset(Permission),
    "director": _MANAGES,
    "branch_manager": _MANAGES,
    "administrator": _WORKS,
    "operator": _SEES | {P.CLIENT_EDIT, P.PHONE_SEE, P.VISIT_BOOK, P.COMMENT_WRITE},
    "teacher": _SEES | {P.JOURNAL_MARK, P.COMMENT_WRITE},
    "accountant": _SEES | {
        P.COMMENT_WRITE, P.MONEY_SEE, P.PAYMENT_TAKE, P.PAYMENT_CONFIRM, P.BALANCE_CORRECT, P.TARIFF_EDIT,
        P.MONTH_CLOSE, P.HISTORY_SEE,
    },
    "analyst": _SEES | {P.MONEY_SEE, P.HISTORY_SEE},
}

@dataclass(frozen=True, slots=True)
class Visit:
    """Where a browser comes from, and what it says it is."""

    address: str | None
    browser: str


LONGEST_PASSWORD = 4096  # bytes: what is longer only keeps the hash busy


def digest_of(secret: str) -> str:
    """A key or link is long and random, so one plain hash is enough; passwords are another matter."""
    return sha256(secret.encode()).hexdigest()


def completed(permissions: Set[Permission]) -> frozenset[Permission]:
    """With what these imply."""
    return frozenset(permissions).union(*(IMPLIES.get(permission, ()) for permission in permissions))


def covers(
    holders: Iterable[Grant], wanted: Grant, *, branch_of: Mapping[int, int] = _NOWHERE, own_in: Set[int] | None = None
) -> bool:
    """Whether all that `wanted` reaches is reached by these together.

    `branch_of` tells in which branch a group lies. `own_in` are the branches of what the person who is to have it calls
    their own today, none of it being an empty set; None where that is not known.
    """
    holders = tuple(holders)
    if any(holder.reach == Reach.EVERYTHING for holder in holders):
        return True
    branches = {branch for holder in holders if holder.reach == Reach.BRANCHES for branch in holder.branch_ids}
    groups = {group for holder in holders if holder.reach == Reach.GROUPS for group in holder.group_ids}
    match wanted.reach:
        case Reach.BRANCHES:
            return bool(wanted.branch_ids) and wanted.branch_ids <= branches
        case Reach.GROUPS:
            inside = {group for group in wanted.group_ids if branch_of.get(group) in branches}
            return bool(wanted.group_ids) and wanted.group_ids <= groups | inside
        case Reach.OWN:
            return bool(branches) and own_in is not None and own_in <= branches
    return False


def own_all(holders: Iterable[Grant]) -> bool:
    """Whether these make somebody an owner of the organisation, or are those of whoever runs the installation."""
    return any(grant.is_owners and grant.reach == Reach.EVERYTHING for grant in holders)


def may_give(
    holders: Iterable[Grant], wanted: Grant, *, branch_of: Mapping[int, int] = _NOWHERE, own_in: Set[int] | None = None
) -> bool:
    """Whether whoever holds `holders` may give `wanted`, and take it away: each right only as far as one holds it
    oneself, and the right to manage access is itself among what must be held there. Owners are made by owners."""
    grants = tuple(holders)
    if wanted.is_owners and not own_all(grants):
        return False
    needed = wanted.permissions | {Permission.ACCESS_MANAGE}
    those_with = ([grant for grant in grants if permission in grant.permissions] for permission in needed)
    return all(covers(holding, wanted, branch_of=branch_of, own_in=own_in) for holding in those_with)


def may_edit_role(holders: Iterable[Grant], permissions: Set[Permission], *, is_owners: bool) -> bool:
    """A role is held anywhere, so whoever edits it holds everywhere what it carries, before and after."""
    return may_give(holders, Grant(frozenset(permissions), Reach.EVERYTHING, is_owners=is_owners))


def suggested_login(email: str) -> str:
    """The beginning of an e-mail, as far as a login may look like it; may be empty."""
    return re.sub(r"[^\w.+-]", "", email.partition("@")[0], flags=re.ASCII)[:150]


def is_login(text: str) -> bool:
    """Latin letters, digits, dot, dash, plus and underscore; no "@", for with it begins an e-mail. Of one alphabet, so
    that nobody signs in by what looks like the login of another."""
    return re.fullmatch(r"[\w.+-]{1,150}", text, re.ASCII) is not None


# The first that is named says it: Edge and Opera say that they are Chrome, and Chrome that it is Safari.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("YaBrowser/", "Yandex Browser"), ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ("curl/", "curl"), ("python", "Python"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def device_of(browser: str) -> str:
    """What a browser says it is, in the words of a person: "Firefox, Windows"; empty where it says nothing known."""
    found = (next((name for mark, name in marks if mark in browser), "") for marks in (_BROWSERS, _SYSTEMS))
    return ", ".join(filter(None, found))
