from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce, Lower
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Permission
from rollbook.domains.access.scoping import Scope, ScopedQuerySet


class RoomQuerySet(ScopedQuerySet["Room"]):
    scope = Scope(
        see=Permission.JOURNAL_SEE,
        branch=("branch",),
        group=("lessons__group",),
        own=("lessons__teachers__user",),
    )


class Room(models.Model):
    branch = models.ForeignKey("access.Branch", models.PROTECT, related_name="rooms", verbose_name=_("branch"))
    name = models.CharField(_("name"), max_length=60)
    capacity = models.PositiveSmallIntegerField(_("places"), null=True, blank=True)
    archived_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = RoomQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("branch", Lower("name"), condition=Q(archived_at=None), name="room_name_once"),
            models.CheckConstraint(condition=Q(capacity__gt=0), name="room_capacity"),
        ]


class LessonType(models.Model):
    """What a lesson is. The default ones have a code and, until renamed, a translated name."""

    TRIAL = "trial"

    code = models.CharField(max_length=30, unique=True, null=True, editable=False)
    name = models.CharField(_("name"), max_length=60, blank=True)
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=60)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), condition=~Q(name=""), name="lesson_type_name_once"),
            models.CheckConstraint(condition=Q(code__isnull=False) | ~Q(name=""), name="lesson_type_has_a_name"),
        ]


class ClosingDayQuerySet(ScopedQuerySet["ClosingDay"]):
    scope = Scope(
        see=Permission.JOURNAL_SEE, branch=("branch",), group=("branch__groups",),
        own=("branch__groups__teachers__user", "branch__lessons__teachers__user"),
    )


class ClosingDay(models.Model):
    """A day on which a branch does not work: the timetable gives no lessons on it."""

    branch = models.ForeignKey("access.Branch", models.PROTECT, related_name="closing_days", db_index=False)
    day = models.DateField(_("day"))
    reason = models.CharField(_("reason"), max_length=100, blank=True)

    objects = ClosingDayQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "day"], name="closing_day_once")]


class ClosedMonthQuerySet(ScopedQuerySet["ClosedMonth"]):
    scope = Scope(
        see=Permission.JOURNAL_SEE, branch=("branch",), group=("branch__groups",),
        own=("branch__groups__teachers__user", "branch__lessons__teachers__user"),
    )


class ClosedMonth(models.Model):
    """A month of a branch that is over and accounted for: nothing in it is marked, and its sums stay as they are."""

    branch = models.ForeignKey("access.Branch", models.PROTECT, related_name="closed_months", db_index=False)
    month = models.DateField(_("month"))
    closed_at = models.DateTimeField()
    closed_by = models.ForeignKey("access.User", models.PROTECT, null=True, related_name="+", db_index=False)

    objects = ClosedMonthQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["branch", "month"], name="closed_month_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="closed_month_by_its_first_day"),
        ]


class SlotQuerySet(ScopedQuerySet["TimetableSlot"]):
    scope = Scope(
        see=Permission.JOURNAL_SEE,
        branch=("group__branch",),
        group=("group",),
        own=("group__teachers__user", "group__lessons__teachers__user"),
    )


class TimetableSlot(models.Model):
    """A weekly rule of a group on the days [valid_from, valid_until), in the local time of its branch.
    `weekday` is the ISO number, 1 = Monday."""

    group = models.ForeignKey("groups.Group", models.PROTECT, related_name="slots", db_index=False)
    weekday = models.PositiveSmallIntegerField(_("weekday"))
    starts = models.TimeField(_("starts"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=60)
    room = models.ForeignKey(Room, models.PROTECT, null=True, blank=True, related_name="slots")
    teachers = models.ManyToManyField("people.Employee", related_name="slots", blank=True)
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    objects = SlotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="slot_weekday"),
            models.CheckConstraint(condition=Q(minutes__range=(5, 600)), name="slot_minutes"),
            models.CheckConstraint(condition=Q(valid_until__gt=F("valid_from")), name="slot_valid_until_after_from"),
        ]
        indexes = [models.Index(fields=["group", "weekday"], name="slot_of_group")]


