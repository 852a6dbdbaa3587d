from collections.abc import Collection
from functools import lru_cache
from typing import Any, Literal, Self

from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rollbook.domains.access.actor import Actor, Permission, Reach
from rollbook.domains.access.actor import Grant as GrantValue
from rollbook.domains.access.rules import completed
from rollbook.domains.access.scoping import Scope, ScopedQuerySet
from rollbook.foundation.compiled import Rows, once
from rollbook.foundation.errors import NotAllowed


class Language(models.TextChoices):
    RUSSIAN = "ru", "Русский"
    UKRAINIAN = "uk", "Українська"
    ENGLISH = "en", "English"


class Organisation(models.Model):
    """The one business an installation serves, and its rules. One row, with the key 1."""

    name = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=60)
    phone_region = models.CharField(max_length=2)
    language = models.CharField(max_length=2, choices=Language, default=Language.RUSSIAN)
    # spec 02: the sick-leave mechanics may be switched off; which misses may be worked off, and for how long.
    make_ups = models.BooleanField(default=True)
    missed_may_be_worked_off = models.BooleanField(default=False)
    make_up_days = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(1), MaxValueValidator(366)]
    )
    mark_edit_days = models.PositiveSmallIntegerField(
        default=3, validators=[MaxValueValidator(366)]
    )
    # Whoever sells gives discounts up to this per cent of the price; above it takes a right of its own.
    discount_limit = models.PositiveSmallIntegerField(default=20, db_default=20, validators=[MaxValueValidator(100)])
    contracts = models.BooleanField(default=False, db_default=False)
    # The day of a month on which the next month's subscriptions are made by themselves; None: by hand.
    renewal_day = models.PositiveSmallIntegerField(null=True, validators=[MinValueValidator(1), MaxValueValidator(28)])
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="organisation_is_one"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="organisation_currency_code"),
            models.CheckConstraint(condition=Q(phone_region__regex="^[A-Z]{2}$"), name="organisation_phone_region"),
        ]


class BranchQuerySet(ScopedQuerySet["Branch"]):
    scope = Scope(
        see=Permission.JOURNAL_SEE,
        branch=("pk",),
        group=("groups",),
        own=("groups__teachers__user", "employees__user"),
    )
    # By what something there is of an employee's own; all that "own" rights reach lies in such a branch.
    of_own = ("employees", "groups__teachers", "lessons__teachers", "clients__responsible")

    def whole_to(self, by: Actor, permission: Permission) -> Self:
        """The branches that this person may change as a whole; NotAllowed if none whatever."""
        grants = by.must(permission)
        if any(grant.reach == Reach.EVERYTHING for grant in grants):
            return self.all()
        whole = {branch for grant in grants if grant.reach == Reach.BRANCHES for branch in grant.branch_ids}
        if not whole:
            raise NotAllowed
        return self.filter(pk__in=whole)

    def pick_whole(self, by: Actor, permission: Permission, pk: int) -> "Branch":
        """The branch, to put something into it or to change it; NotAllowed for those who only reach groups of it."""
        branch = self.pick(by, permission, pk)
        by.must_in_branch(permission, pk)
        return branch

    def own_of(self, ids: Collection[int], *, key: Literal["user", "pk"] = "user") -> dict[int, frozenset[int]]:
        """Where each of these users works, teaches, has taught, or answers for a client; with the key "pk", each of
        these employees. One statement, however many they are."""
        ways = [f"{way}__{key}" for way in self.of_own]
        first, *rest = (self.filter(**{f"{way}__in": ids}).values_list(way, "pk") for way in ways)
        found: dict[int, set[int]] = {person: set() for person in ids}
        for person, branch in first.union(*rest):
            found.setdefault(person, set()).add(branch)
        return {person: frozenset(places) for person, places in found.items()}


class Branch(models.Model):
    """A place of work. Opening and calling hours are local times of its own zone."""

    name = models.CharField(max_length=100)
    address = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(max_length=60)
    opens = models.TimeField(default="09:00")
    closes = models.TimeField(default="21:00")
    calls_from = models.TimeField(default="09:00")
    calls_until = models.TimeField(default="20:00")
    archived_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = BranchQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), condition=Q(archived_at=None), name="branch_name_once"),
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="branch_closes_after_it_opens"),
            models.CheckConstraint(condition=Q(calls_until__gt=F("calls_from")), name="branch_calls_end_after_start"),
        ]


class UserQuerySet(ScopedQuerySet["User"]):
    # Whoever manages access in a branch sees those who hold something there, work there or teach there.
    scope = Scope(
        see=Permission.ACCESS_MANAGE,
        branch=("grants__branches", "grants__groups__branch", "employee__branch", "employee__groups__branch"),
        group=("grants__groups", "employee__groups"),
        own=("pk",),
    )


