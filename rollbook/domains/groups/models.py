from datetime import date
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Lower, Replace
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Permission
from rollbook.domains.access.scoping import Scope, ScopedQuerySet


def days_of(since: str = "since", until: str = "until") -> Func:
    """The half-open range of days [since, until) of a row, for an exclusion constraint; no end is for good."""
    return Func(F(since), F(until), function="daterange", output_field=DateRangeField())


class Programme(models.Model):
    """What is taught. Ages in whole years, both inclusive."""

    name = models.CharField(_("name"), max_length=100)
    min_age = models.PositiveSmallIntegerField(_("from age"), null=True, blank=True)
    max_age = models.PositiveSmallIntegerField(_("to age"), null=True, blank=True)
    minutes = models.PositiveSmallIntegerField(_("minutes of a lesson"), default=60)
    capacity = models.PositiveSmallIntegerField(_("places in a group"), null=True, blank=True)
    archived_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), condition=Q(archived_at=None), name="programme_name_once"),
            models.CheckConstraint(condition=Q(max_age__gte=F("min_age")), name="programme_ages_in_order"),
            models.CheckConstraint(condition=Q(minutes__range=(5, 600)), name="programme_minutes"),
            models.CheckConstraint(condition=Q(capacity__gt=0), name="programme_capacity"),
        ]


class GroupState(models.TextChoices):
    RECRUITING = "recruiting", _("recruiting")
    RUNNING = "running", _("running")
    FINISHED = "finished", _("finished")
    DISBANDED = "disbanded", _("disbanded")


class GroupQuerySet(ScopedQuerySet["Group"]):
    scope = Scope(
        see=Permission.JOURNAL_SEE,
        branch=("branch",),
        group=("pk",),
        own=("teachers__user", "lessons__teachers__user"),
    )


class Group(models.Model):
    """The centre of all. Without a capacity its fill is not known, and not guessed."""

    name = models.CharField(_("name"), max_length=100)
    search = models.GeneratedField(
        expression=Replace(Lower("name"), Value("ё"), Value("е")),
        output_field=models.CharField(max_length=100),
        db_persist=True,
    )
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="groups", verbose_name=_("programme"))
    branch = models.ForeignKey(
        "access.Branch", models.PROTECT, related_name="groups", verbose_name=_("branch"), db_index=False
    )
    teachers = models.ManyToManyField("people.Employee", related_name="groups", verbose_name=_("teachers"), blank=True)
    minimum = models.PositiveSmallIntegerField(_("minimum"), null=True, blank=True)
    capacity = models.PositiveSmallIntegerField(_("places"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=GroupState, default=GroupState.RUNNING)
    version = models.PositiveIntegerField(default=1, editable=False)
    # Declared here, because access stands below and may not point up.
    grants = models.ManyToManyField("access.Grant", related_name="groups", blank=True, editable=False)

    objects = GroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=GroupState.values), name="group_state_known"),
            models.CheckConstraint(condition=Q(capacity__gt=0), name="group_capacity"),
            models.CheckConstraint(condition=Q(capacity__gte=F("minimum")), name="group_minimum_within_capacity"),
        ]
        indexes = [models.Index(fields=["branch", "search", "id"], name="group_of_branch_by_name")]


class EnrolmentQuerySet(ScopedQuerySet["Enrolment"]):
    # Whoever teaches a single lesson of the group, as a substitute, must know whom.
    scope = Scope(
        see=Permission.JOURNAL_SEE,
        branch=("group__branch",),
        group=("group",),
        own=("group__teachers__user", "group__lessons__teachers__user"),
    )

    def on(self, day: date | Func) -> Self:
        return self.within(day, day)

    def within(self, first: date | Func, last: date | Func) -> Self:
        """Those that cover at least one of the days [first, last]."""
        return self.filter(Q(until=None) | Q(until__gt=first), since__lte=last)


