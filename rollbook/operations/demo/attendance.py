"""Lessons as they went: who was there, who was not, guests, and what was worked off."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, auto

from rollbook.domains.journal.rules import Switches, decided, make_up_until, of_kind, of_make_up
from rollbook.operations.demo import rows
from rollbook.operations.demo.book import Book, Who
from rollbook.operations.demo.catalogue import Life
from rollbook.operations.demo.chain import Chain, Staff, Terms
from rollbook.operations.demo.people import Client, Crowd, Stay
from rollbook.operations.demo.timetable import Branch, Group, Lesson

NOTICE = timedelta(minutes=7)
CANCELLED = ("teacher_ill", "room", "room", "other", "other", "too_few")
"""For which of the choices, in the order of their words; of some the choice says it all."""


class Story(Enum):
    """How a mark came to be what it is."""

    PLAIN = auto()
    MISSED_FIRST = auto()
    """The excuse came later."""
    EXCUSED_FIRST = auto()
    """Came after all."""
    MISTAKEN = auto()
    """Attended, by mistake excused, put right again."""


_BEFORE = {
    Story.PLAIN: (),
    Story.MISSED_FIRST: ("missed",),
    Story.EXCUSED_FIRST: ("excused",),
    Story.MISTAKEN: ("attended", "excused"),
}


@dataclass(slots=True, eq=False)
class Mark:
    id: int
    client: Client
    lesson: Lesson
    kind: str
    status: str
    terms: Terms
    means: Switches
    price: Decimal
    at: datetime
    by: Who
    home: Group
    """Whose revenue it is."""
    late: int = 0
    until: date | None = None
    makes_up: "Mark | None" = None
    worked_off_on: date | None = None
    note: str = ""
    is_visited: bool = False
    """A visit works it off, or is to."""
    charged: bool | None = None
    """Whether it is charged, where somebody has decided."""
    story: Story = Story.PLAIN
    settled_at: datetime | None = None
    """When the last of a story with several acts was done."""

    def acts(self) -> Iterator[tuple[datetime, str]]:
        """The statuses one after another, with the times at which they were set."""
        before = _BEFORE[self.story]
        for place, status in enumerate(before):
            yield self.at + place * NOTICE, status
        yield self.settled_at or self.at + len(before) * NOTICE, self.status

    @property
    def version(self) -> int:
        return len(list(self.acts())) + (self.worked_off_on is not None) + (self.charged is not None)

    def lapsed_on(self, today: date) -> date | None:
        """The first day on which it could be worked off no more, where nobody had."""
        if self.until is None or self.until >= today or self.is_visited or self.worked_off_on:
            return None
        return self.until + timedelta(days=1)


@dataclass
class Course:
    """All that happened in the lessons of a branch."""

    book: Book
    chain: Chain
    branch: Branch
    marks: list[Mark] = field(default_factory=list)
    alone: list[Lesson] = field(default_factory=list)
    """Individual lessons."""
    marked: set[tuple[int, int]] = field(default_factory=set)
    """(lesson, client)."""

    def mark(
        self, lesson: Lesson, client: Client, status: str, *, kind: str = "regular", makes_up: Mark | None = None,
        at: datetime | None = None, by: Who | None = None,
    ) -> Mark:
        """A cell, with what its status means under the tariff of its day."""
        if makes_up:
            terms, price = makes_up.terms, makes_up.price
            means = of_make_up(
                terms.switches[status], miss_share=makes_up.means.share, miss_uses=makes_up.means.uses_lesson
            )
        else:
            terms, price = lesson.group.prices.on(lesson.day, lesson.group.weekly, self.branch.closing_days)
            means = of_kind(terms.switches[status], kind=kind)
        when, who = self._marked_when(lesson)
        mark = Mark(
            self.book.id(rows.Mark), client, lesson, kind, status, terms, means, price, at or when, by or who,
            makes_up.home if makes_up else lesson.group, makes_up=makes_up,
            until=make_up_until(day=lesson.day, row=means),
        )
        if makes_up:
            makes_up.is_visited = True
        self.marks.append(mark)
        self.marked.add((lesson.id, client.id))
        return mark

    def _marked_when(self, lesson: Lesson) -> tuple[datetime, Who]:
        if lesson.held_at and lesson.held_by:
            return lesson.held_at, lesson.held_by
        return self.yesterday(), self.branch.random.choice(self.branch.administrators).who

    def yesterday(self) -> datetime:
        """Some time of the last day before the anchor."""
        return self.branch.clock.at(self.chain.window.days_back(1), self.branch.random.randrange(10 * 60, 21 * 60))


def attend(book: Book, chain: Chain, branch: Branch, crowd: Crowd, leads: int) -> Course:
    """Live through the lessons of a branch, in the order in which things follow from each other."""
    course, clients = Course(book, chain, branch), list(crowd.clients)
    members: defaultdict[int, list[Stay]] = defaultdict(list)
    for client in clients:
        for stay in client.stays:
            members[stay.group.id].append(stay)
    for group in branch.groups:
        for lesson in group.lessons:
            _move(course, lesson, members[group.id])
            here = [stay for stay in members[group.id] if stay.covers(lesson.day, lesson.moved_from)]
            lesson.taken = len(here)
            _decide(course, lesson)
            _expect(course, lesson, here)
            _take_attendance(course, lesson, here)
    _work_off(course)
    _try_out(course, clients)
    _look_in(course, crowd, leads)
    _visit_once(course, clients)
    return course


def _move(course: Course, lesson: Lesson, members: list[Stay]) -> None:
    """Some lessons are moved by a day or two, where room and teachers are free, and nobody has another lesson."""
    branch, window = course.branch, course.chain.window
    if branch.random.random() > 0.03 or any(len(stay.client.stays) > 1 for stay in members):
        return
    taken = {other.day for other in lesson.group.lessons} | branch.closing_days
    holders = [("room", lesson.room_id or 0), *(("teacher", teacher.id) for teacher in lesson.teachers)]
    for days in (1, -1, 2, -2):
        day = lesson.day + timedelta(days=days)
        is_past = day < window.anchor
        if day in taken or is_past != (lesson.day < window.anchor) or not window.first <= day <= window.last:
            continue
        if all(branch.diary.is_free_on(*holder, day, lesson.starts, lesson.ends) for holder in holders):
            for holder in holders:
                branch.diary.take(*holder, day, lesson.starts, lesson.ends)
            said_on = min(day, lesson.day) - timedelta(days=1)
            at = branch.clock.at(said_on, branch.random.randrange(10 * 60, 20 * 60)) if is_past else course.yesterday()
            lesson.move(day, at, branch.random.choice(branch.administrators).who)
            return


def _decide(course: Course, lesson: Lesson) -> None:
    """Whether a lesson takes place, and who holds it."""
    branch, window = course.branch, course.chain.window
    random, away = branch.random, (lesson.day - window.anchor).days
    chance = random.random()
    if away >= 0:
        if away < 14 and chance < 0.012:
            _cancel(course, lesson, course.yesterday())
        return
    if chance < 0.028:
        _cancel(course, lesson, branch.clock.at(lesson.day, lesson.starts - random.randrange(60, 300)))
        return
    if chance < 0.05:
        _substitute(course, lesson)
    unmarked = 0.3 if away >= -3 else 0.002
    if random.random() < unmarked:
        return
    minutes = min(lesson.ends + random.randrange(-20, 90), 23 * 60 + 20)
    lesson.held_at = lesson.touched_at = branch.clock.at(lesson.day, minutes)
    teaches = random.random() < 0.75
    lesson.held_by = lesson.teachers[0].who if teaches else random.choice(branch.administrators).who
    if random.random() < 0.35:
        lesson.topic = random.choice(course.chain.names.topics[lesson.group.subject.code])
    if random.random() < 0.03:
        lesson.note = random.choice(course.chain.names.lesson_notes)


def _cancel(course: Course, lesson: Lesson, at: datetime) -> None:
    random = course.branch.random
    lesson.cancelled_at = lesson.touched_at = at
    lesson.cancelled_by = random.choice(course.branch.administrators).who
    lesson.cancelled_for, said = random.choice(list(zip(CANCELLED, course.chain.names.cancelled, strict=True)))
    lesson.cancel_reason = said if lesson.cancelled_for in {"room", "other"} else ""


def _substitute(course: Course, lesson: Lesson) -> None:
    """Another teacher who is free takes the lesson; the one who is ill is not counted as free by it."""
    diary = course.branch.diary
    for teacher in course.branch.random.sample(course.branch.teachers, len(course.branch.teachers)):
        if diary.is_free_on("teacher", teacher.id, lesson.day, lesson.starts, lesson.ends):
            diary.take("teacher", teacher.id, lesson.day, lesson.starts, lesson.ends)
            lesson.teachers = (teacher,)
            return


def _expect(course: Course, lesson: Lesson, here: list[Stay]) -> None:
    """Note for each member what the lesson would cost them."""
    if lesson.cancelled_at or not here:
        return
    _terms, price = lesson.group.prices.on(lesson.day, lesson.group.weekly, course.branch.closing_days)
    for stay in here:
        stay.client.busy.add(lesson.day)
        if not stay.client.is_frozen(lesson.day):
            stay.client.expected.append((lesson.day, price))


def _take_attendance(course: Course, lesson: Lesson, here: list[Stay]) -> None:
    random, window = course.branch.random, course.chain.window
    if lesson.held_at is None:
        if window.anchor <= lesson.day < window.anchor + timedelta(days=10) and not lesson.cancelled_at:
            _note_ahead(course, lesson, here)
        return
    forgetful = 0.3 if lesson.day >= window.days_back(3) and random.random() < 0.2 else 0.0005
    for stay in here:
        client = stay.client
        if client.is_frozen(lesson.day) or random.random() < forgetful:
            continue
        if client.is_ill(lesson.day):
            status = "excused" if random.random() < 0.88 else "missed"
        else:
            status = "attended" if random.random() < client.diligence else "missed"
        mark = course.mark(lesson, client, status)
        if status == "attended" and random.random() < 0.035:
            mark.late = random.choice((5, 5, 10, 10, 15, 20, 25))
        _correct(course, mark)


def _note_ahead(course: Course, lesson: Lesson, here: list[Stay]) -> None:
    """Parents call: the child will surely come, or is ill."""
    random = course.branch.random
    for stay in here:
        if random.random() < 0.012 and not stay.client.is_frozen(lesson.day):
            course.mark(lesson, stay.client, random.choice(("planned", "excused")), at=course.yesterday())


def _correct(course: Course, mark: Mark) -> None:
    """Some marks are not what they were at first."""
    chance = course.branch.random.random()
    if mark.status == "attended" and chance < 0.012:
        mark.story = Story.MISTAKEN if chance < 0.006 else Story.EXCUSED_FIRST
    elif mark.status == "excused" and chance < 0.15:
        mark.story = Story.MISSED_FIRST
        told = course.branch.clock.at(mark.lesson.day + timedelta(days=1), course.branch.random.randrange(540, 1200))
        if told < course.branch.clock.at(course.chain.window.anchor, 0):
            mark.settled_at = told
    elif mark.status == "missed" and mark.means.share and chance < 0.02:  # the manager is kind to a family
        mark.charged, mark.means = False, decided(mark.means, charged=False)


# ---------------------------------------------------------------------------------------------------- make-ups


def _work_off(course: Course) -> None:
    """Part of the excused misses are worked off: by a visit elsewhere, with the teacher alone, or by hand."""
    random = course.branch.random
    by_programme: defaultdict[str, list[Group]] = defaultdict(list)
    for group in course.branch.groups:
        by_programme[group.subject.code].append(group)
    for miss in list(course.marks):
        if miss.until is None or miss.lesson.held_at is None:
            continue
        chance = random.random()
        if chance < 0.5:
            _visit(course, miss, miss.until, by_programme[miss.home.subject.code])
        elif chance < 0.58:
            _visit_teacher(course, miss, miss.until)
        elif chance < 0.7:
            _by_hand(course, miss, miss.until)


def _visit(course: Course, miss: Mark, until: date, groups: list[Group]) -> None:
    """The first lesson of another group of the programme, after some days, with a free place and on a free day."""
    hosts = [group for group in groups if group is not miss.home and group.suits(miss.home)]
    wish = miss.lesson.day + timedelta(days=course.branch.random.randrange(2, 21))
    lessons = (lesson for host in hosts for lesson in _between(host, wish, until))
    offered = (lesson for lesson in lessons if _may_visit(course, miss.client, lesson))
    if lesson := min(offered, key=lambda lesson: (lesson.day, lesson.id), default=None):
        status = "attended" if lesson.day < course.chain.window.anchor else "planned"
        _guest(course, lesson, miss.client, status, "make_up", miss)


def _between(group: Group, first: date, last: date) -> Iterator[Lesson]:
    return (lesson for lesson in group.lessons if first <= lesson.day <= last)


def _may_visit(course: Course, client: Client, lesson: Lesson) -> bool:
    anchor = course.chain.window.anchor
    takes_place = lesson.held_at if lesson.day < anchor else lesson.day < anchor + timedelta(days=14)
    return (
        bool(takes_place)
        and lesson.cancelled_at is None
        and lesson.taken < lesson.group.subject.capacity
        and lesson.day not in client.busy
        and not client.is_frozen(lesson.day)
    )


def _guest(
    course: Course, lesson: Lesson, client: Client, status: str, kind: str, miss: Mark | None = None
) -> Mark:
    lesson.taken += 1
    client.busy.add(lesson.day)
    booked = None if status != "planned" else course.yesterday()
    return course.mark(lesson, client, status, kind=kind, makes_up=miss, at=booked)


def _visit_teacher(course: Course, miss: Mark, until: date) -> None:
    """An individual lesson with the group's teacher, on a day on which the client has no other."""
    branch, teacher = course.branch, miss.home.teachers[0]
    day = miss.lesson.day + timedelta(days=branch.random.randrange(2, 15))
    if not day <= until or day >= course.chain.window.anchor or day in branch.closing_days:
        return
    if day in miss.client.busy or miss.client.is_frozen(day):
        return
    for starts in range(14 * 60, 19 * 60, 15):
        if branch.diary.is_free_on("teacher", teacher.id, day, starts, starts + 45):
            lesson = _alone(course, miss.home, teacher, day, starts)
            _guest(course, lesson, miss.client, "attended", "make_up", miss)
            return


