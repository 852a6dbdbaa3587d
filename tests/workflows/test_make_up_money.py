"""Spec 02, rule 6: whatever the tariff, wherever it is worked off, a missed lesson is charged once, for its group."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.db.models import Sum

from rollbook.domains.access.models import Organisation
from rollbook.domains.billing.models import Account, LedgerEntry, Tariff
from rollbook.domains.groups.models import Enrolment
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.schedule.models import Lesson, LessonType
from rollbook.operations.doctor import examine
from rollbook.operations.doctor.billing import PROMISES as OF_BILLING
from rollbook.operations.doctor.journal import PROMISES as OF_JOURNAL
from rollbook.workflows import lesson_cancelled, lesson_marked, make_up_booked, make_up_by_hand
from tests.school import AT, DAY

ATTENDED, MISSED, EXCUSED = Status.ATTENDED, Status.MISSED, Status.EXCUSED
THEN = AT + timedelta(days=2)


@dataclass(frozen=True)
class Kind:
    """A kind of tariff, and what one whole lesson of September costs by it: five Tuesdays are in that month."""

    pricing: str
    price: D
    lesson: D


FIXED, MONTH = Kind("fixed", D("12.50"), D("12.50")), Kind("month", D("100"), D("20.00"))
NOTHING = D("0.00")


def own_lesson(school):
    """Of the group itself, on a weekday on which this client does not come."""
    Enrolment.objects.filter(client=school.clients()[0]).update(weekdays=[2])
    return school.lesson("chess", at=THEN)


def other_group(school):
    return school.lesson("dance", at=THEN)


def other_branch(school):
    return school.lesson("judo", at=THEN)


def alone(school):
    lesson = Lesson.objects.create(
        branch=school.branches["north"], lesson_type=LessonType.objects.get(code="individual"), starts_at=THEN,
        ends_at=THEN + timedelta(minutes=45), day=DAY,
    )
    lesson.refresh_from_db()
    return lesson


@pytest.fixture(autouse=True)
def missed_ones_too(school):
    Organisation.objects.update(missed_may_be_worked_off=True)


def has_tariff(school, kind, *, missed=100, excused=0):
    Tariff.objects.update(pricing=kind.pricing, price=kind.price, missed_share=missed, excused_share=excused)
    # What the other group charges makes no difference.
    dear = Tariff.objects.create(name="Dear", price=D("99"), missed_share=100, excused_share=100)
    for name in ("dance", "judo"):
        school.groups[name].tariff_uses.create(tariff=dear, since=DAY - timedelta(days=30))


def missed(school, status):
    ivan = school.clients()[0].pk
    lesson_marked.mark(
        lesson_id=school.lessons["chess"].pk, marks={ivan: status}, seen=None, at=AT, by=school.actor("vera")
    )
    return Mark.objects.get(client=ivan, lesson=school.lessons["chess"])


def booked(school, miss, where):
    host = where(school)
    make_up_booked.book(miss_id=miss.pk, lesson_id=host.pk, at=AT, by=school.actor("vera"))
    return host


def mark_visit(school, host, status):
    ivan = school.clients()[0].pk
    lesson_marked.mark(lesson_id=host.pk, marks={ivan: status}, seen=None, at=THEN, by=school.actor("vera"))


def charged():
    """What stands charged, by day and group."""
    rows = LedgerEntry.objects.values_list("day", "group__name").annotate(sum=-Sum("amount"))
    return {(day, group): amount for day, group, amount in rows if amount}


def all_is_well():
    assert not [found.promise.name for found in examine((*OF_BILLING, *OF_JOURNAL)) if found.broken]


MISSES = [
    (status, {"missed": missed, "excused": excused}, missed if status == MISSED else excused)
    for status in (MISSED, EXCUSED)
    for missed, excused in [(0, 0), (50, 0), (100, 0), (100, 100), (0, 100)]
]


@pytest.mark.parametrize("where", [own_lesson, other_group, other_branch, alone])
@pytest.mark.parametrize(("status", "shares", "share"), MISSES)
@pytest.mark.parametrize("kind", [FIXED, MONTH], ids=["lesson", "month"])
def test_a_visit_costs_what_the_miss_has_left_of_one_lesson(school, kind, status, shares, share, where):
    has_tariff(school, kind, **shares)
    miss = missed(school, status)
    before = {(DAY, "Chess"): kind.lesson * share / 100} if share else {}
    assert charged() == before
    host = booked(school, miss, where)
    assert charged() == before
    mark_visit(school, host, ATTENDED)
    after = {(host.day, "Chess"): kind.lesson * (100 - share) / 100} if share < 100 else {}
    assert charged() == before | after
    assert Account.objects.get(client=miss.client_id).balance == -kind.lesson
    all_is_well()


@pytest.mark.parametrize("freed", ["missed", "excused", "taken away", "cancelled"])
@pytest.mark.parametrize("share", [0, 50, 100])
@pytest.mark.parametrize("kind", [FIXED, MONTH], ids=["lesson", "month"])
def test_a_visit_that_was_none_costs_nothing_and_the_next_one_is_charged(school, kind, share, freed):
    has_tariff(school, kind, missed=share)
    miss = missed(school, MISSED)
    host = booked(school, miss, other_group)
    mark_visit(school, host, ATTENDED)
    match freed:
        case "missed" | "excused":
            mark_visit(school, host, Status(freed))
        case "taken away":
            mark_visit(school, host, None)
        case "cancelled":
            lesson_cancelled.cancel(lesson_id=host.pk, reason="Snow", at=THEN, by=school.actor("vera"))
    assert charged() == ({(DAY, "Chess"): kind.lesson * share / 100} if share else {})
    next_one = school.lesson("judo", at=THEN + timedelta(days=7))
    make_up_booked.book(miss_id=miss.pk, lesson_id=next_one.pk, at=AT, by=school.actor("vera"))
    lesson_marked.mark(
        lesson_id=next_one.pk, marks={miss.client_id: ATTENDED}, seen=None, at=THEN + timedelta(days=7),
        by=school.actor("vera"),
    )
    assert Account.objects.get(client=miss.client_id).balance == -kind.lesson
    assert {group for _day, group in charged()} == {"Chess"}
    all_is_well()


@pytest.mark.parametrize(("share", "status"), [(0, EXCUSED), (100, EXCUSED), (50, MISSED)])
@pytest.mark.parametrize("kind", [FIXED, MONTH], ids=["lesson", "month"])
def test_by_hand_charges_nothing_more(school, kind, share, status):
    has_tariff(school, kind, missed=share, excused=share)
    miss = missed(school, status)
    before = charged()
    make_up_by_hand.work_off(mark_id=miss.pk, note="at home", on=DAY, at=AT, by=school.actor("vera"))
    assert charged() == before == ({(DAY, "Chess"): kind.lesson * share / 100} if share else {})
    all_is_well()
