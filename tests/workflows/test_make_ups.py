"""Working off: who is expected where, what frees a right, and what is refused with which sentence."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from rollbook.domains.access.models import Organisation
from rollbook.domains.billing.models import LedgerEntry, Tariff
from rollbook.domains.groups.models import Enrolment, Freeze, Group
from rollbook.domains.history.models import Entry
from rollbook.domains.journal.actions import (
    BookedAlready,
    LessonFull,
    NoRight,
    NotBooked,
    NothingToCharge,
    NoVisit,
    StaleMark,
    TooManyMakeUps,
    WorkedOff,
)
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound
from rollbook.workflows import (
    charge_decided,
    lesson_cancelled,
    lesson_marked,
    make_up_booked,
    make_up_by_hand,
    make_ups_lapsed,
)
from tests.school import AT, DAY

ATTENDED, MISSED, EXCUSED, PLANNED = Status.ATTENDED, Status.MISSED, Status.EXCUSED, Status.PLANNED
THEN = AT + timedelta(days=2)  # the evening of the visit


@pytest.fixture
def there(school):
    """The lesson of Dance on Thursday, to which Ivan of Chess may go."""
    return school.lesson("dance", at=THEN)


@pytest.fixture
def miss(school):
    return missed(school)


def missed(school, status=EXCUSED, lesson=None, at=AT):
    marked(school, status, lesson or school.lessons["chess"], at=at)
    return Mark.objects.get(client=ivan(school), lesson=lesson or school.lessons["chess"])


def ivan(school):
    return school.clients()[0]


def marked(school, status, lesson, *, at=THEN, name="mara", client=None):
    client = client or ivan(school)
    return lesson_marked.mark(lesson_id=lesson.pk, marks={client.pk: status}, seen=None, at=at, by=school.actor(name))


def book(school, miss, lesson, *, name="mara", at=AT, **told):
    return make_up_booked.book(miss_id=miss.pk, lesson_id=lesson.pk, at=at, by=school.actor(name), **told)


def statuses(lesson):
    return dict(Mark.objects.filter(lesson=lesson).values_list("client__name", "status"))


def test_a_visit_is_booked_comes_and_is_charged_once_for_the_home_group(school, miss, there):
    visit = Mark.objects.get(pk=book(school, miss, there))
    assert (visit.kind, visit.status, visit.makes_up, visit.share, visit.price) == (
        Kind.MAKE_UP, PLANNED, miss, 0, D("12.50"),
    )
    assert not LedgerEntry.objects.exists()
    lesson_marked.everyone(lesson_id=there.pk, at=THEN, by=school.actor("mara"))
    entry = LedgerEntry.objects.get(client=ivan(school))
    assert (entry.mark, entry.amount, entry.group, entry.day) == (visit, D("-12.50"), school.groups["chess"], there.day)
    told = Entry.objects.filter(subject=f"mark:{miss.pk}").values_list("verb", "new__on")
    assert list(told) == [("mark.booked", there.day.isoformat())]


def test_a_right_is_used_once(school, miss, there):
    book(school, miss, there)
    elsewhere = school.lesson("dance", at=THEN + timedelta(days=7))
    with pytest.raises(BookedAlready, match="Dance"):
        book(school, miss, elsewhere)
    marked(school, ATTENDED, there)
    with pytest.raises(WorkedOff, match="Dance"):
        book(school, miss, elsewhere)


@pytest.mark.parametrize("status", [MISSED, EXCUSED, None])
def test_a_visit_that_was_missed_or_taken_away_frees_the_right(school, miss, there, status):
    book(school, miss, there)
    marked(school, ATTENDED, there)
    marked(school, status, there)
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == 0
    book(school, miss, school.lesson("dance", at=THEN + timedelta(days=7)))
    with pytest.raises(WorkedOff):
        marked(school, ATTENDED, there)


def test_a_cancelled_visit_frees_the_right_and_comes_back_where_it_still_is(school, miss, there):
    book(school, miss, there)
    marked(school, ATTENDED, there)
    how = {"lesson_id": there.pk, "at": THEN, "by": school.actor("oleg")}
    lesson_cancelled.cancel(reason="Snow", **how)
    assert lesson_cancelled.restore(**how) == ()
    assert statuses(there) == {"Ivan": "attended"}
    lesson_cancelled.cancel(reason="Snow", **how)
    elsewhere = school.lesson("dance", at=THEN + timedelta(days=7))
    book(school, miss, elsewhere)
    [withdrawn] = lesson_cancelled.restore(**how)
    assert (withdrawn.client_id, withdrawn.group, withdrawn.day) == (ivan(school).pk, "Dance", there.day)
    assert (statuses(there), statuses(elsewhere)) == ({"Ivan": None}, {"Ivan": "planned"})
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == 0


def test_a_booking_is_taken_back_and_its_row_used_again(school, miss, there):
    first = book(school, miss, there)
    make_up_booked.take_back(miss_id=miss.pk, at=AT, by=school.actor("olha"))
    assert statuses(there) == {"Ivan": None}
    with pytest.raises(NotBooked):
        make_up_booked.take_back(miss_id=miss.pk, at=AT, by=school.actor("olha"))
    assert book(school, miss, there) == first
    assert Mark.objects.get(pk=first).version == 3


# What is refused ------------------------------------------------------------------------------------------------------


def test_only_a_miss_that_gives_a_right_is_worked_off(school, there):
    with pytest.raises(NoRight):
        book(school, missed(school, MISSED), there)
    Organisation.objects.update(missed_may_be_worked_off=True)
    marked(school, None, school.lessons["chess"], at=AT)
    right = missed(school, MISSED)
    Organisation.objects.update(make_ups=False)
    with pytest.raises(NoRight, match="organisation"):
        book(school, right, there)
    Organisation.objects.update(make_ups=True)
    book(school, right, there)


def test_a_cancelled_lesson_was_not_missed(school, miss, there):
    lesson_cancelled.cancel(lesson_id=miss.lesson_id, reason="Snow", at=AT, by=school.actor("oleg"))
    with pytest.raises(NoRight, match="cancelled"):
        book(school, miss, there)


def test_not_after_the_window_nor_once_it_has_lapsed(school, miss):
    with pytest.raises(NoRight, match="1"):
        book(school, miss, school.lesson("dance", at=AT + timedelta(days=31)))
    last = school.lesson("dance", at=AT + timedelta(days=30))
    make_ups_lapsed.lapse(at=AT + timedelta(days=31), by=school.actor("vera"))
    with pytest.raises(NoRight):
        book(school, miss, last)


@pytest.mark.parametrize("why", ["cancelled", "past", "member", "frozen", "marked", "itself"])
def test_a_lesson_in_which_the_client_cannot_be_a_guest(school, miss, there, why):
    at, client = AT, ivan(school)
    match why:
        case "cancelled":
            lesson_cancelled.cancel(lesson_id=there.pk, reason="Snow", at=AT, by=school.actor("oleg"))
        case "past":
            at = THEN + timedelta(days=1)
        case "member":
            Enrolment.objects.create(client=client, group=school.groups["dance"], since=DAY)
        case "frozen":
            Freeze.objects.create(client=client, since=DAY, until=there.day + timedelta(days=1))
        case "marked":
            Mark.objects.create(client=client, lesson=there, kind=Kind.ONE_OFF, status=PLANNED, marked_at=AT, day=DAY)
        case "itself":
            there = school.lessons["chess"]
    with pytest.raises(NoVisit):
        book(school, miss, there, at=at)


def test_a_member_who_comes_on_other_days_may_be_a_guest(school, miss, there):
    Enrolment.objects.create(client=ivan(school), group=school.groups["dance"], since=DAY, weekdays=[1])
    book(school, miss, there)


def test_a_full_lesson_takes_a_guest_only_where_that_is_meant(school, miss, there):
    Group.objects.filter(name="Dance").update(capacity=2, minimum=None)
    one_off = school.client("Guest", school.branches["north"])
    guest = Mark.objects.create(client=one_off, lesson=there, kind=Kind.TRIAL, status=PLANNED, marked_at=AT, day=DAY)
    with pytest.raises(LessonFull):
        book(school, miss, there)
    book(school, miss, there, over_capacity=True)
    make_up_booked.take_back(miss_id=miss.pk, at=AT, by=school.actor("mara"))
    Mark.objects.filter(pk=guest.pk).update(status=MISSED)
    book(school, miss, there)


def test_whoever_pauses_leaves_their_place_in_a_lesson_free(school, miss, there):
    Group.objects.filter(name="Dance").update(capacity=1, minimum=None)
    Freeze.objects.create(client=school.clients("dance")[0], since=DAY, until=DAY + timedelta(days=7))
    book(school, miss, there)


def test_the_tariff_limits_make_ups_a_month(school, there):
    Tariff.objects.update(make_ups_a_month=1)
    book(school, missed(school), there)
    second = missed(school, lesson=school.lesson(at=AT - timedelta(days=7)))
    with pytest.raises(TooManyMakeUps, match="1 make-up a month"):
        book(school, second, school.lesson("dance", at=THEN + timedelta(days=7)))
    marked(school, MISSED, there)
    book(school, second, school.lesson("dance", at=THEN + timedelta(days=7)))
    october = school.lesson("dance", at=AT + timedelta(days=30))
    Tariff.objects.update(make_ups_a_month=0)
    with pytest.raises(TooManyMakeUps):
        book(school, Mark.objects.get(day=DAY, lesson__group__name="Chess"), october)


@pytest.mark.parametrize(
    ("name", "error"), [("anna", NotAllowed), ("rita", NotAllowed), ("boris", NotFound), ("nina", NotAllowed)]
)
def test_who_may_not_book_in_the_other_group(school, miss, there, name, error):
    with pytest.raises((error, NotFound) if name == "anna" else error):
        book(school, miss, there, name=name)


def test_both_lessons_must_be_open_to_whoever_books(school, miss):
    """Zlata manages Chess alone, Mara manages North and not South."""
    dance, judo = (school.lesson(group, at=THEN) for group in ("dance", "judo"))
    for name, lesson in (("zlata", dance), ("mara", judo)):
        with pytest.raises(NotFound):
            book(school, miss, lesson, name=name)
    book(school, miss, judo, name="olha")


# The miss is corrected ------------------------------------------------------------------------------------------------


def test_a_booking_is_withdrawn_with_its_right_and_that_is_said(school, miss, there):
    book(school, miss, there)
    done = marked(school, ATTENDED, school.lessons["chess"], at=AT)
    [withdrawn] = done.withdrawn
    assert (withdrawn.group, withdrawn.day, done.groups) == ("Dance", there.day, {school.groups["dance"].pk})
    assert statuses(there) == {"Ivan": None}
    told = Entry.objects.filter(subject=f"lesson:{there.pk}").latest("pk")
    assert (told.verb, told.old, told.new) == (
        "lesson.marked", {str(ivan(school).pk): "planned"}, {str(ivan(school).pk): None}
    )
    with pytest.raises(NoRight, match="otherwise"):
        marked(school, ATTENDED, there)


def test_a_new_status_that_gives_a_right_keeps_the_booking(school, miss, there):
    Organisation.objects.update(missed_may_be_worked_off=True)
    book(school, miss, there)
    assert marked(school, MISSED, school.lessons["chess"], at=AT).withdrawn == ()
    assert statuses(there) == {"Ivan": "planned"}
    marked(school, ATTENDED, there)
    # The miss costs a half by now, the visit the other.
    assert set(LedgerEntry.objects.values_list("amount", flat=True)) == {D("-6.25")}


def test_whoever_may_not_know_the_other_group_is_told_the_day_alone(school, miss):
    there = school.lesson("judo", at=THEN)
    book(school, miss, there, name="olha")
    marked(school, ATTENDED, there, name="vera")
    with pytest.raises(WorkedOff) as refused:
        marked(school, ATTENDED, school.lessons["chess"], name="mara", at=AT)
    assert "Judo" not in str(refused.value)
    assert "3" in str(refused.value)
    with pytest.raises(WorkedOff, match="Judo"):
        marked(school, ATTENDED, school.lessons["chess"], name="vera", at=AT)


def test_a_make_up_taken_back_is_none_once_the_client_has_joined(school, miss, there):
    book(school, miss, there)
    marked(school, None, there)
    Enrolment.objects.create(client=ivan(school), group=school.groups["dance"], since=DAY)
    marked(school, ATTENDED, there)
    assert Mark.objects.values_list("kind", "makes_up", "share").get(lesson=there) == ("regular", None, 100)


# By hand --------------------------------------------------------------------------------------------------------------


def by_hand(school, miss, *, on=DAY, name="mara", at=AT, **told):
    make_up_by_hand.work_off(mark_id=miss.pk, note="at home", on=on, at=at, by=school.actor(name), **told)


def test_a_miss_is_worked_off_by_hand_and_back(school, miss, there):
    by_hand(school, miss)
    miss.refresh_from_db()
    assert (miss.worked_off_on, miss.worked_off_note, miss.version) == (DAY, "at home", 2)
    for act in (lambda: by_hand(school, miss), lambda: book(school, miss, there)):
        with pytest.raises(WorkedOff, match="by hand"):
            act()
    with pytest.raises(WorkedOff, match="by hand"):
        marked(school, ATTENDED, school.lessons["chess"], at=AT)
    for _ in range(2):
        make_up_by_hand.undo(mark_id=miss.pk, at=AT, by=school.actor("mara"))
    book(school, miss, there)
    verbs = Entry.objects.filter(subject=f"mark:{miss.pk}").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["mark.worked_off", "mark.worked_off_undone", "mark.booked"]


def test_not_by_hand_while_a_visit_is_booked_nor_by_whoever_may_not_correct(school, miss, there):
    with pytest.raises(NotAllowed):
        by_hand(school, miss, name="anna")
    with pytest.raises(StaleMark):
        by_hand(school, miss, seen=7)
    for on in (DAY + timedelta(days=1), DAY + timedelta(days=31)):
        with pytest.raises(InvalidInput):
            by_hand(school, miss, on=on)
    book(school, miss, there)
    with pytest.raises(BookedAlready, match="Dance"):
        by_hand(school, miss)


# Lapse ----------------------------------------------------------------------------------------------------------------


def lapse(school, days):
    return make_ups_lapsed.lapse(at=AT + timedelta(days=days), by=school.actor("vera"))


def test_a_right_lapses_once_when_its_window_has_passed(school, miss):
    assert [lapse(school, days) for days in (30, 31, 31)] == [0, 1, 0]
    miss.refresh_from_db()
    assert (miss.lapsed_on, miss.make_up_until) == (date(2026, 10, 2), date(2026, 10, 1))
    told = Entry.objects.get(verb="mark.lapsed")
    assert (told.subject, told.new) == (f"mark:{miss.pk}", {"until": "2026-10-01"})


def test_what_is_booked_used_or_worked_off_by_hand_does_not_lapse(school, miss, there):
    second = missed(school, lesson=school.lesson(at=AT - timedelta(days=7)))
    book(school, miss, there)
    by_hand(school, second)
    assert lapse(school, 100) == 0
    marked(school, ATTENDED, there)
    assert lapse(school, 100) == 0
    marked(school, MISSED, there)
    assert lapse(school, 100) == 1


def test_what_has_lapsed_is_used_after_all_where_that_is_corrected(school, miss, there):
    book(school, miss, there)
    marked(school, MISSED, there)
    lapse(school, 100)
    marked(school, ATTENDED, there)
    miss.refresh_from_db()
    assert miss.lapsed_on is None
    marked(school, MISSED, there)
    assert lapse(school, 100) == 1
    by_hand(school, miss, at=AT + timedelta(days=100))
    miss.refresh_from_db()
    assert miss.lapsed_on is None
    make_up_by_hand.undo(mark_id=miss.pk, at=AT, by=school.actor("mara"))
    lapse(school, 100)
    marked(school, ATTENDED, school.lessons["chess"], at=AT)
    miss.refresh_from_db()
    assert (miss.lapsed_on, miss.make_up_until) == (None, None)


def test_a_cancelled_visit_that_comes_back_uses_what_had_lapsed(school, miss, there):
    book(school, miss, there)
    how = {"lesson_id": there.pk, "at": THEN, "by": school.actor("oleg")}
    lesson_cancelled.cancel(reason="Snow", **how)
    assert lapse(school, 100) == 1
    assert lesson_cancelled.restore(**how) == ()
    miss.refresh_from_db()
    assert miss.lapsed_on is None


# Charged or not -------------------------------------------------------------------------------------------------------


def decide(school, mark, charged, *, name="oleg", **told):
    charge_decided.decide(mark_id=mark.pk, charged=charged, at=AT, by=school.actor(name), **told)


def balance(mark):
    return sum(LedgerEntry.objects.filter(client=mark.client_id).values_list("amount", flat=True))


def test_one_cell_is_charged_or_not_whatever_the_tariff_says(school):
    mark = missed(school, MISSED)
    told = []
    for charged in (True, False, False, None):
        decide(school, mark, charged)
        told.append(balance(mark))
    assert told == [D("-12.50"), 0, 0, D("-6.25")]
    assert Entry.objects.filter(verb="mark.charge_decided").count() == 3


def test_a_decision_holds_until_the_mark_says_something_else(school):
    mark = missed(school, ATTENDED)
    decide(school, mark, False)
    lesson_marked.mark(
        lesson_id=mark.lesson_id, marks={mark.client_id: ATTENDED}, minutes_late={mark.client_id: 5}, seen=None, at=AT,
        by=school.actor("anna"),
    )
    assert balance(mark) == 0
    marked(school, MISSED, school.lessons["chess"], at=AT)
    assert balance(mark) == D("-6.25")
    assert Mark.objects.get().charged is None


def test_what_cannot_be_decided(school, there):
    for name, error in (("mara", NotAllowed), ("boris", NotFound)):
        with pytest.raises(error):
            decide(school, missed(school), True, name=name)
    with pytest.raises(StaleMark):
        decide(school, missed(school), True, seen=9)
    miss = missed(school)
    visit = Mark.objects.get(pk=book(school, miss, there))
    with pytest.raises(NothingToCharge):
        decide(school, visit, True)
    marked(school, ATTENDED, there)
    with pytest.raises(WorkedOff):
        decide(school, miss, True)
    decide(school, visit, False)
    assert balance(miss) == 0
    decide(school, visit, True)
    assert balance(miss) == D("-12.50")


def test_a_miss_that_was_charged_by_decision_makes_its_visit_free(school, miss, there):
    decide(school, miss, True)
    book(school, miss, there)
    marked(school, ATTENDED, there)
    assert balance(miss) == D("-12.50")