class LessonQuerySet(ScopedQuerySet["Lesson"]):
    scope = Scope(
        see=Permission.JOURNAL_SEE,
        branch=("branch",),
        group=("group",),
        own=("teachers__user", "group__teachers__user"),
    )

    def untouched(self, at: datetime) -> Self:
        """Those made from the timetable that have not begun and that nobody has touched: they may be made anew."""
        return self.filter(slot__isnull=False, touched_at=None, held_at=None, cancelled_at=None, starts_at__gt=at)

    def made_from(self, slot_ids: Collection[int] | models.QuerySet[Any, Any]) -> Self:
        """Those that these rules have made and that nobody has touched, be they over or not."""
        return self.filter(slot__in=slot_ids, touched_at=None, held_at=None, cancelled_at=None)


class Lesson(models.Model):
    """One dated event: planned, held or cancelled. `day` is its local date in the branch (a trigger sees to it);
    an individual lesson has no group. `held_by` is not known where it came in by import."""

    branch = models.ForeignKey("access.Branch", models.PROTECT, related_name="lessons", db_index=False)
    group = models.ForeignKey("groups.Group", models.PROTECT, null=True, related_name="lessons", db_index=False)
    lesson_type = models.ForeignKey(LessonType, models.PROTECT, related_name="lessons", db_index=False)
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="lessons", verbose_name=_("room"))
    teachers = models.ManyToManyField("people.Employee", through="LessonTeacher", related_name="lessons")
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    day = models.DateField(editable=False)
    # The day on which the timetable has it, where it was moved to another one: who comes on some weekdays only comes
    # by it, and the timetable gives no second lesson for it.
    moved_from = models.DateField(null=True)
    # The rule it was made from; once touched by a person it is not remade.
    slot = models.ForeignKey(TimetableSlot, models.PROTECT, null=True, related_name="lessons", db_index=False)
    touched_at = models.DateTimeField(null=True)
    topic = models.CharField(_("topic"), max_length=200, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    # Confirmed on purpose to share its room or teacher with another lesson.
    is_joint = models.BooleanField(default=False)
    held_at = models.DateTimeField(null=True)
    held_by = models.ForeignKey(
        "access.User", models.PROTECT, null=True, related_name="held_lessons", db_index=False
    )
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(
        "access.User", models.PROTECT, null=True, related_name="cancelled_lessons", db_index=False
    )
    cancelled_for = models.ForeignKey("fields.Choice", models.PROTECT, null=True, related_name="+", db_index=False)
    # What is said beside the choice; where it was cancelled before there were choices, all of it.
    cancel_reason = models.CharField(max_length=200, blank=True)
    # Of what somebody types or moves: topic and note, teachers, time and room.
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    objects = LessonQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="lesson_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(held_by=None) | Q(held_at__isnull=False), name="lesson_held_at_and_by"),
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancelled_by=None, cancelled_for=None, cancel_reason="")
                | Q(cancelled_at__isnull=False, held_at=None),
                name="lesson_cancelled_and_not_held",
            ),
            models.UniqueConstraint("slot", Coalesce("moved_from", "day"), name="lesson_once_per_slot_and_day"),
            ExclusionConstraint(
                name="lesson_room_is_free",
                expressions=[
                    ("room", RangeOperators.EQUAL),
                    (
                        Func(F("starts_at"), F("ends_at"), function="tstzrange", output_field=DateTimeRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(is_joint=False, cancelled_at=None, room__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["group", "starts_at"], name="lesson_of_group"),
            models.Index(fields=["branch", "day"], name="lesson_of_branch_and_day"),
            models.Index(
                fields=["group", "moved_from"], condition=Q(moved_from__isnull=False), name="lesson_moved_away"
            ),
        ]

    @property
    def timetable_day(self) -> date:
        """The day on which the timetable has it: by its weekday comes who comes on some weekdays only."""
        return self.moved_from or self.day

    @property
    def topics(self) -> tuple[str, ...]:
        """What open pages listen to that show it: the journal of its group, and its own page."""
        return (*([f"group:{self.group_id}"] if self.group_id else ()), f"lesson:{self.pk}")


class LessonTeacher(models.Model):
    """Who teaches a lesson. `during` and `counts` repeat the lesson's own time and standing, for the constraint;
    triggers keep them (migration 0002)."""

    lesson = models.ForeignKey(Lesson, models.CASCADE, related_name="lesson_teachers", db_index=False)
    employee = models.ForeignKey("people.Employee", models.PROTECT, related_name="lesson_teachers")
    during = DateTimeRangeField(editable=False)
    counts = models.BooleanField(editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lesson", "employee"], name="lesson_teacher_once"),
            ExclusionConstraint(
                name="lesson_teacher_is_free",
                expressions=[("employee", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                condition=Q(counts=True),
            ),
        ]
