"""The default roles, how secrets are recognised without being kept, and who may give which right."""

from collections.abc import Mapping
from hashlib import sha256

from rollbook.domains.access.actor import Grant, Permission, Reach

P = Permission
_SEES = frozenset({P.CLIENT_SEE, P.STAFF_SEE, P.JOURNAL_SEE})
_WORKS = _SEES | {
    P.CLIENT_EDIT, P.PHONE_SEE, P.GROUP_EDIT, P.LESSON_EDIT, P.JOURNAL_MARK, P.JOURNAL_CORRECT,
    P.MONEY_SEE, P.PAYMENT_TAKE, P.HISTORY_SEE,
}
_MANAGES = _WORKS | {P.STAFF_EDIT, P.LESSON_JOIN, P.JOURNAL_CHARGE, P.TARIFF_EDIT, P.SETTINGS_EDIT, P.ACCESS_MANAGE}

# The roles of a new installation, by code; spec 08. They are data: an owner edits them afterwards.
DEFAULT_ROLES: Mapping[str, frozenset[Permission]] = {
    "owner": frozenset(Permission),
    "director": _MANAGES,
    "branch_manager": _MANAGES,
    "administrator": _WORKS,
    "operator": frozenset({P.CLIENT_SEE, P.CLIENT_EDIT, P.PHONE_SEE, P.JOURNAL_SEE, P.STAFF_SEE}),
    "teacher": frozenset({P.CLIENT_SEE, P.JOURNAL_SEE, P.JOURNAL_MARK, P.STAFF_SEE}),
    "accountant": _SEES | {P.MONEY_SEE, P.PAYMENT_TAKE, P.TARIFF_EDIT, P.HISTORY_SEE},
    "analyst": _SEES | {P.MONEY_SEE, P.HISTORY_SEE},
}


def digest_of(secret: str) -> str:
    """A key or link is long and random, so one plain hash is enough; passwords are another matter."""
    return sha256(secret.encode()).hexdigest()


def reaches(holder: Grant, wanted: Grant) -> bool:
    """Whether all that `wanted` reaches is reached by `holder`.

    Groups of a branch are not counted as inside it here: that takes the database, see actions.
    """
    match holder.reach, wanted.reach:
        case Reach.EVERYTHING, _:
            return True
        case Reach.BRANCHES, Reach.BRANCHES:
            return wanted.branch_ids <= holder.branch_ids
        case Reach.GROUPS, Reach.GROUPS:
            return wanted.group_ids <= holder.group_ids
    return False


def may_give(holders: tuple[Grant, ...], wanted: Grant) -> bool:
    """Whether whoever holds `holders` may give `wanted`: each right only as far as one holds it oneself,
    and the right to manage access is itself among what must be held there."""
    needed = wanted.permissions | {Permission.ACCESS_MANAGE}
    return all(
        any(permission in holder.permissions and reaches(holder, wanted) for holder in holders) for permission in needed
    )