def _alone(course: Course, home: Group, teacher: Staff, day: date, starts: int) -> Lesson:
    branch = course.branch
    branch.diary.take("teacher", teacher.id, day, starts, starts + 45)
    held_at = branch.clock.at(day, starts + 50)
    lesson = Lesson(
        course.book.id(rows.Lesson), home, day, starts, 45, None, (teacher,), touched_at=held_at,
        topic=course.chain.names.taught_alone, held_at=held_at, held_by=teacher.who, is_alone=True,
    )
    course.alone.append(lesson)
    return lesson


def _by_hand(course: Course, miss: Mark, until: date) -> None:
    day = miss.lesson.day + timedelta(days=course.branch.random.randrange(2, 10))
    if day < course.chain.window.anchor and day <= until:
        miss.worked_off_on, miss.note = day, course.branch.random.choice(course.chain.names.worked_off)


# ------------------------------------------------------------------------------------------------------ guests


def _try_out(course: Course, clients: list[Client]) -> None:
    """Most of those who joined were at a trial before."""
    random = course.branch.random
    for client in clients:
        first = min(client.stays, key=lambda stay: stay.since, default=None)
        if first is None or first.since <= first.group.opens + timedelta(days=10) or random.random() > 0.65:
            continue
        for lesson in _between(first.group, first.since - timedelta(days=14), first.since - timedelta(days=1)):
            if lesson.held_at and _may_visit(course, client, lesson):
                _guest(course, lesson, client, "attended", "trial")
                break


