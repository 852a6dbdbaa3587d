from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access import rules
from rollbook.domains.access.actor import Actor, Permission, Reach
from rollbook.domains.access.actor import Grant as GrantValue
from rollbook.domains.access.models import (
    ApiKey,
    Branch,
    Grant,
    Invitation,
    Organisation,
    Role,
    Session,
    SignIn,
    SignInLink,
    User,
    UserQuerySet,
    permissions_of,
)
from rollbook.domains.access.rules import device_of, digest_of
from rollbook.domains.access.scoping import Places
from rollbook.foundation.compiled import Rows, once
from rollbook.foundation.errors import NotFound, NotSignedIn
from rollbook.foundation.periods import local

SIGN_INS_SHOWN, SESSIONS_SHOWN, KEYS_SHOWN = 20, 100, 100


def time_zones() -> tuple[str, ...]:
    """All zones in which there is a branch."""
    return tuple(Branch.objects.order_by("time_zone").values_list("time_zone", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class House:
    """The organisation and its rules."""

    name: str
    currency: str
    time_zone: str
    phone_region: str
    language: str
    make_ups: bool
    missed_may_be_worked_off: bool
    make_up_days: int
    mark_edit_days: int
    discount_limit: int
    contracts: bool
    renewal_day: int | None


def house() -> House:
    """The rules of the organisation, known to everyone here; NotFound before it is founded."""
    for row in _house():
        return House(*row)
    raise NotFound


@once
def _house() -> Rows:
    return Organisation.objects.values_list(*House.__dataclass_fields__)


# Names of the default roles, until somebody gives them another one.
ROLE_NAMES: Mapping[str, Promise] = MappingProxyType(
    {
        "owner": _("Owner"),
        "director": _("Director"),
        "branch_manager": _("Branch manager"),
        "administrator": _("Administrator"),
        "operator": _("Call-centre operator"),
        "teacher": _("Teacher"),
        "accountant": _("Accountant"),
        "analyst": _("Analyst"),
    }
)


@dataclass(frozen=True, slots=True)
class RoleCard:
    role_id: int
    code: str | None
    name: str
    own_name: str
    """Empty while a default role has its translated name."""
    permissions: frozenset[Permission]
    mfa_required: bool
    version: int
    holders: int
    may_edit: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A role somebody holds, and where."""

    grant_id: int
    role: str
    reach: Reach
    branches: tuple[str, ...]
    groups: tuple[str, ...]
    may_take: bool


@dataclass(frozen=True, slots=True)
class Account:
    """A sign-in, with what it holds as far as whoever asks manages it there."""

    user_id: int
    name: str
    username: str
    email: str
    is_active: bool
    second_factor: bool
    last_login: datetime | None
    """In the organisation's time, as all moments here."""
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Invited:
    invitation_id: int
    name: str
    email: str
    role: str
    expires_at: datetime
    expired: bool
    invited_by: str


@dataclass(frozen=True, slots=True)
class Promised:
    """What stands in an open invitation, for whoever holds its link."""

    name: str
    email: str
    login: str
    group_ids: tuple[int, ...]
    employee_id: int | None


@dataclass(frozen=True, slots=True)
class Profile:
    """One's own sign-in."""

    name: str
    username: str
    email: str
    has_password: bool
    second_factor: bool
    version: int
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser in which somebody is signed in."""

    name: str
    """Stands for it in an address, and opens nothing."""
    device: str
    """In words; empty where it is not known, as are the three below for who was let in before they were kept."""
    address: str | None
    signed_in_at: datetime | None
    seen_at: datetime | None
    is_this: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody signed in, or tried to."""

    at: datetime
    device: str
    address: str | None
    succeeded: bool
    new_device: bool


@dataclass(frozen=True, slots=True)
class Key:
    """An API key, as far as it is known to anybody but its holder."""

    key_id: int
    name: str
    beginning: str
    """Its first signs; empty where they were not kept yet, as are the next two."""
    made_by: str
    made_at: datetime | None
    expires_at: datetime
    last_used_at: datetime | None
    revoked: bool
    lives: bool


@dataclass(frozen=True, slots=True)
class Doors:
    """Where a person is signed in, and who came or tried to come in as them; the latest first."""

    sessions: tuple[OpenSession, ...]
    attempts: tuple[Attempt, ...]


def doors(*, current: str | None = None, at: datetime, by: Actor) -> Doors:
    """One's own; `current` is the key of the session that asks."""
    if by.user_id is None:
        raise NotSignedIn
    return _doors(by.user_id, current, at)


def doors_of(*, user_id: int, at: datetime, by: Actor) -> Doors:
    """Those of somebody whose access one manages."""
    User.objects.pick(by, Permission.ACCESS_MANAGE, user_id)
    return _doors(user_id, None, at)


def _doors(user_id: int, current: str | None, at: datetime) -> Doors:
    zone = house().time_zone

    def here(moment: datetime | None) -> datetime | None:
        return local(moment, zone) if moment else None

    opened = Session.objects.filter(user=user_id, expire_date__gt=at).order_by(F("seen_at").desc(nulls_last=True), "pk")
    tried = SignIn.objects.filter(user=user_id).order_by("-at", "-pk")[:SIGN_INS_SHOWN]
    return Doors(
        tuple(
            OpenSession(
                digest_of(row.pk), device_of(row.browser), row.address, here(row.signed_in_at), here(row.seen_at),
                row.pk == current,
            )
            for row in opened[:SESSIONS_SHOWN]
        ),
        tuple(
            Attempt(local(row.at, zone), device_of(row.browser), row.address, row.succeeded, row.new_device)
            for row in tried
        ),
    )


def keys_of(*, user_id: int, at: datetime, by: Actor) -> tuple[Key, ...]:
    """The API keys of somebody whose access one manages: those that live first, then the latest."""
    User.objects.pick(by, Permission.ACCESS_MANAGE, user_id)
    zone = house().time_zone
    rows = ApiKey.objects.filter(user=user_id).annotate(lives=Q(expires_at__gt=at)).order_by("-lives", "-pk")
    return tuple(
        Key(
            row.pk, row.name, row.beginning, row.made_by, row.made_at and local(row.made_at, zone),
            local(row.expires_at, zone), row.last_used_at and local(row.last_used_at, zone),
            row.revoked_at is not None, row.lives,
        )
        for row in rows[:KEYS_SHOWN]
    )


def user_of_login(*, login: str) -> User | None:
    """Whose login or e-mail this is, as typed; whether they may come in is another question.

    Small letters are compared, as the unique indexes do: capital ones are the same for signs that are not.
    """
    field = "email" if "@" in login else "username"
    found = User.objects.alias(small=Lower(field)).filter(small=Lower(Value(login))).exclude(**{field: ""})
    return next(iter(found), None)


def user_to_sign_in(*, user_id: int) -> User:
    """For allauth and Django, which sign in a model; User.DoesNotExist where there is none."""
    for user in _user(user=user_id):
        found: User = user
        return found
    raise User.DoesNotExist


@once
def _user(*, user: Any) -> Rows:
    return User.objects.filter(pk=user)


def session_of(*, key: str, at: datetime) -> Session | None:
    """The session of this secret; None where there is none, or it has expired."""
    return next(iter(_session(key=key, at=at)), None)


@once
def _session(*, key: Any, at: Any) -> Rows:
    return Session.objects.filter(session_key=key, expire_date__gt=at)


def first_owner() -> int | None:
    """The first active user who owns all; None where nobody does."""
    owners = Grant.objects.filter(role__code=Role.OWNER, reach=Reach.EVERYTHING, user__is_active=True)
    return owners.order_by("user_id").values_list("user_id", flat=True).first()


def lives(*, link: str, at: datetime) -> bool:
    """Whether this secret would sign somebody in."""
    return SignInLink.objects.filter(
        digest=digest_of(link), used_at=None, expires_at__gt=at, user__is_active=True
    ).exists()


def promised(*, secret: str, at: datetime) -> Promised | None:
    """The open invitation of this link; None where it was used, taken back or has expired."""
    found = Invitation.objects.filter(
        digest=digest_of(secret), accepted_at=None, revoked_at=None, expires_at__gt=at
    ).first()
    if found is None:
        return None
    login = rules.suggested_login(found.email)
    return Promised(found.name, found.email, login, tuple(found.grant["groups"]), found.employee_key)


def accounts(*, by: Actor) -> Sequence[Account]:
    """The users whom one may manage somewhere, by name: those who hold something, work or teach in one's branches, and
    everybody for whoever manages all. Of what they hold, only what lies where one manages access."""
    return _accounts(User.objects.visible_to(by, Permission.ACCESS_MANAGE), by)


def account(*, user_id: int, by: Actor) -> Account:
    user = User.objects.pick(by, Permission.ACCESS_MANAGE, user_id)
    return _accounts(User.objects.filter(pk=user.pk), by)[0]


def profile(*, by: Actor) -> Profile:
    """Oneself."""
    if by.user_id is None:
        raise NotSignedIn
    user = User.objects.get(pk=by.user_id)
    held = _held([user.pk], by, mine=True).get(user.pk, ())
    return Profile(
        user.name, user.username, user.email, user.has_usable_password(), bool(_with_factor([user.pk])), user.version,
        tuple(held),
    )


def invitations(*, at: datetime, by: Actor) -> Sequence[Invited]:
    """Open invitations, and those nobody took in time: one's own, or all where one manages all access; newest first."""
    by.must(Permission.ACCESS_MANAGE)
    found = Invitation.objects.filter(accepted_at=None, revoked_at=None).select_related("invited_by")
    if not by.may_everywhere(Permission.ACCESS_MANAGE):
        found = found.filter(invited_by=by.user_id)
    names, zone = role_names(), house().time_zone
    return tuple(
        Invited(
            each.pk, each.name, each.email, names.get(each.grant["role"], ""), local(each.expires_at, zone),
            each.expires_at <= at, each.invited_by.name if each.invited_by else "",
        )
        for each in found.order_by("-invited_at", "-pk")[:200]
    )


def roles(*, by: Actor) -> Sequence[RoleCard]:
    """All roles, the default ones first; whoever manages access anywhere may know what they carry. How many hold each
    is told of those whom one sees."""
    seen = User.objects.visible_to(by, Permission.ACCESS_MANAGE).filter(is_active=True)
    holders: dict[int, set[int]] = {}
    for role_id, user_id in Grant.objects.filter(user__in=seen).values_list("role", "user"):
        holders.setdefault(role_id, set()).add(user_id)
    return tuple(
        RoleCard(
            role.pk, role.code, _role_name(role.code, role.name), role.name, held := role.known_permissions(),
            role.mfa_required, role.version, len(holders.get(role.pk, ())),
            by.may_everywhere(Permission.ACCESS_MANAGE)
            and rules.may_edit_role(by.grants, held, is_owners=role.code == Role.OWNER),
        )
        for role in Role.objects.order_by("pk")
    )


def role(*, role_id: int, by: Actor) -> RoleCard:
    if found := next((card for card in roles(by=by) if card.role_id == role_id), None):
        return found
    raise NotFound


@dataclass(frozen=True, slots=True)
class Colleague:
    user_id: int
    name: str
    login: str


def holders(*, permission: Permission, places: Places, by: Actor) -> tuple[Colleague, ...]:
    """Who holds a permission on what lies in these places, by name. For whoever holds it there, too: their names stand
    beside what they do there."""
    by.must(permission)
    grants = Grant.objects.filter(
        Q(reach=Reach.EVERYTHING)
        | Q(reach=Reach.BRANCHES, branches__in=places.branches)
        | Q(reach=Reach.GROUPS, groups__in=places.groups)
        | Q(reach=Reach.OWN, user__in=places.owners),
        user__is_active=True,
    )
    rows = grants.order_by("user__name", "user").values_list(
        "user", "user__name", "user__username", "role__code", "role__permissions"
    )
    held = {row[:3]: None for row in rows if permission in permissions_of(row[3], tuple(row[4]))}
    return tuple(Colleague(*person) for person in held)


def role_names() -> dict[int, str]:
    return {pk: _role_name(code, name) for pk, code, name in Role.objects.values_list("pk", "code", "name")}


def _with_factor(user_ids: Sequence[int]) -> set[int]:
    factors = Authenticator.objects.filter(user__in=user_ids, type__in=("totp", "webauthn"))
    return set(factors.values_list("user", flat=True))


def _accounts(users: UserQuerySet, by: Actor) -> tuple[Account, ...]:
    found, zone = list(users.order_by("name", "pk")), house().time_zone
    ids = [user.pk for user in found]
    held, protected = _held(ids, by), _with_factor(ids)
    return tuple(
        Account(
            user.pk, user.name, user.username, user.email, user.is_active, user.pk in protected,
            user.last_login and local(user.last_login, zone), tuple(held.get(user.pk, ())),
        )
        for user in found
    )


def _held(user_ids: Sequence[int], by: Actor, *, mine: bool = False) -> dict[int, list[Held]]:
    """What these users hold, by user: four statements, however many they are. Unless it is `mine`, only what lies where
    `by` manages access."""
    grants = list(Grant.objects.filter(user__in=user_ids).select_related("role").order_by("pk"))
    ids = [grant.pk for grant in grants]
    branches, groups = _branches_of(ids), _groups_of(ids)
    # An owner reaches whatever it is; and to find it, all lessons that these have taught are looked through.
    own = {} if rules.own_all(by.grants) else Branch.objects.own_of(user_ids)
    managing = by.holding(Permission.ACCESS_MANAGE)
    result: dict[int, list[Held]] = {}
    for grant in grants:
        here, there = branches.get(grant.pk, {}), groups.get(grant.pk, {})
        value = GrantValue(
            grant.role.known_permissions(), Reach(grant.reach), frozenset(here), frozenset(there),
            is_owners=grant.role.code == Role.OWNER,
        )
        branch_of = {group: branch for group, (branch, _name) in there.items()}
        own_in = own.get(grant.user_id, frozenset())
        if mine or rules.covers(managing, value, branch_of=branch_of, own_in=own_in):
            may_take = rules.may_give(by.grants, value, branch_of=branch_of, own_in=own_in)
            names = tuple(name for _branch, name in there.values())
            result.setdefault(grant.user_id, []).append(
                Held(
                    grant.pk, _role_name(grant.role.code, grant.role.name), value.reach, tuple(here.values()), names,
                    may_take,
                )
            )
    return result


def _branches_of(grants: Sequence[int]) -> dict[int, dict[int, str]]:
    """Names of the branches of each grant, by id."""
    found: dict[int, dict[int, str]] = {}
    rows = Branch.objects.filter(grants__in=grants).order_by("name").values_list("grants", "pk", "name")
    for grant, branch, name in rows:
        found.setdefault(grant, {})[branch] = name
    return found


def _groups_of(grants: Sequence[int]) -> dict[int, dict[int, tuple[int, str]]]:
    """Branch and name of the groups of each grant, by id. Groups stand above, and are reached by the way back."""
    found: dict[int, dict[int, tuple[int, str]]] = {}
    rows = Grant.objects.filter(pk__in=grants, groups__isnull=False).order_by("groups__search")
    for grant, group, branch, name in rows.values_list("pk", "groups", "groups__branch", "groups__name"):
        found.setdefault(grant, {})[group] = (branch, name)
    return found


def _role_name(code: str | None, name: str) -> str:
    return name or str(ROLE_NAMES.get(code or "", code or ""))


def roles_that_may(*, permission: Permission, by: Actor) -> tuple[str, ...]:
    """The names of the roles that carry a permission and that somebody has, for whoever lacks it and must ask them."""
    carry = Q(code=Role.OWNER) | Q(permissions__contains=[permission])
    roles = Role.objects.filter(carry, grants__user__is_active=True).distinct().order_by("pk")
    return tuple(_role_name(code, name) for code, name in roles.values_list("code", "name"))