class User(AbstractBaseUser):
    """A sign-in. Not Django's AbstractUser: rights are grants, and one kind of them is enough.

    `username` is the login and has no "@", so that it is never mistaken for an e-mail.
    """

    username = models.CharField(_("login"), max_length=150, unique=True)
    email = models.EmailField(_("e-mail"), blank=True)
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=150)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.RUSSIAN)
    theme = models.CharField(
        _("theme"), max_length=5, blank=True,
        choices=[("", _("as the system")), ("light", _("light")), ("dark", _("dark"))],
    )
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = BaseUserManager.from_queryset(UserQuerySet)()
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="user_email_once"),
            models.UniqueConstraint(Lower("username"), name="user_username_once"),
            models.CheckConstraint(condition=~Q(username__contains="@"), name="user_username_is_no_email"),
        ]

    def get_full_name(self) -> str:
        return self.name

    def as_actor(self, *, via: str) -> Actor:
        """This person with all they hold, in one statement; whoever is disabled holds nothing, and a role that
        demands a second factor gives nothing until there is one."""
        rows = list(_held(user=self.pk))
        held = tuple(
            GrantValue(
                permissions_of(code, tuple(stored)), Reach(reach), frozenset(branches or ()), frozenset(groups or ()),
                is_owners=code == Role.OWNER,
            )
            for code, stored, reach, branches, groups, due in rows if not due
        )
        return Actor(self.pk, self.name, via, held, second_factor_due=any(row[-1] for row in rows))


@once
def _held(*, user: Any) -> Rows:
    """What a user holds; asked at each request."""
    factors = Authenticator.objects.filter(user=OuterRef("user"), type__in=("totp", "webauthn"))
    return (
        Grant.objects.filter(user=user, user__is_active=True)
        .annotate(
            due=Q(role__mfa_required=True) & ~Exists(factors),
            branch_ids=ArrayAgg("branches", filter=Q(branches__isnull=False), distinct=True),
            group_ids=ArrayAgg("groups", filter=Q(groups__isnull=False), distinct=True),
        )
        .order_by("pk")
        .values_list("role__code", "role__permissions", "reach", "branch_ids", "group_ids", "due")
    )


@lru_cache(maxsize=1000)
def permissions_of(code: str | None, stored: tuple[str, ...]) -> frozenset[Permission]:
    """What a newer or older version stored and this one does not know gives no right, and what is known brings what it
    implies; an owner holds whatever there is, also what came after the installation."""
    if code == Role.OWNER:
        return frozenset(Permission)
    return completed({permission for permission in Permission if permission in stored})


class Role(models.Model):
    """A set of permissions under a name. The default ones have a code and, until renamed, a translated name."""

    OWNER = "owner"

    code = models.CharField(max_length=30, unique=True, null=True, editable=False)
    name = models.CharField(_("name"), max_length=100, blank=True)
    permissions = models.JSONField(_("permissions"), default=list)
    mfa_required = models.BooleanField(_("a second factor is required"), default=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), condition=~Q(name=""), name="role_name_once"),
            models.CheckConstraint(condition=Q(code__isnull=False) | ~Q(name=""), name="role_has_a_name"),
        ]

    def known_permissions(self) -> frozenset[Permission]:
        return permissions_of(self.code, tuple(self.permissions))


class Grant(models.Model):
    """A role for a user, as far as it reaches. Groups point at it from above (groups.Group.grants)."""

    user = models.ForeignKey(User, models.PROTECT, related_name="grants")
    role = models.ForeignKey(Role, models.PROTECT, related_name="grants")
    reach = models.CharField(max_length=20, choices=[(reach.value, reach.name) for reach in Reach])
    branches = models.ManyToManyField(Branch, related_name="grants", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(reach__in=[reach.value for reach in Reach]), name="grant_reach_known"),
        ]


class Invitation(models.Model):
    """A link by which a person makes their own sign-in; only its digest is kept. It works once, until it expires."""

    email = models.EmailField(blank=True)
    name = models.CharField(max_length=150)
    digest = models.CharField(max_length=64, unique=True)
    grant = models.JSONField()
    employee_key = models.BigIntegerField(null=True)
    invited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="invitations")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.OneToOneField(User, models.PROTECT, null=True, related_name="invitation")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False, revoked_at=None),
                name="invitation_accepted_at_and_by",
            ),
        ]


class SignInLink(models.Model):
    """Signs one user in, once; made on the command line by whoever runs the installation."""

    user = models.ForeignKey(User, models.PROTECT, related_name="sign_in_links")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class ApiKey(models.Model):
    """Acts with the rights of its user; only the digest is kept, and the beginning, by which a key that was found
    somewhere is recognised. Whoever revokes it lets it expire, which is all that is asked when it is used."""

    user = models.ForeignKey(User, models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    beginning = models.CharField(max_length=6, blank=True, db_default="")
    made_at = models.DateTimeField(null=True)
    made_by = models.CharField(max_length=150, blank=True, db_default="")
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Session(AbstractBaseSession):
    """A browser that is signed in. It knows whose it is, so that all of a person's can be ended, and what the person
    needs to recognise it."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    signed_in_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=300, blank=True, db_default="")


class SignIn(models.Model):
    """Somebody signed in, or tried to. Never changed itself (migration 0003); what was typed is not kept."""

    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="sign_ins", db_index=False)
    at = models.DateTimeField()
    succeeded = models.BooleanField()
    new_device = models.BooleanField()
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-at"], name="sign_ins_of_user")]
