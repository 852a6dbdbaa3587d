"""What lessons cost, and from when on for whom."""

from datetime import date
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Permission
from rollbook.domains.access.scoping import Scope, ScopedQuerySet
from rollbook.domains.groups.models import days_of


class TariffKind(models.TextChoices):
    """What is bought by it."""

    LESSON = "lesson", _("lesson by lesson")
    MONTH = "month", _("by the month")
    PACKAGE = "package", _("package of lessons")
    COURSE = "course", _("whole course")
    ONE_OFF = "one_off", _("one lesson")


WHOLE = (TariffKind.PACKAGE, TariffKind.COURSE, TariffKind.ONE_OFF)
"""Kinds that cost one price for a number of lessons."""


class Pricing(models.TextChoices):
    """How the price of one lesson follows from the price of a tariff."""

    FIXED = "fixed", _("price of a lesson")
    MONTH = "month", _("price of a month / lessons of the month")
    WHOLE = "whole", _("price of all lessons / their number")


class MonthFrom(models.TextChoices):
    CALENDAR = "calendar", _("the calendar month")
    FIRST = "first", _("a month from the first lesson")


class Charged(models.TextChoices):
    """When a subscription is written off."""

    LESSON = "lesson", _("as lessons happen")
    START = "start", _("at the start")


class ProRata(models.TextChoices):
    """How a part of a month is reckoned (spec 12, 7)."""

    LESSONS = "lessons", _("by the lessons left")
    DAYS = "days", _("by the days left")
    NONE = "none", _("no part: the whole price")


class Freezing(models.TextChoices):
    """What a freeze does to a subscription."""

    GIVES_BACK = "gives_back", _("frozen lessons are not charged")
    EXTENDS = "extends", _("it ends later by the days frozen")
    COUNTS = "counts", _("nothing: time goes on")


class Rules(models.Model):
    """What a tariff says beside its price, and a subscription goes on saying as it was at its sale. Shares are per cent
    of the price of a lesson; `make_up_days` None is the organisation's own window, `make_ups_a_month` None any
    number, `freeze_days` None as many as one likes."""

    kind = models.CharField(_("kind"), max_length=10, choices=TariffKind, default=TariffKind.MONTH)
    charged = models.CharField(_("written off"), max_length=10, choices=Charged, default=Charged.LESSON)
    missed_share = models.PositiveSmallIntegerField(_("charged for a missed lesson, %"), default=100)
    excused_share = models.PositiveSmallIntegerField(_("charged for an excused lesson, %"), default=0)
    # What an excused lesson costs when the right to work it off is over, unused.
    lapsed_share = models.PositiveSmallIntegerField(_("charged when not worked off in time, %"), default=0)
    make_up_days = models.PositiveSmallIntegerField(_("days to work off"), null=True, blank=True)
    make_ups_a_month = models.PositiveSmallIntegerField(_("make-ups a month at most"), null=True, blank=True)
    # What was not used when the subscription ends: burned, or left on the balance.
    burns = models.BooleanField(_("lessons not used burn"), default=False)
    freezing = models.CharField(_("a freeze"), max_length=10, choices=Freezing, default=Freezing.GIVES_BACK)
    freeze_days = models.PositiveSmallIntegerField(_("days frozen at most"), null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=TariffKind.values), name="%(class)s_kind_known"),
            models.CheckConstraint(condition=Q(charged__in=Charged.values), name="%(class)s_charged_known"),
            models.CheckConstraint(condition=Q(missed_share__lte=100), name="%(class)s_missed_share_per_cent"),
            models.CheckConstraint(condition=Q(excused_share__lte=100), name="%(class)s_excused_share_per_cent"),
            models.CheckConstraint(condition=Q(lapsed_share__lte=100), name="%(class)s_lapsed_share_per_cent"),
            models.CheckConstraint(condition=Q(make_up_days__range=(1, 366)), name="%(class)s_make_up_days"),
            models.CheckConstraint(condition=Q(make_ups_a_month__range=(0, 31)), name="%(class)s_make_ups_a_month"),
            models.CheckConstraint(condition=Q(freezing__in=Freezing.values), name="%(class)s_freezing_known"),
        ]


RULES = tuple(field.name for field in Rules._meta.local_fields)
"""What is copied from a tariff to a subscription."""