_LEADS = (("trial", "past"), ("trial", "coming"), ("one_off", "past"), ("", ""))


def _look_in(course: Course, crowd: Crowd, leads: int) -> None:
    """Those who never joined: at a trial, booked for one, once for money, or only asked."""
    random, window = course.branch.random, course.chain.window
    groups = [group for group in course.branch.groups if not group.ends and group.offer.life is not Life.RECRUITING]
    for _ in range(leads):
        group = random.choice(groups)
        kind, fate = random.choices(_LEADS, (52, 28, 10, 10))[0]
        free = [lesson for lesson in group.lessons if _may_look_in(course, lesson, fate)]
        if not free:
            free, kind = group.lessons[:1], ""
        lesson = random.choice(free)
        day = lesson.day if kind else window.days_back(random.randrange(1, 60))
        asked = min(day - timedelta(days=random.randrange(1, 10)), window.days_back(1))
        asked = max(asked, window.first - timedelta(days=12))
        at = course.branch.clock.at(asked, random.randrange(10 * 60, 20 * 60))
        client = crowd.of_age((group.offer.from_age, group.offer.to_age), day, first=day, at=at)
        if kind and fate == "coming":
            _guest(course, lesson, client, "planned", kind)
        elif kind:
            status = random.choices(("attended", "missed", "excused"), (70, 23, 7))[0]
            _guest(course, lesson, client, status, kind)


