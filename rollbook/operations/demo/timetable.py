"""Rooms, teachers, groups and when they meet; the lessons that follow from it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import chain as one_after_another
from itertools import count, product
from random import Random
from typing import NamedTuple

from rollbook.domains.fields.rules import DEFAULT_CHOICES
from rollbook.domains.schedule.rules import Weekly, lesson_days
from rollbook.operations.demo import rows
from rollbook.operations.demo.book import JOB, Book, Clock, Who
from rollbook.operations.demo.catalogue import ADULTS, Life, Offer, Subject, offers_of
from rollbook.operations.demo.chain import Chain, Prices, Staff, hire, month_start
from rollbook.operations.demo.scales import Window

GROUPS_OF_A_TEACHER = 2
_WEEKS = {
    2: ((1, 4), (2, 5), (1, 3), (2, 4), (3, 5), (3, 6), (4, 7), (5, 7), (6, 7)),
    3: ((1, 3, 5), (2, 4, 6), (1, 3, 6), (2, 4, 7), (1, 4, 6), (2, 5, 7), (3, 5, 7)),
    4: ((1, 2, 4, 5), (1, 3, 5, 6), (2, 3, 5, 6), (1, 2, 4, 6)),
    7: ((1, 2, 3, 4, 5, 6, 7),),
}


class Room(NamedTuple):
    id: int
    is_hall: bool


class Moved(NamedTuple):
    """Who moved a lesson, when, and from which day."""

    at: datetime
    by: Who
    day: date


@dataclass(slots=True, eq=False)
class Lesson:
    """One lesson as it went, or will go."""

    id: int
    group: "Group"
    day: date
    starts: int
    """Minutes from midnight, local."""
    minutes: int
    room_id: int | None
    teachers: tuple[Staff, ...]
    slot_id: int | None = None
    touched_at: datetime | None = None
    topic: str = ""
    note: str = ""
    held_at: datetime | None = None
    held_by: Who | None = None
    cancelled_at: datetime | None = None
    cancelled_by: Who | None = None
    cancelled_for: str = ""
    """The code of the choice."""
    cancel_reason: str = ""
    moved_from: date | None = None
    moved: Moved | None = None
    taken: int = 0
    """Seats: those enrolled on the day, and guests."""
    is_alone: bool = False
    """An individual lesson of somebody from the group."""

    @property
    def ends(self) -> int:
        return self.starts + self.minutes

    def move(self, day: date, at: datetime, by: Who) -> None:
        """To another day than the timetable has it, at the same time."""
        self.moved = Moved(at, by, self.day)
        self.day, self.moved_from, self.touched_at = day, self.day, at


@dataclass(slots=True, eq=False)
class Group:
    id: int
    name: str
    offer: Offer
    subject: Subject
    opens: date
    ends: date | None
    teachers: tuple[Staff, ...]
    slots: list[rows.Slot]
    prices: Prices
    weekly: list[Weekly] = field(init=False)
    lessons: list[Lesson] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.weekly = [Weekly(slot.weekday, slot.valid_from, slot.valid_until) for slot in self.slots]

    def suits(self, other: "Group") -> bool:
        """Whether those of the other group could be in this one: the same programme, and ages near enough."""
        return (
            self.subject.code == other.subject.code
            and self.offer.from_age <= other.offer.to_age + 1
            and other.offer.from_age <= self.offer.to_age + 1
        )

    @property
    def weekdays(self) -> list[int]:
        """Those on which it meets now."""
        return sorted({slot.weekday for slot in self.slots if slot.valid_until in (None, self.ends)})


class Diary:
    """Who and what is taken, by weekday, whatever the date; and by date, for what happens once."""

    def __init__(self) -> None:
        self._taken: defaultdict[tuple[str, int, int | date], list[tuple[int, int]]] = defaultdict(list)

    def is_free(self, kind: str, key: int, day: int | date, starts: int, ends: int) -> bool:
        return all(ends <= since or until <= starts for since, until in self._taken[kind, key, day])

    def is_free_on(self, kind: str, key: int, day: date, starts: int, ends: int) -> bool:
        return self.is_free(kind, key, day.isoweekday(), starts, ends) and self.is_free(kind, key, day, starts, ends)

    def take(self, kind: str, key: int, day: int | date, starts: int, ends: int) -> None:
        self._taken[kind, key, day].append((starts, ends))


@dataclass
class Branch:
    """A place of work with all that is needed to live half a year in it."""

    id: int
    clock: Clock
    random: Random
    numbers: Iterator[int]
    """Of teachers, in their logins."""
    administrators: tuple[Staff, ...] = ()
    teachers: list[Staff] = field(default_factory=list)
    rooms: list[Room] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    closing_days: frozenset[date] = frozenset()
    diary: Diary = field(default_factory=Diary)


def open_branch(book: Book, chain: Chain, random: Random, branch_id: int, index: int, groups: int) -> Branch:
    """A branch with its staff, rooms, groups, timetable and the lessons made from it."""
    names = chain.names
    branch = Branch(branch_id, Clock(names.time_zone), random, count(index * groups + 1))
    manager = hire(book, chain, branch_id, random, role="branch_manager", username=f"manager{index + 1}")
    book.add(rows.Management(branch_id, manager.id))
    book.tell(
        "employee.manages", f"employee:{manager.id}", chain.founded_at, chain.founder, {"branches": [branch_id]},
        old={"branches": []},
    )
    administrators = 1 + groups // 20
    branch.administrators = tuple(
        hire(book, chain, branch_id, random, role="administrator", username=f"administrator{number}")
        for number in range(index * administrators + 1, (index + 1) * administrators + 1)
    )
    _close(book, chain, branch)
    _furnish(book, chain, branch, groups)
    named: Counter[str] = Counter()
    teaching: defaultdict[str, list[Staff]] = defaultdict(list)
    for offer in offers_of(index, groups):
        _open_group(book, chain, branch, offer, named, teaching[offer.subject])
    for group in branch.groups:
        _find_assistant(book, branch, group)
        _make_lessons(book, chain.window, branch, group)
    return branch


def _close(book: Book, chain: Chain, branch: Branch) -> None:
    """Public holidays, and one day of the branch's own."""
    window, holidays = chain.window, chain.names.holidays
    days = {}
    for ahead in range((window.last - window.first).days + 1):
        day = window.first + timedelta(days=ahead)
        if reason := holidays.get((day.month, day.day)):
            days[day] = reason
    own = window.days_back(branch.random.randrange(20, 60))
    days.setdefault(own, chain.names.own_closing)
    for day, reason in sorted(days.items()):
        book.add(rows.ClosingDay(book.id(rows.ClosingDay), branch.id, day, reason))
        told = {"days": [day.isoformat()], "reason": reason}
        at = max(chain.founded_at, branch.clock.at(min(day, window.anchor) - timedelta(days=9), 10 * 60))
        book.tell("branch.closed", f"branch:{branch.id}", at, chain.founder, told)
    branch.closing_days = frozenset(days)