class Tariff(Rules):
    """How groups or programmes are priced. `lessons` are those of a package or course, `days` how long a package lasts
    (None: for good), `instalments` in how many parts, a month apart, what is written off at the start comes.
    `round_to` rounds a part of a month up (0: to the cent)."""

    name = models.CharField(_("name"), max_length=100)
    pricing = models.CharField(_("pricing"), max_length=10, choices=Pricing, default=Pricing.FIXED)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)
    lessons = models.PositiveSmallIntegerField(_("lessons"), null=True, blank=True)
    days = models.PositiveSmallIntegerField(_("days it lasts"), null=True, blank=True)
    instalments = models.PositiveSmallIntegerField(_("instalments"), default=1)
    month_from = models.CharField(_("month"), max_length=10, choices=MonthFrom, default=MonthFrom.CALENDAR)
    pro_rata = models.CharField(_("part of a month"), max_length=10, choices=ProRata, default=ProRata.LESSONS)
    round_to = models.PositiveSmallIntegerField(_("rounded up to"), default=0)
    sibling_discount = models.PositiveSmallIntegerField(_("discount for a second child, %"), default=0)
    second_discount = models.PositiveSmallIntegerField(_("discount for a second programme, %"), default=0)
    archived_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = [
            *Rules.Meta.constraints,
            models.CheckConstraint(condition=Q(pricing__in=Pricing.values), name="tariff_pricing_known"),
            models.CheckConstraint(condition=Q(price__gte=0), name="tariff_price"),
            models.CheckConstraint(
                name="tariff_pricing_of_its_kind",
                condition=Q(kind__in=WHOLE, pricing=Pricing.WHOLE, lessons__gte=1)
                | Q(kind=TariffKind.MONTH, pricing__in=[Pricing.FIXED, Pricing.MONTH], lessons=None)
                | Q(kind=TariffKind.LESSON, pricing=Pricing.FIXED, lessons=None, charged=Charged.LESSON),
            ),
            models.CheckConstraint(condition=Q(lessons__range=(1, 1000)), name="tariff_lessons"),
            models.CheckConstraint(condition=Q(days__range=(1, 3660)), name="tariff_days"),
            models.CheckConstraint(
                condition=Q(instalments=1) | Q(instalments__range=(2, 24), charged=Charged.START),
                name="tariff_instalments",
            ),
            models.CheckConstraint(condition=Q(month_from__in=MonthFrom.values), name="tariff_month_from_known"),
            models.CheckConstraint(condition=Q(pro_rata__in=ProRata.values), name="tariff_pro_rata_known"),
            models.CheckConstraint(condition=Q(round_to__in=[0, 1, 10, 50, 100]), name="tariff_round_to"),
            models.CheckConstraint(condition=Q(sibling_discount__lte=100), name="tariff_sibling_discount"),
            models.CheckConstraint(condition=Q(second_discount__lte=100), name="tariff_second_discount"),
        ]


class TariffUseQuerySet(ScopedQuerySet["TariffUse"]):
    scope = Scope(
        see=Permission.JOURNAL_SEE,
        branch=("group__branch", "programme__groups__branch"),
        group=("group", "programme__groups"),
        own=(
            "group__teachers__user", "group__lessons__teachers__user",
            "programme__groups__teachers__user", "programme__groups__lessons__teachers__user",
        ),
    )

    def on(self, day: date) -> Self:
        return self.filter(Q(until=None) | Q(until__gt=day), since__lte=day)


class TariffUse(models.Model):
    """What a group or a programme costs on the days [since, until). A group's own goes before its programme's."""

    tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="uses")
    group = models.ForeignKey("groups.Group", models.PROTECT, null=True, blank=True, related_name="tariff_uses")
    programme = models.ForeignKey("groups.Programme", models.PROTECT, null=True, blank=True, related_name="tariff_uses")
    since = models.DateField(_("from"))
    until = models.DateField(_("until"), null=True, blank=True)

    objects = TariffUseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(group=None, programme__isnull=False) | Q(group__isnull=False, programme=None),
                name="tariff_use_of_one",
            ),
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="tariff_use_until_after_since"),
            ExclusionConstraint(
                name="tariff_use_of_group_is_one",
                expressions=[("group", RangeOperators.EQUAL), (days_of(), RangeOperators.OVERLAPS)],
                condition=Q(group__isnull=False),
            ),
            ExclusionConstraint(
                name="tariff_use_of_programme_is_one",
                expressions=[("programme", RangeOperators.EQUAL), (days_of(), RangeOperators.OVERLAPS)],
                condition=Q(programme__isnull=False),
            ),
        ]
