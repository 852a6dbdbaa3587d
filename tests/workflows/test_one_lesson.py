"""What is done with one lesson: held, called off, described, taught by somebody else, moved, visited by guests."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import translation

from rollbook.domains.access.models import Organisation
from rollbook.domains.billing.models import Account, LedgerEntry, Tariff
from rollbook.domains.comments.models import Comment
from rollbook.domains.fields.models import Choice
from rollbook.domains.groups.models import Enrolment, Freeze, Group
from rollbook.domains.history.models import Entry
from rollbook.domains.journal import queries as journal
from rollbook.domains.journal.actions import (
    LessonFull,
    LessonIsCancelled,
    NoGuest,
    NotExpected,
    ThereAlready,
    TooLate,
)
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.people.actions import NewContact
from rollbook.domains.people.models import Client, Employee
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule import queries as lessons_of
from rollbook.domains.schedule.actions import CalledOff, NotBegun, PlaceIsTaken, TookPlace
from rollbook.domains.schedule.models import ClosingDay, Lesson, LessonTeacher, LessonType, Room
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound
from rollbook.foundation.versions import Stale
from rollbook.screens import lesson as screen
from rollbook.workflows import (
    guest_booked,
    lesson_cancelled,
    lesson_held,
    lesson_marked,
    lesson_moved,
    teacher_substituted,
    timetable_changed,
)
from rollbook.workflows.lesson_held import SomebodyIsMarked
from rollbook.workflows.lesson_moved import Doubtful
from tests.school import AT, DAY

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
ATTENDED, EXCUSED, PLANNED = Status.ATTENDED, Status.EXCUSED, Status.PLANNED


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def chess(school):
    return school.lessons["chess"]


def again(lesson):
    return Lesson.objects.get(pk=lesson.pk)


def verbs():
    return list(Entry.objects.filter(subject__startswith="lesson:").order_by("pk").values_list("verb", flat=True))


# ---- held ------------------------------------------------------------------------------------------------------------


def hold(school, lesson, *, name="anna", at=AT):
    lesson_held.hold(lesson_id=lesson.pk, at=at, by=school.actor(name))


def open_again(school, lesson, *, name="anna", at=AT):
    lesson_held.undo(lesson_id=lesson.pk, at=at, by=school.actor(name))


def test_a_lesson_of_a_group_took_place_though_nobody_is_marked(school, chess):
    hold(school, chess)
    hold(school, chess)
    assert (again(chess).held_at, again(chess).held_by) == (AT, school.users["anna"])
    assert not Mark.objects.exists()
    open_again(school, chess)
    open_again(school, chess)
    assert again(chess).held_at is None
    assert verbs() == ["lesson.held", "lesson.opened"]


def individual(school, *clients, at=AT + 3 * HOUR, kind=Kind.ONE_OFF):
    branch = school.branches["north"]
    lesson = Lesson.objects.create(
        branch=branch, lesson_type=LessonType.objects.get(code="individual"), starts_at=at, ends_at=at + HOUR, day=DAY
    )
    anna = school.users["anna"].employee
    LessonTeacher.objects.create(lesson=lesson, employee=anna, during=(at, at), counts=True)
    Mark.objects.bulk_create(
        Mark(lesson=lesson, client=client, day=DAY, kind=kind, status=PLANNED, marked_at=AT) for client in clients
    )
    lesson.refresh_from_db()
    return lesson


def test_at_a_lesson_without_a_group_whoever_was_expected_was_there(school):
    lesson = individual(school, *school.clients())
    hold(school, lesson)
    assert set(Mark.objects.values_list("status", flat=True)) == {"attended"}
    assert again(lesson).held_at == AT
    with pytest.raises(SomebodyIsMarked):
        open_again(school, lesson)


def test_it_is_open_again_only_while_nobody_is_marked_as_there_or_not_there(school, chess):
    hold(school, chess)
    ivan, olga = school.clients()
    lesson_marked.mark(lesson_id=chess.pk, marks={ivan.pk: EXCUSED}, seen=None, at=AT, by=school.actor("anna"))
    hold(school, chess)
    lesson_marked.mark(lesson_id=chess.pk, marks={olga.pk: ATTENDED}, seen=None, at=AT, by=school.actor("anna"))
    with pytest.raises(SomebodyIsMarked):
        open_again(school, chess)
    assert again(chess).held_at


def test_a_cancelled_lesson_one_to_come_and_one_long_over_do_not_take_place(school, chess):
    with pytest.raises(NotBegun):
        hold(school, chess, at=AT - timedelta(days=1))
    with pytest.raises(TooLate):
        hold(school, chess, at=AT + timedelta(days=4))
    hold(school, chess, name="mara", at=AT + timedelta(days=4))  # may correct
    with pytest.raises(TooLate):
        open_again(school, chess, at=AT + timedelta(days=4))
    lesson_cancelled.cancel(lesson_id=chess.pk, reason="Snow", at=AT, by=school.actor("mara"))
    with pytest.raises(CalledOff):
        hold(school, chess)


@pytest.mark.parametrize(("name", "error"), [("nina", NotAllowed), ("olha", NotAllowed), ("boris", NotFound)])
def test_it_is_said_by_those_who_mark(school, chess, name, error):
    for act in (hold, open_again):
        with pytest.raises(error):
            act(school, chess, name=name)


# ---- called off ------------------------------------------------------------------------------------------------------


def cancel(school, lesson, *, name="mara", **why):
    lesson_cancelled.cancel(lesson_id=lesson.pk, at=AT, by=school.actor(name), **why)


def reason(code, of="cancellation"):
    return Choice.objects.get(of=of, code=code).pk


@pytest.mark.parametrize(
    ("code", "words", "said"),
    [
        ("teacher_ill", "", "The teacher is ill"),
        ("teacher_ill", "Back on Monday", "The teacher is ill. Back on Monday"),
        (None, "Snow", "Snow"),
    ],
)
def test_why_is_chosen_or_said_and_shown_in_words_everywhere(school, chess, code, words, said):
    cancel(school, chess, choice_id=code and reason(code), reason=words)
    mara = school.actor("mara")
    assert screen.page(lesson_id=chess.pk, at=AT, by=mara).cancel_reason == said
    (head,) = lessons_of.lessons(group_id=chess.group_id, first=DAY, last=DAY, by=mara)
    assert (head.cancelled, head.cancel_reason) == (True, said)
    lesson_cancelled.restore(lesson_id=chess.pk, at=AT, by=mara)
    stands = again(chess)
    assert (stands.cancelled_at, stands.cancelled_for, stands.cancel_reason) == (None, None, "")
    assert verbs() == ["lesson.cancelled", "lesson.restored"]


def test_without_a_reason_or_for_one_of_another_list_nothing_is_called_off(school, chess):
    for why in ({}, {"reason": ""}, {"choice_id": reason("price", of="churn")}, {"choice_id": 999_999}):
        with pytest.raises(InvalidInput):
            cancel(school, chess, **why)
    Choice.objects.filter(code="weather").update(archived_at=AT)
    with pytest.raises(InvalidInput):
        cancel(school, chess, choice_id=reason("weather"))
    assert again(chess).cancelled_at is None


def test_a_restored_lesson_names_who_has_its_room_by_now(school, chess):
    cancel(school, chess, reason="Snow")
    school.lesson("dance", at=AT, room=chess.room)
    with pytest.raises(PlaceIsTaken, match=r"Room 0 is taken by Dance, 18:00–19:00\. Move one of the two first\."):
        lesson_cancelled.restore(lesson_id=chess.pk, at=AT, by=school.actor("mara"))


# ---- topic and note --------------------------------------------------------------------------------------------------


def describe(school, lesson, *, name="anna", topic="Castling", note="", seen=None):
    schedule.describe_lesson(lesson_id=lesson.pk, topic=topic, note=note, seen=seen, at=AT, by=school.actor(name))


def test_whoever_marks_or_plans_writes_down_what_was_taught(school, chess):
    describe(school, chess, seen=1)
    describe(school, chess, name="mara", note="Bring the board", seen=2)
    describe(school, chess, name="mara", note="Bring the board", seen=1)  # nothing else than what stands
    stands = again(chess)
    assert (stands.topic, stands.note, stands.version, stands.touched_at) == ("Castling", "Bring the board", 3, AT)
    assert verbs() == ["lesson.described"] * 2


def test_of_two_who_write_at_once_the_second_is_told_both(school, chess):
    describe(school, chess, seen=1)
    with pytest.raises(Stale) as told:
        describe(school, chess, topic="The fork", seen=1)
    (pair,) = told.value.values
    assert (pair["field"], pair["yours"], pair["theirs"], pair["version"]) == ("topic", "The fork", "Castling", 2)


@pytest.mark.parametrize(("name", "error"), [("nina", NotAllowed), ("olha", NotAllowed), ("boris", NotFound)])
def test_others_write_nothing_there(school, chess, name, error):
    with pytest.raises(error):
        describe(school, chess, name=name)


# ---- another teacher -------------------------------------------------------------------------------------------------


@pytest.fixture
def zoe(school):
    return Employee.objects.create(first_name="Zoe", branch=school.branches["north"], teaches=True)


def substitute(school, lesson, *teachers, name="mara", seen=None, **how):
    teacher_substituted.substitute(
        lesson_id=lesson.pk, teacher_ids=[each.pk for each in teachers], seen=seen, at=AT, by=school.actor(name), **how
    )


def taught_by(lesson):
    return set(lesson.teachers.values_list("first_name", flat=True))


def test_somebody_else_teaches_the_lesson_and_the_timetable_does_not_take_it_back(school, chess, zoe):
    substitute(school, chess, zoe, seen=1)
    assert taught_by(chess) == {"Zoe"}
    assert (again(chess).version, again(chess).touched_at) == (2, AT)
    substitute(school, chess, zoe, school.users["anna"].employee)
    assert taught_by(chess) == {"Zoe", "Anna"}
    substitute(school, chess, zoe, school.users["anna"].employee)
    assert again(chess).version == 3
    assert [entry.new for entry in Entry.objects.filter(verb="lesson.substituted").order_by("pk")] == [
        {"taught_by": ["Zoe"]}, {"taught_by": ["Anna", "Zoe"]},
    ]


def test_who_teaches_a_lesson_marks_it_and_who_does_not_any_more_still_does_as_teacher_of_the_group(school, zoe):
    zoe.user = school.users["boris"]
    Employee.objects.filter(user=zoe.user).update(user=None)
    zoe.save()
    dance = school.lessons["dance"]
    with pytest.raises(NotFound):
        lesson_marked.everyone(lesson_id=dance.pk, at=AT, by=school.actor("boris"))
    substitute(school, dance, zoe)
    lesson_marked.everyone(lesson_id=dance.pk, at=AT, by=school.actor("boris"))
    assert Mark.objects.get().status == "attended"


def test_one_or_two_of_the_list_teach(school, chess, zoe):
    anna, boris = school.users["anna"].employee, school.users["boris"].employee
    gone = Employee.objects.create(first_name="Gone", branch=zoe.branch, teaches=True, left_on=DAY)
    clerk = Employee.objects.create(first_name="Clerk", branch=zoe.branch, teaches=False)
    for teachers in ((), (anna, zoe, boris), (boris,), (gone,), (clerk,)):
        with pytest.raises(InvalidInput):
            substitute(school, chess, *teachers)
    assert taught_by(chess) == {"Anna"}


def test_a_teacher_who_has_another_lesson_then_is_refused_with_its_name(school, chess, zoe):
    other = school.lesson("dance", at=AT + timedelta(minutes=30))
    LessonTeacher.objects.create(lesson=other, employee=zoe, during=(AT, AT), counts=True)
    with pytest.raises(PlaceIsTaken, match=r"Zoe is taken by Dance, 18:30–19:30\."):
        substitute(school, chess, zoe)
    chess.group.teachers.add(zoe)
    with pytest.raises(PlaceIsTaken, match=r"Zoe is taken at that time\."):  # Zlata knows of Chess alone
        substitute(school, chess, zoe, name="zlata")
    assert taught_by(chess) == {"Anna"}


def test_two_lessons_are_joint_on_purpose_for_those_who_may_say_so(school, chess, zoe):
    other = school.lesson("dance", at=AT)
    LessonTeacher.objects.create(lesson=other, employee=zoe, during=(AT, AT), counts=True)
    with pytest.raises(NotAllowed):
        substitute(school, chess, zoe, as_joint=True)
    substitute(school, chess, zoe, name="oleg", as_joint=True)
    assert (again(chess).is_joint, again(other).is_joint) == (True, False)
    assert LessonTeacher.objects.get(lesson=chess).counts is False


def test_what_is_said_to_be_joint_and_needs_not_be_is_not(school, chess, zoe):
    substitute(school, chess, zoe, name="oleg", as_joint=True)
    assert again(chess).is_joint is False


def test_a_stale_substitution_names_both_and_a_cancelled_lesson_needs_nobody(school, chess, zoe):
    describe(school, chess)
    with pytest.raises(Stale) as told:
        substitute(school, chess, zoe, seen=1)
    assert [(pair["yours"], pair["theirs"]) for pair in told.value.values] == [("Zoe", "Anna")]
    cancel(school, chess, reason="Snow")
    with pytest.raises(CalledOff):
        substitute(school, chess, zoe)


@pytest.mark.parametrize(("name", "error"), [("anna", NotAllowed), ("olha", NotAllowed), ("boris", NotFound)])
def test_others_give_it_no_teacher_and_no_time(school, chess, zoe, name, error):
    with pytest.raises(error):
        substitute(school, chess, zoe, name=name)
    with pytest.raises(error):
        move(school, chess, name=name)


# ---- another time or room --------------------------------------------------------------------------------------------


def move(school, lesson, *, day=DAY + timedelta(days=1), starts=time(10), minutes=60, room=None, name="mara",
         seen=None, at=AT - HOUR, **how):
    lesson_moved.move(
        lesson_id=lesson.pk, day=day, starts=starts, minutes=minutes, room_id=room and room.pk, seen=seen, at=at,
        by=school.actor(name), **how,
    )


def test_a_lesson_is_at_another_time_and_place_and_says_of_which_day_of_the_timetable_it_is(school, chess):
    hall = Room.objects.create(branch=school.branches["north"], name="Hall")
    move(school, chess, minutes=45, room=hall, seen=1)
    stands = again(chess)
    assert (stands.day, stands.moved_from, stands.room, stands.touched_at, stands.version) == (
        DAY + timedelta(days=1), DAY, hall, AT - HOUR, 2
    )
    assert stands.ends_at - stands.starts_at == timedelta(minutes=45)
    during = LessonTeacher.objects.get(lesson=chess).during
    assert (during.lower, during.upper) == (stands.starts_at, stands.ends_at)
    move(school, chess, day=DAY + timedelta(days=2), room=hall)
    assert again(chess).moved_from == DAY
    move(school, chess, day=DAY, room=hall)
    assert again(chess).moved_from is None
    move(school, chess, day=DAY, room=hall)
    assert again(chess).version == 4
    assert Entry.objects.filter(verb="lesson.moved").order_by("pk").first().new == {
        "when": "2026-09-02T10:00", "minutes": 45, "where": "Hall",
    }


def test_the_timetable_makes_no_second_lesson_for_the_day_that_it_left(school, chess):
    move(school, chess)
    schedule.make_lessons(until=DAY + WEEK, since=DAY, at=AT - HOUR, by=school.actor("oleg"))
    days = Lesson.objects.filter(group=chess.group).order_by("day").values_list("day", flat=True)
    assert list(days) == [DAY + timedelta(days=1), DAY + WEEK]


def test_nor_does_a_timetable_that_came_after_it(school, chess):
    move(school, chess)
    schedule.end_slots(slot_ids=[chess.slot_id], until=DAY, at=AT - HOUR, by=school.actor("oleg"))
    later = schedule.NewSlot(weekday=2, starts=time(20), minutes=60, valid_from=DAY)
    schedule.add_slots(group_id=chess.group_id, slots=[later], at=AT - HOUR, by=school.actor("oleg"))
    schedule.make_lessons(
        until=DAY + WEEK, since=DAY, group_ids=[chess.group_id], at=AT - HOUR, by=school.actor("oleg")
    )
    days = Lesson.objects.filter(group=chess.group).order_by("day").values_list("day", flat=True)
    assert list(days) == [DAY + timedelta(days=1), DAY + WEEK]


def test_who_comes_on_some_weekdays_comes_by_the_weekday_of_the_timetable(school, chess):
    (tuesdays,) = school.enrol("Tuesdays", weekdays=[2])
    (wednesdays,) = school.enrol("Wednesdays", weekdays=[3])
    move(school, chess)
    shown = {row.name for row in screen.page(lesson_id=chess.pk, at=AT, by=school.actor("mara")).rows}
    assert shown == {"Ivan", "Olga", "Tuesdays"}
    tomorrow = AT + timedelta(days=1)
    lesson_marked.everyone(lesson_id=chess.pk, at=tomorrow, by=school.actor("anna"))
    assert set(Mark.objects.values_list("client__first_name", flat=True)) == shown
    with pytest.raises(NotExpected):
        lesson_marked.mark(
            lesson_id=chess.pk, marks={wednesdays.pk: ATTENDED}, seen=None, at=tomorrow, by=school.actor("anna")
        )
    assert Mark.objects.get(client=tuesdays).status == "attended"


def test_marks_go_along_with_the_days_in_which_a_miss_may_be_worked_off(school, chess):
    ivan = school.clients()[0]
    lesson_marked.mark(lesson_id=chess.pk, marks={ivan.pk: EXCUSED}, seen=None, at=AT, by=school.actor("anna"))
    move(school, chess)
    mark = Mark.objects.get()
    assert (mark.day, mark.make_up_until) == (DAY + timedelta(days=1), DAY + timedelta(days=31))


@pytest.mark.parametrize(
    ("group", "day", "starts", "instant"),
    [
        ("chess", date(2026, 10, 24), time(18), datetime(2026, 10, 24, 15, tzinfo=UTC)),  # summer time in Kyiv
        ("chess", date(2026, 10, 25), time(18), datetime(2026, 10, 25, 16, tzinfo=UTC)),  # winter time since that night
        ("chess", date(2026, 10, 25), time(3, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice: the first
        ("chess", date(2027, 3, 27), time(18), datetime(2027, 3, 27, 16, tzinfo=UTC)),
        ("chess", date(2027, 3, 28), time(18), datetime(2027, 3, 28, 15, tzinfo=UTC)),
        ("chess", date(2027, 3, 28), time(3, 30), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),  # leapt over: 4:30
        ("chess", date(2026, 9, 2), time(0), datetime(2026, 9, 1, 21, tzinfo=UTC)),
        ("judo", date(2026, 10, 25), time(18), datetime(2026, 10, 25, 13, tzinfo=UTC)),  # Almaty knows one time
        ("judo", date(2027, 3, 28), time(0, 30), datetime(2027, 3, 27, 19, 30, tzinfo=UTC)),
    ],
)
def test_the_clocks_of_the_branch_hold_whatever_day_it_is(school, group, day, starts, instant):
    lesson = school.lessons[group]
    move(school, lesson, day=day, starts=starts, name="vera")
    stands = again(lesson)
    assert (stands.starts_at, stands.day, stands.ends_at - stands.starts_at) == (instant, day, HOUR)


def test_a_lesson_that_took_place_keeps_its_day_but_may_have_been_later_or_elsewhere(school, chess):
    lesson_marked.everyone(lesson_id=chess.pk, at=AT, by=school.actor("anna"))
    with pytest.raises(TookPlace):
        move(school, chess)
    move(school, chess, day=DAY, starts=time(19))
    assert again(chess).starts_at == AT + HOUR
    hold(school, school.lessons["dance"], name="mara")
    with pytest.raises(TookPlace):
        move(school, school.lessons["dance"])


def test_a_lesson_for_which_somebody_was_charged_keeps_its_day(school, chess):
    Tariff.objects.update(excused_share=50)
    ivan = school.clients()[0]
    lesson_marked.mark(lesson_id=chess.pk, marks={ivan.pk: EXCUSED}, seen=None, at=AT, by=school.actor("anna"))
    assert LedgerEntry.objects.exists()
    with pytest.raises(TookPlace):
        move(school, chess)


def test_a_cancelled_lesson_and_nonsense_are_refused(school, chess):
    elsewhere = school.lessons["judo"].room
    archived = Room.objects.create(branch=chess.branch, name="Cellar", archived_at=AT)
    for how in (
        {"day": DAY + timedelta(days=400)}, {"day": DAY - timedelta(days=400)}, {"minutes": 4}, {"minutes": 601},
        {"room": elsewhere}, {"room": archived},
    ):
        with pytest.raises(InvalidInput):
            move(school, chess, **how)
    cancel(school, chess, reason="Snow")
    with pytest.raises(CalledOff):
        move(school, chess)


def test_a_room_or_teacher_that_is_taken_is_named_and_may_be_shared_on_purpose(school, chess):
    dance = school.lessons["dance"]
    with pytest.raises(PlaceIsTaken, match=r"Room 1 is taken by Dance, 18:00–19:00\."):
        move(school, chess, day=DAY, starts=time(18), room=dance.room)
    with pytest.raises(NotAllowed):
        move(school, chess, day=DAY, starts=time(18), room=dance.room, as_joint=True)
    move(school, chess, day=DAY, starts=time(18), room=dance.room, as_joint=True, name="oleg")
    assert again(chess).is_joint
    move(school, chess, day=DAY, starts=time(20), room=dance.room)
    assert not again(chess).is_joint


def test_a_teacher_who_would_be_in_two_places_is_named(school, chess):
    individual(school, school.clients()[0], at=AT + 3 * HOUR)
    with pytest.raises(PlaceIsTaken, match=r"Anna is taken by an individual lesson, 21:00–22:00\."):
        move(school, chess, day=DAY, starts=time(20, 30))


def test_a_closed_day_and_a_make_up_that_comes_too_late_are_told_and_may_be_gone_over(school, chess):
    (dan,) = school.clients("dance")
    dance = school.lessons["dance"]
    miss = Mark.objects.create(
        client=dan, lesson=dance, day=DAY, status="excused", make_up_until=DAY + timedelta(days=3), marked_at=AT
    )
    booked = {"kind": "make_up", "status": "planned", "makes_up": miss}
    Mark.objects.create(client=dan, lesson=chess, day=DAY, marked_at=AT, **booked)
    ClosingDay.objects.create(branch=chess.branch, day=DAY + timedelta(days=5), reason="Repairs")
    with pytest.raises(Doubtful) as told:
        move(school, chess, day=DAY + timedelta(days=5))
    closed, late = (str(each["text"]) for each in told.value.values)
    assert closed == "The branch is closed on that day: Repairs"
    assert late.startswith("Dan may work the lesson off until 4\xa0September")
    move(school, chess, day=DAY + timedelta(days=3))
    move(school, chess, day=DAY + timedelta(days=5), all_the_same=True)
    assert again(chess).day == DAY + timedelta(days=5)


def test_of_two_who_move_it_the_second_is_told_both_times_in_the_time_of_the_branch(school, chess):
    move(school, chess, day=DAY, starts=time(19), room=chess.room, seen=1)
    with pytest.raises(Stale) as told:
        move(school, chess, day=DAY, starts=time(20), room=chess.room, seen=1)
    pairs = {pair["field"]: (pair["yours"], pair["theirs"]) for pair in told.value.values}
    assert pairs["starts_at"] == ("1\xa0September\xa02026, 20:00", "1\xa0September\xa02026, 19:00")


def test_what_is_due_counts_a_moved_lesson_once(school, chess):
    """It was moved ahead and marked: the day that the timetable has for it costs nothing more."""
    ivan = school.clients()[0]
    later = school.lesson("chess", at=AT + WEEK, slot=chess.slot)
    move(school, later, day=DAY + timedelta(days=1))
    tomorrow = AT + timedelta(days=1)
    lesson_marked.mark(lesson_id=later.pk, marks={ivan.pk: ATTENDED}, seen=None, at=tomorrow, by=school.actor("anna"))
    told = journal.decided(
        clients=[ivan.pk], group_ids=[chess.group_id], first=DAY + timedelta(days=2), last=DAY + WEEK,
        by=school.actor("mara"),
    )
    assert told == {(ivan.pk, chess.group_id, DAY + WEEK)}


# ---- guests ----------------------------------------------------------------------------------------------------------


def book(school, lesson, client, *, kind=Kind.TRIAL, name="mara", at=AT, **how):
    guest_booked.book(lesson_id=lesson.pk, client_id=client.pk, kind=kind, at=at, by=school.actor(name), **how)


@pytest.fixture
def guest(school):
    return school.client("Guest", school.branches["north"])


@pytest.mark.parametrize("kind", [Kind.TRIAL, Kind.ONE_OFF])
def test_a_client_is_expected_once_and_then_marked_like_the_others(school, chess, guest, kind):
    book(school, chess, guest, kind=kind)
    mark = Mark.objects.get()
    assert (mark.kind, mark.status, mark.day, mark.version, mark.share) == (kind, "planned", DAY, 1, 0)
    lesson_marked.everyone(lesson_id=chess.pk, at=AT, by=school.actor("anna"))
    assert Mark.objects.filter(status="attended").count() == 3
    assert Account.objects.filter(client=guest).count() == (kind == Kind.ONE_OFF)


def test_an_operator_books_and_takes_back_what_is_still_planned(school, chess, guest):
    book(school, chess, guest, name="olha")
    guest_booked.withdraw(lesson_id=chess.pk, client_id=guest.pk, at=AT, by=school.actor("olha"))
    assert Mark.objects.get().status is None
    with pytest.raises(NoGuest):
        guest_booked.withdraw(lesson_id=chess.pk, client_id=guest.pk, at=AT, by=school.actor("olha"))
    book(school, chess, guest, kind=Kind.ONE_OFF, name="olha")
    mark = Mark.objects.get()  # the row that was taken back
    assert (mark.kind, mark.status, mark.version) == ("one_off", "planned", 3)
    lesson_marked.mark(lesson_id=chess.pk, marks={guest.pk: ATTENDED}, seen=None, at=AT, by=school.actor("anna"))
    with pytest.raises(NoGuest):
        guest_booked.withdraw(lesson_id=chess.pk, client_id=guest.pk, at=AT, by=school.actor("olha"))
    assert [verb for verb in verbs() if verb != "lesson.marked"] == ["guest.booked", "guest.withdrawn", "guest.booked"]


def test_a_make_up_that_was_taken_back_leaves_nothing_in_the_row_of_a_guest(school, chess):
    (dan,) = school.clients("dance")
    miss = Mark.objects.create(client=dan, lesson=school.lessons["dance"], day=DAY, status="excused", marked_at=AT)
    Mark.objects.create(client=dan, lesson=chess, day=DAY, kind="make_up", makes_up=miss, marked_at=AT)
    book(school, chess, dan)
    assert Mark.objects.filter(lesson=chess).values_list("kind", "makes_up").get() == ("trial", None)


def test_in_a_trial_lesson_every_guest_is_a_trial(school, guest):
    lesson = individual(school)
    Lesson.objects.filter(pk=lesson.pk).update(lesson_type=LessonType.objects.get(code="trial"))
    book(school, lesson, guest, kind=Kind.ONE_OFF)
    assert Mark.objects.get().kind == "trial"


def test_who_comes_anyway_or_pauses_is_no_guest(school, chess, guest):
    with pytest.raises(ThereAlready, match="as a member"):
        book(school, chess, school.clients()[0])
    book(school, chess, guest)
    with pytest.raises(ThereAlready, match="already"):
        book(school, chess, guest, kind=Kind.ONE_OFF)
    pausing = school.client("Pausing", school.branches["north"])
    Freeze.objects.create(client=pausing, since=DAY, until=DAY + WEEK)
    with pytest.raises(NotExpected):
        book(school, chess, pausing)
    (mondays,) = school.enrol("Mondays", weekdays=[1])
    book(school, chess, mondays)  # a member, but not on this weekday
    with pytest.raises(InvalidInput):
        book(school, chess, school.client("Other", guest.branch), kind=Kind.MAKE_UP)


def test_a_cancelled_lesson_and_one_long_over_have_no_guests(school, chess, guest):
    with pytest.raises(TooLate):
        book(school, chess, guest, name="olha", at=AT + timedelta(days=4))
    book(school, chess, guest, at=AT + timedelta(days=4))  # Mara may correct
    cancel(school, chess, reason="Snow")
    with pytest.raises(LessonIsCancelled):
        book(school, chess, school.client("Other", guest.branch))


def test_a_full_lesson_takes_a_guest_only_where_it_is_meant(school, chess, guest):
    Group.objects.filter(pk=chess.group_id).update(capacity=2, minimum=None)
    with pytest.raises(LessonFull, match="all 2 seats"):
        book(school, chess, guest)
    ivan, olga = school.clients()
    lesson_marked.mark(lesson_id=chess.pk, marks={ivan.pk: EXCUSED}, seen=None, at=AT, by=school.actor("anna"))
    book(school, chess, guest)  # the seat of whoever is excused
    other = school.client("Other", guest.branch)
    with pytest.raises(LessonFull):
        book(school, chess, other)
    Freeze.objects.create(client=olga, since=DAY, until=DAY + WEEK)
    book(school, chess, other)
    book(school, chess, school.client("Third", guest.branch), over_capacity=True)
    assert Mark.objects.filter(status="planned").count() == 3


def test_a_new_person_is_added_and_expected_in_one_step(school, chess):
    mother = NewContact(values={"first_name": "Mother", "phone": "+380501112233"}, relation={"kinship": "mother"})
    client = guest_booked.book_new(
        lesson_id=chess.pk, client={"first_name": "Newcomer"}, contacts=[mother], kind=Kind.TRIAL, at=AT,
        by=school.actor("mara"),
    )
    added = Client.objects.get(pk=client)
    assert (added.branch, added.contacts.get().phone) == (chess.branch, "+380501112233")
    assert Mark.objects.get().client == added


def test_what_is_refused_adds_nobody(school, chess):
    cancel(school, chess, reason="Snow")
    before = Client.objects.count()
    with pytest.raises(LessonIsCancelled):
        guest_booked.book_new(
            lesson_id=chess.pk, client={"first_name": "Newcomer"}, contacts=[], kind=Kind.TRIAL, at=AT,
            by=school.actor("mara"),
        )
    assert Client.objects.count() == before


def test_guests_are_booked_by_those_who_may_and_from_among_clients_they_see(school, chess, guest):
    for name, error in (("anna", NotAllowed), ("nina", NotAllowed), ("boris", NotFound)):
        with pytest.raises(error):
            book(school, chess, guest, name=name)
    with pytest.raises(NotFound):
        book(school, chess, school.clients("judo")[0])
    with pytest.raises(NotAllowed):  # Zlata adds no clients to the branch
        guest_booked.book_new(
            lesson_id=chess.pk, client={"first_name": "Newcomer"}, contacts=[], kind=Kind.TRIAL, at=AT,
            by=school.actor("zlata"),
        )


# ---- the timetable goes on -------------------------------------------------------------------------------------------


def test_a_lesson_to_which_somebody_wrote_stays_when_the_timetable_is_made_anew(school, chess):
    early = AT - timedelta(days=3)
    Comment.objects.create(lesson=chess, of_group=chess.group, text="Bring sweets", written_at=early)
    timetable_changed.remake(branch_id=chess.branch_id, at=early, by=school.actor("oleg"))
    assert Lesson.objects.filter(pk=chess.pk).exists()
    assert not Lesson.objects.filter(pk=school.lessons["dance"].pk).exists()


def test_the_days_to_mark_in_are_those_of_the_organisation(school, chess, guest):
    Organisation.objects.update(mark_edit_days=5)
    hold(school, chess, at=AT + timedelta(days=4))
    book(school, chess, guest, name="olha", at=AT + timedelta(days=4))
    assert Enrolment.objects.filter(client=guest).count() == 0