class Enrolment(models.Model):
    """A client in a group on the days [since, until); without `until` for good. `weekdays` are ISO numbers
    (1 = Monday); None is every day on which the group meets."""

    client = models.ForeignKey("people.Client", models.PROTECT, related_name="enrolments")
    group = models.ForeignKey(Group, models.PROTECT, related_name="enrolments", db_index=False)
    since = models.DateField(_("from"))
    until = models.DateField(_("until"), null=True, blank=True)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="enrolment_until_after_since"),
            models.CheckConstraint(
                condition=Q(weekdays=None) | Q(weekdays__len__gt=0, weekdays__contained_by=[1, 2, 3, 4, 5, 6, 7]),
                name="enrolment_weekdays",
            ),
            ExclusionConstraint(
                name="enrolment_does_not_overlap",
                expressions=[
                    ("client", RangeOperators.EQUAL), ("group", RangeOperators.EQUAL),
                    (days_of(), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("This client is in this group already on some of these days."),
            ),
        ]
        indexes = [models.Index(fields=["group", "since"], name="enrolment_of_group")]


class FreezeQuerySet(ScopedQuerySet["Freeze"]):
    scope = Scope(
        see=Permission.JOURNAL_SEE,
        # A client of another branch pauses in a group of this one, too.
        branch=("client__branch", "client__enrolments__group__branch"),
        group=("client__enrolments__group",),
        own=("client__enrolments__group__teachers__user", "client__enrolments__group__lessons__teachers__user"),
    )

    def within(self, first: date, last: date) -> Self:
        """Those that cover at least one of the days [first, last]."""
        return self.filter(until__gt=first, since__lte=last)


class Freeze(models.Model):
    """A client's pause on the days [since, until): nothing is marked and nothing is charged."""

    client = models.ForeignKey("people.Client", models.PROTECT, related_name="freezes")
    since = models.DateField(_("from"))
    until = models.DateField(_("until"))
    choice = models.ForeignKey("fields.Choice", models.PROTECT, null=True, related_name="+", db_index=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = FreezeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="freeze_until_after_since"),
            ExclusionConstraint(
                name="freeze_does_not_overlap",
                expressions=[("client", RangeOperators.EQUAL), (days_of(), RangeOperators.OVERLAPS)],
                violation_error_message=_("This client is frozen already on some of these days."),
            ),
        ]


class ChurnRecordQuerySet(ScopedQuerySet["ChurnRecord"]):
    scope = Scope(
        see=Permission.JOURNAL_SEE,
        branch=("group__branch",),
        group=("group",),
        own=("group__teachers__user", "group__lessons__teachers__user"),
    )

    def standing(self) -> Self:
        """Those who left, and did not come back soon."""
        return self.filter(returned=None)


class ChurnRecord(models.Model):
    """A client whose last enrolment has ended: when, why, and in whose group. It is void where another enrolment began
    within 14 days, which is then `returned`. `choice` is not known where nobody was asked."""

    client = models.ForeignKey("people.Client", models.PROTECT, related_name="churn_records")
    enrolment = models.OneToOneField(Enrolment, models.PROTECT, related_name="churn_record")
    group = models.ForeignKey(Group, models.PROTECT, related_name="churn_records", db_index=False)
    teacher = models.ForeignKey("people.Employee", models.PROTECT, null=True, related_name="+", db_index=False)
    left_on = models.DateField()
    choice = models.ForeignKey("fields.Choice", models.PROTECT, null=True, related_name="+", db_index=False)
    note = models.CharField(max_length=200, blank=True)
    credited_to = models.ForeignKey("people.Employee", models.PROTECT, null=True, related_name="+", db_index=False)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("access.User", models.PROTECT, null=True, related_name="+", db_index=False)
    returned = models.ForeignKey(Enrolment, models.PROTECT, null=True, related_name="voided_churn_records")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ChurnRecordQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["group", "left_on"], name="churn_of_group")]
