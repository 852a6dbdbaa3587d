from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Permission
from rollbook.domains.access.scoping import Scope, ScopedQuerySet


class Kind(models.TextChoices):
    REGULAR = "regular", _("regular")
    TRIAL = "trial", _("trial")
    ONE_OFF = "one_off", _("one-off")
    MAKE_UP = "make_up", _("make-up")


class Status(models.TextChoices):
    PLANNED = "planned", _("planned")
    ATTENDED = "attended", _("attended")
    MISSED = "missed", _("missed")
    EXCUSED = "excused", _("excused")


class MarkQuerySet(ScopedQuerySet["Mark"]):
    scope = Scope(
        see=Permission.JOURNAL_SEE,
        branch=("lesson__branch",),
        group=("lesson__group",),
        own=("lesson__teachers__user", "lesson__group__teachers__user"),
    )

    def standing(self) -> Self:
        """Those that say something: a mark taken back keeps its row for its version and the ledger."""
        return self.filter(status__isnull=False)

    def holding(self) -> Self:
        """Visits that use a right to a make-up, or keep it: of whoever came or is expected. One that was missed frees
        it, and so does one whose lesson is cancelled."""
        return self.filter(status__in=[Status.PLANNED, Status.ATTENDED], stands_aside=False, makes_up__isnull=False)

    def rights(self) -> Self:
        """Misses that may be worked off: not by hand yet, and not lapsed. Whether a visit holds them is not asked."""
        return self.filter(make_up_until__isnull=False, worked_off_on=None, lapsed_on=None, stands_aside=False)


class Mark(models.Model):
    """The cell. What held at the moment of marking stays with it: a later change of rules re-prices nothing.

    `share` is the per cent of `price` that is charged, `price` that of the whole lesson. `worked_off_note` says
    how a miss was worked off by hand; a visit that works one off points at it by `makes_up`.
    """

    client = models.ForeignKey("people.Client", models.PROTECT, related_name="marks", db_index=False)
    lesson = models.ForeignKey("schedule.Lesson", models.PROTECT, related_name="marks", db_index=False)
    # The local day of the lesson, kept by a trigger: the history of a client is read by it.
    day = models.DateField(editable=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.REGULAR)
    status = models.CharField(max_length=10, choices=Status, null=True)
    minutes_late = models.PositiveSmallIntegerField(default=0)
    present = models.BooleanField(default=False)
    uses_lesson = models.BooleanField(default=False)
    pays_teacher = models.BooleanField(default=False)
    share = models.PositiveSmallIntegerField(default=0)
    # The per cent that is charged when the right to work it off is over, unused.
    lapse_share = models.PositiveSmallIntegerField(default=0, db_default=0)
    # A subscription that was charged at its start has paid for it: nothing more is charged.
    prepaid = models.BooleanField(default=False, db_default=False)
    price = models.DecimalField(max_digits=16, decimal_places=6, default=0)
    # Until when the miss may be worked off; None gives no right.
    make_up_until = models.DateField(null=True)
    makes_up = models.ForeignKey("self", models.PROTECT, null=True, related_name="visits", db_index=False)
    # Its lesson is cancelled: it counts for nothing meanwhile. Kept by a trigger (migration 0004).
    stands_aside = models.BooleanField(default=False, db_default=False, editable=False)
    worked_off_on = models.DateField(null=True)
    worked_off_note = models.CharField(max_length=200, blank=True)
    # The day on which the right to work it off was over, unused.
    lapsed_on = models.DateField(null=True)
    # Whether it is charged, where somebody has decided otherwise than the tariff would.
    charged = models.BooleanField(null=True)
    marked_at = models.DateTimeField()
    marked_by = models.ForeignKey("access.User", models.PROTECT, null=True, related_name="marks", db_index=False)
    version = models.PositiveIntegerField(default=1)

    objects = MarkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lesson", "client"], name="mark_once_per_client_and_lesson"),
            models.CheckConstraint(condition=Q(share__lte=100), name="mark_share_per_cent"),
            models.CheckConstraint(condition=Q(lapse_share__lte=100), name="mark_lapse_share_per_cent"),
            models.CheckConstraint(condition=Q(price__gte=0), name="mark_price"),
            models.CheckConstraint(condition=Q(status=None) | Q(status__in=Status.values), name="mark_status_known"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="mark_kind_known"),
            models.CheckConstraint(
                condition=Q(minutes_late=0) | Q(status=Status.ATTENDED, minutes_late__lte=600),
                name="mark_late_is_attended",
            ),
            models.CheckConstraint(
                condition=Q(makes_up=None) | Q(kind=Kind.MAKE_UP) & ~Q(makes_up=F("id")), name="mark_makes_up_one_other"
            ),
            models.CheckConstraint(
                condition=Q(worked_off_on=None, worked_off_note="")
                | Q(worked_off_on__isnull=False, status__in=[Status.MISSED, Status.EXCUSED]) & ~Q(worked_off_note=""),
                name="mark_worked_off_by_hand",
            ),
            models.CheckConstraint(
                condition=Q(lapsed_on=None) | Q(make_up_until__isnull=False, worked_off_on=None),
                name="mark_lapsed_was_a_right",
            ),
            # A right is used once, whoever books and however many at a time: missed and cancelled visits free it.
            models.UniqueConstraint(
                fields=["makes_up"],
                condition=(Q(status=Status.PLANNED) | Q(status=Status.ATTENDED)) & Q(stands_aside=False),
                name="mark_worked_off_once",
            ),
        ]
        indexes = [
            models.Index(fields=["client", "day"], name="mark_of_client"),
            models.Index(fields=["makes_up"], condition=Q(makes_up__isnull=False), name="mark_visits"),
            # Rights that may still be used, by when they end: few of millions.
            models.Index(
                fields=["make_up_until"],
                condition=Q(make_up_until__isnull=False, worked_off_on=None, lapsed_on=None),
                name="mark_open_rights",
            ),
            models.Index(fields=["lapsed_on"], condition=Q(lapsed_on__isnull=False), name="mark_lapsed_rights"),
        ]