def _may_look_in(course: Course, lesson: Lesson, fate: str) -> bool:
    if lesson.cancelled_at or lesson.taken >= lesson.group.subject.capacity:
        return False
    anchor = course.chain.window.anchor
    return bool(lesson.held_at) if fate == "past" else anchor <= lesson.day < anchor + timedelta(days=14)


def _visit_once(course: Course, clients: list[Client]) -> None:
    """Members of one group who tried a lesson of another, and paid for it."""
    random = course.branch.random
    for client in random.sample(clients, len(clients) // 12):
        if not client.stays or client.stays[0].since >= course.chain.window.days_back(20):
            continue
        group, first = random.choice(course.branch.groups), client.stays[0].since
        age = client.age_on(course.chain.window.anchor)
        if group is client.stays[0].group or not group.offer.from_age - 1 <= age <= group.offer.to_age + 2:
            continue
        for lesson in _between(group, first + timedelta(days=random.randrange(200)), course.chain.window.anchor):
            if lesson.held_at and _may_visit(course, client, lesson):
                _guest(course, lesson, client, "attended", "one_off")
                break


# ----------------------------------------------------------------------------------------------------- written


def write_marks(course: Course) -> None:
    """The cells as they stand, and each act that led there."""
    book, today = course.book, course.chain.window.anchor
    for mark in course.marks:
        means, acts = mark.means, list(mark.acts())
        book.add(rows.Mark(
            mark.id, mark.client.id, mark.lesson.id, mark.lesson.day, mark.kind, mark.status, mark.late, means.present,
            means.uses_lesson, means.pays_teacher, means.share, mark.price, mark.until,
            mark.makes_up.id if mark.makes_up else None, mark.lesson.cancelled_at is not None, mark.worked_off_on,
            mark.note, mark.lapsed_on(today), mark.charged, acts[-1][0], mark.by.user_id, mark.version,
        ))
        subject, client = f"lesson:{mark.lesson.id}", mark.client.id
        within = "" if mark.lesson.is_alone else f"group:{mark.lesson.group.id}"
        was = "{}"
        for at, status in acts:
            told = f'{{"{client}": "{status}"}}'
            book.tell("lesson.marked", subject, at, mark.by, told, old=was, within=within)
            was = told
        if mark.charged is not None:
            book.tell(
                "mark.charge_decided", f"mark:{mark.id}", acts[-1][0], mark.by, {"charged": mark.charged},
                old={"charged": None}, within=f"client:{client}",
            )