def _furnish(book: Book, chain: Chain, branch: Branch, groups: int) -> None:
    halls, classrooms = max(2, -(-groups // 7)), max(3, -(-groups // 3))
    for n in range(halls + classrooms):
        is_hall = n < halls
        number = n + 1 if is_hall else n - halls + 1
        name = f"{chain.names.hall if is_hall else chain.names.classroom} {number}"
        room = Room(book.id(rows.Room), is_hall)
        book.add(rows.Room(room.id, branch.id, name, 30 if is_hall else 18))
        book.tell("room.added", f"room:{room.id}", chain.founded_at, chain.founder, {"name": name})
        branch.rooms.append(room)


def _open_group(
    book: Book, chain: Chain, branch: Branch, offer: Offer, named: Counter[str], teaching: list[Staff]
) -> None:
    subject, window = offer.taught, chain.window
    group_id, name = book.id(rows.Group), _name(chain, offer, named)
    teacher = _teacher(book, chain, branch, teaching)
    opens, ends, state = _life(offer.life, window)
    valid = [(opens, ends)]
    if offer.life is Life.MOVED and (moves := month_start(window.anchor, 2)) > opens:
        valid = [(opens, moves), (moves, ends)]
    slots = [
        slot for since, until in valid for slot in _place(book, branch, offer, group_id, teacher, since, until)
    ]
    at = max(chain.founded_at, branch.clock.at(min(opens - timedelta(days=12), window.days_back(2)), 12 * 60))
    minimum = -(-subject.capacity * 2 // 5)
    book.add(rows.Group(group_id, name, chain.programmes[offer.subject], branch.id, minimum, subject.capacity, state))
    book.add(rows.GroupTeacher(book.id(rows.GroupTeacher), group_id, teacher.id))
    book.tell("group.added", f"group:{group_id}", at, chain.founder, {"name": name, "teachers": [teacher.id]})
    for slot in slots:
        book.add(slot)
        book.add(rows.SlotTeacher(book.id(rows.SlotTeacher), slot.id, teacher.id))
        book.tell(
            "slot.added", f"slot:{slot.id}", at, chain.founder,
            {
                "weekday": slot.weekday, "starts": slot.starts.isoformat("minutes"), "minutes": slot.minutes,
                "room": slot.room_id, "from": slot.valid_from.isoformat(),
                "until": slot.valid_until and slot.valid_until.isoformat(),
            },
            within=f"group:{group_id}",
        )
    prices = Prices(book, chain, offer, group_id, name)
    branch.groups.append(Group(group_id, name, offer, subject, opens, ends, (teacher,), slots, prices))


def _find_assistant(book: Book, branch: Branch, group: Group) -> None:
    """The largest groups are taught by two, where a second one is free."""
    if group.subject.capacity < 24 or group.ends:
        return
    times = [(slot.weekday, starts := _starts(slot), starts + slot.minutes) for slot in group.slots]
    for teacher in branch.teachers:
        if all(branch.diary.is_free("teacher", teacher.id, *time) for time in times):
            group.teachers = (*group.teachers, teacher)
            book.add(rows.GroupTeacher(book.id(rows.GroupTeacher), group.id, teacher.id))
            for slot, time in zip(group.slots, times, strict=True):
                book.add(rows.SlotTeacher(book.id(rows.SlotTeacher), slot.id, teacher.id))
                branch.diary.take("teacher", teacher.id, *time)
            return


def _starts(slot: rows.Slot) -> int:
    return slot.starts.hour * 60 + slot.starts.minute


def _name(chain: Chain, offer: Offer, named: Counter[str]) -> str:
    programme = chain.names.programmes[offer.subject]
    if (offer.from_age, offer.to_age) == ADULTS:
        levels = chain.names.levels
        name = f"{programme}, {levels[named[programme] % len(levels)]}"
        named[programme] += 1
    else:
        name = f"{programme} {offer.from_age}–{offer.to_age}"
    named[name] += 1
    return name if named[name] == 1 else f"{name} · {named[name]}"


def _teacher(book: Book, chain: Chain, branch: Branch, teaching: list[Staff]) -> Staff:
    """Whoever teaches this programme here and has room for one more group, else somebody new."""
    if len(teaching) % GROUPS_OF_A_TEACHER == 0:
        login = f"teacher{next(branch.numbers)}"
        staff = hire(book, chain, branch.id, branch.random, role="teacher", username=login)
        branch.teachers.append(staff)
        teaching.append(staff)
    else:
        teaching.append(teaching[-1])
    return teaching[-1]


def _life(life: Life, window: Window) -> tuple[date, date | None, str]:
    """From when until when a group meets, and its state on the anchor day."""
    if life is Life.YOUNG:
        return max(window.first, month_start(window.anchor, 2)), None, "running"
    if life is Life.DISBANDED:
        return window.first, month_start(window.days_back(10), 0), "disbanded"
    if life is Life.RECRUITING:
        return month_start(window.anchor + timedelta(days=8), -1), None, "recruiting"
    return window.first, None, "running"


def _place(
    book: Book, branch: Branch, offer: Offer, group_id: int, teacher: Staff, since: date, until: date | None
) -> list[rows.Slot]:
    """Weekly times at which a room and the teacher are free."""
    subject = offer.taught
    room, times = _time(branch, offer, teacher)
    slots = []
    for day, starts in times:
        for kind, key in (("room", room.id), ("teacher", teacher.id)):
            branch.diary.take(kind, key, day, starts, starts + subject.minutes)
        slots.append(rows.Slot(
            book.id(rows.Slot), group_id, day, time(starts // 60, starts % 60), subject.minutes, room.id, since, until
        ))
    return slots


Times = list[tuple[int, int]]
"""Weekdays, and minutes from midnight."""
Offered = tuple[Room, tuple[int, ...], int, int]
"""A room, weekdays, when it begins on working days and at weekends."""
_MORNINGS = range(10 * 60, 14 * 60, 30)
_WHOLE_DAY = range(9 * 60, 20 * 60, 30)


def _time(branch: Branch, offer: Offer, teacher: Staff) -> tuple[Room, Times]:
    """At random first, as life has it; then whatever suits them, then whatever is free at all."""
    rooms, weeks = [room for room in branch.rooms if room.is_hall == offer.taught.in_hall], _WEEKS[offer.taught.weekly]
    evenings = _evenings(offer)
    for room, weekdays, evening, morning in one_after_another(
        _at_random(branch.random, rooms, weeks, evenings), product(rooms, weeks, evenings, _MORNINGS),
        product(rooms, weeks, _WHOLE_DAY, _MORNINGS),
    ):  # fmt: skip
        times = [(day, morning if day > 5 else evening) for day in weekdays]
        if all(_fits(branch.diary, room, teacher, day, at, at + offer.taught.minutes) for day, at in times):
            return room, times
    raise RuntimeError("The rooms of this branch are too few for its groups, or a teacher has too many.")


def _at_random(
    random: Random, rooms: Sequence[Room], weeks: Sequence[tuple[int, ...]], evenings: Sequence[int]
) -> Iterator[Offered]:
    for _ in range(2000):
        yield random.choice(rooms), random.choice(weeks), random.choice(evenings), random.choice(_MORNINGS)


def _evenings(offer: Offer) -> Sequence[int]:
    """When groups of an age meet on weekdays: the small ones early, adults late."""
    if offer.from_age >= ADULTS[0]:
        return range(18 * 60 + 30, 19 * 60 + 31, 30)
    if offer.from_age < 7:
        return range(15 * 60 + 30, 17 * 60 + 31, 30)
    return range(16 * 60, 18 * 60 + 31, 30)


def _fits(diary: Diary, room: Room, teacher: Staff, day: int, starts: int, ends: int) -> bool:
    return diary.is_free("room", room.id, day, starts, ends) and diary.is_free("teacher", teacher.id, day, starts, ends)


def _make_lessons(book: Book, window: Window, branch: Branch, group: Group) -> None:
    """What the timetable gives; made by the nightly job, eight weeks ahead."""
    for slot, weekly in zip(group.slots, group.weekly, strict=True):
        for day in lesson_days(slots=[weekly], closing_days=branch.closing_days, first=window.first, last=window.last):
            group.lessons.append(Lesson(
                book.id(rows.Lesson), group, day, _starts(slot), slot.minutes, slot.room_id, group.teachers, slot.id
            ))
    group.lessons.sort(key=lambda lesson: (lesson.day, lesson.starts))
    _tell_made(book, window, branch, group)


def write_lessons(book: Book, chain: Chain, branch: Branch, lessons: list[Lesson]) -> None:
    """The lessons as they stand in the end, with who taught them."""
    for lesson in lessons:
        starts_at = branch.clock.at(lesson.day, lesson.starts)
        ends_at = starts_at + timedelta(minutes=lesson.minutes)
        kind, group = ("individual", None) if lesson.is_alone else ("group", lesson.group.id)
        book.add(rows.Lesson(
            lesson.id, branch.id, group, chain.lesson_types[kind], lesson.room_id, starts_at,
            ends_at, lesson.day, lesson.moved_from, lesson.slot_id, lesson.touched_at, lesson.topic, lesson.note,
            lesson.held_at, lesson.held_by and lesson.held_by.user_id, lesson.cancelled_at,
            lesson.cancelled_by and lesson.cancelled_by.user_id,
            chain.choices["cancellation", lesson.cancelled_for] if lesson.cancelled_for else None, lesson.cancel_reason,
        ))
        during, counts = f"[{starts_at.isoformat()},{ends_at.isoformat()})", lesson.cancelled_at is None
        for teacher in lesson.teachers:
            book.add(rows.LessonTeacher(book.id(rows.LessonTeacher), lesson.id, teacher.id, during, counts))
        _tell_changes(book, lesson)


def _tell_changes(book: Book, lesson: Lesson) -> None:
    """That it was moved, or called off, and why."""
    subject, within = f"lesson:{lesson.id}", f"group:{lesson.group.id}"
    if moved := lesson.moved:
        clock = f"T{lesson.starts // 60:02}:{lesson.starts % 60:02}"
        book.tell(
            "lesson.moved", subject, moved.at, moved.by, {"when": f"{lesson.day}{clock}"},
            old={"when": f"{moved.day}{clock}"}, within=within,
        )
    if lesson.cancelled_at and lesson.cancelled_by:
        why: dict[str, object] = {"choice": DEFAULT_CHOICES["cancellation"][lesson.cancelled_for]._asdict()}
        if lesson.cancel_reason:
            why["reason"] = lesson.cancel_reason
        book.tell("lesson.cancelled", subject, lesson.cancelled_at, lesson.cancelled_by, why, within=within)


def _tell_made(book: Book, window: Window, branch: Branch, group: Group) -> None:
    """The first run makes eight weeks, each later one what has come into sight."""
    at_once = window.first + timedelta(weeks=8)
    runs = Counter(max(window.first, lesson.day - timedelta(weeks=8)) for lesson in group.lessons)
    for day, number in sorted(runs.items()):
        until = max(at_once, day + timedelta(weeks=8)).isoformat()
        at = branch.clock.at(day - timedelta(days=1), 23 * 60)
        book.tell("lessons.made", f"group:{group.id}", at, JOB, {"lessons": number, "until": until})
