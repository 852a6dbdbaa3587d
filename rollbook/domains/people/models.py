from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Lower, Replace, Trim
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Permission
from rollbook.domains.access.models import Language
from rollbook.domains.access.scoping import Scope, ScopedQuerySet

_BLANK = Value(" ")
_E164 = Q(phone="") | Q(phone__regex=r"^\+[1-9]\d{6,14}$")


class Person(models.Model):
    """The name of somebody. `search` is what is searched and sorted by: small letters, ё as е, since the
    database may know no collation but that of code points."""

    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    middle_name = models.CharField(_("middle name"), max_length=100, blank=True)
    name = models.GeneratedField(
        expression=Trim(Concat("last_name", _BLANK, "first_name")),
        output_field=models.CharField(max_length=201),
        db_persist=True,
    )
    search = models.GeneratedField(
        expression=Replace(
            Lower(Trim(Concat("last_name", _BLANK, "first_name", _BLANK, "middle_name"))), Value("ё"), Value("е")
        ),
        output_field=models.CharField(max_length=302),
        db_persist=True,
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=~Q(last_name="", first_name=""), name="%(class)s_has_a_name"),
        ]
        indexes = [
            GinIndex(OpClass(F("search"), name="gin_trgm_ops"), name="%(class)s_search"),
            # Up to three letters are searched from the beginning, by branch or in all.
            models.Index(OpClass(F("search"), name="text_pattern_ops"), name="%(class)s_search_prefix"),
        ]


class EmployeeQuerySet(ScopedQuerySet["Employee"]):
    scope = Scope(
        see=Permission.STAFF_SEE, branch=("branch",), group=("groups", "lessons__group"),
        own=("user", "groups__teachers__user"),
    )


class Employee(Person):
    branch = models.ForeignKey("access.Branch", models.PROTECT, related_name="employees")
    user = models.OneToOneField("access.User", models.PROTECT, null=True, blank=True, related_name="employee")
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    teaches = models.BooleanField(_("teaches"), default=True)
    # Whoever has left stays in what they have done, and is offered nowhere.
    left_on = models.DateField(_("left on"), null=True, blank=True)
    managed_branches = models.ManyToManyField(
        "access.Branch", through="Management", related_name="managers"
    )

    objects = EmployeeQuerySet.as_manager()

    class Meta(Person.Meta):
        constraints = [
            *Person.Meta.constraints,
            models.CheckConstraint(condition=_E164, name="employee_phone_e164"),
        ]


class Management(models.Model):
    """Who manages a branch: one employee."""

    branch = models.OneToOneField("access.Branch", models.PROTECT, primary_key=True, related_name="management")
    employee = models.ForeignKey(Employee, models.PROTECT, related_name="managements")


class ClientQuerySet(ScopedQuerySet["Client"]):
    # A substitute must know whom they teach: the second path of `own` is a mark or an enrolment of their lesson.
    scope = Scope(
        see=Permission.CLIENT_SEE,
        branch=("branch",),
        group=("enrolments__group", "marks__lesson__group"),
        own=("enrolments__group__teachers__user", "marks__lesson__teachers__user", "responsible__user"),
    )


class Client(Person):
    """Who is taught, or buys. A company has its name in `last_name`."""

    branch = models.ForeignKey(
        "access.Branch", models.PROTECT, related_name="clients", verbose_name=_("branch"), db_index=False
    )
    is_company = models.BooleanField(_("company"), default=False)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    responsible = models.ForeignKey(
        Employee, models.PROTECT, null=True, blank=True, related_name="clients", verbose_name=_("responsible")
    )
    note = models.TextField(_("note"), blank=True, max_length=2000)
    contacts: "models.ManyToManyField[Contact, Relation]" = models.ManyToManyField(
        "Contact", through="Relation", related_name="clients"
    )
    created_at = models.DateTimeField(editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    objects = ClientQuerySet.as_manager()

    class Meta(Person.Meta):
        indexes = [
            *Person.Meta.indexes,
            models.Index(fields=["branch", "search", "id"], name="client_of_branch_by_name"),
            models.Index(fields=["search", "id"], name="client_by_name"),
        ]


class ContactQuerySet(ScopedQuerySet["Contact"]):
    scope = Scope(
        see=Permission.CLIENT_SEE,
        branch=("clients__branch",),
        group=("clients__enrolments__group", "clients__marks__lesson__group"),
        own=(
            "clients__enrolments__group__teachers__user", "clients__marks__lesson__teachers__user",
            "clients__responsible__user",
        ),
    )


class Contact(Person):
    """Who is called and who pays; may be the client themself."""

    phone = models.CharField(_("phone"), max_length=16, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    telegram = models.CharField(_("Telegram"), max_length=64, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.RUSSIAN)
    do_not_call = models.BooleanField(_("do not call"), default=False)

    objects = ContactQuerySet.as_manager()

    class Meta(Person.Meta):
        constraints = [
            *Person.Meta.constraints,
            models.CheckConstraint(condition=_E164, name="contact_phone_e164"),
        ]
        indexes = [
            *Person.Meta.indexes,
            GinIndex(OpClass(F("phone"), name="gin_trgm_ops"), name="contact_phone_search", condition=~Q(phone="")),
            models.Index(OpClass(F("phone"), name="text_pattern_ops"), name="contact_phone", condition=~Q(phone="")),
        ]


class Kinship(models.TextChoices):
    MOTHER = "mother", _("mother")
    FATHER = "father", _("father")
    SELF = "self", _("self")
    GRANDPARENT = "grandparent", _("grandparent")
    GUARDIAN = "guardian", _("guardian")
    EMPLOYER = "employer", _("employer")
    OTHER = "other", _("other")


class RelationQuerySet(ScopedQuerySet["Relation"]):
    scope = Scope(
        see=Permission.CLIENT_SEE,
        branch=("client__branch",),
        group=("client__enrolments__group", "client__marks__lesson__group"),
        own=(
            "client__enrolments__group__teachers__user", "client__marks__lesson__teachers__user",
            "client__responsible__user",
        ),
    )


class Relation(models.Model):
    """What a contact is to a client. One of a client's contacts pays: the payer."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="relations", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="relations")
    kinship = models.CharField(_("relation"), max_length=12, choices=Kinship, default=Kinship.MOTHER)
    pays = models.BooleanField(_("pays"), default=False)
    is_written_to = models.BooleanField(_("is written to"), default=True)
    may_see = models.BooleanField(_("may see"), default=True)
    may_collect = models.BooleanField(_("may collect"), default=True)

    objects = RelationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "contact"], name="relation_once"),
            models.UniqueConstraint(fields=["client"], condition=Q(pays=True), name="relation_one_payer"),
            models.CheckConstraint(condition=Q(kinship__in=Kinship.values), name="relation_kinship_known"),
        ]
