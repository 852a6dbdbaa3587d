"""What people say to each other: about one in three clients, a part of it asking for something."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from rollbook.operations.demo import rows
from rollbook.operations.demo.attendance import Course, Mark
from rollbook.operations.demo.book import Who
from rollbook.operations.demo.people import Client
from rollbook.operations.demo.timetable import Group, Lesson

CLIENTS_TO_A_COMMENT = 3
LATELY = 35
"""Days: most of what is said is about what has just been."""
_KINDS = {"mark": 50, "client": 26, "lesson": 12, "group": 12}


class _Hook(NamedTuple):
    """What a comment hangs on, and where it is told."""

    kind: str
    subject: str
    within: str = ""
    client: int | None = None
    group: int | None = None
    lesson: int | None = None
    mark: int | None = None
    of_group: int | None = None
    of_client: int | None = None


class _Talk:
    def __init__(self, course: Course, clients: list[Client]) -> None:
        self.book, self.chain, self.branch = course.book, course.chain, course.branch
        self.random, self.window = course.branch.random, course.chain.window
        self.clients = [client for client in clients if any(stay.since < self.window.anchor for stay in client.stays)]
        self.marks = [mark for mark in course.marks if mark.lesson.held_at and mark.kind == "regular"]
        self.fresh = [mark for mark in self.marks if mark.lesson.day >= self.window.days_back(LATELY)]

    def say(self) -> None:
        """One comment, on something that has been."""
        kind = self.random.choices([*_KINDS], [*_KINDS.values()])[0]
        mark = self.random.choice(self.fresh if self.fresh and self.random.random() < 0.7 else self.marks)
        match kind:
            case "mark":
                self._on_lesson(mark.lesson, mark)
            case "lesson":
                self._on_lesson(mark.lesson, None)
            case "client":
                self._on_client(self.random.choice(self.clients))
            case _:
                self._on_group(mark.lesson.group, mark.lesson.day)

    def _on_lesson(self, lesson: Lesson, mark: Mark | None) -> None:
        at = lesson.held_at + timedelta(minutes=self.random.randrange(1, 25))  # type: ignore[operator]  # as they are held
        group = None if lesson.is_alone else lesson.group.id
        hook = _Hook(
            "mark" if mark else "lesson", f"lesson:{lesson.id}", f"group:{group}" if group else "",
            lesson=None if mark else lesson.id, mark=mark.id if mark else None, of_group=group,
            of_client=mark.client.id if mark else None,
        )
        self._write(hook, at, lesson.held_by or self._administrator(), lesson.teachers[0].who)

    def _on_client(self, client: Client) -> None:
        since = max(min(stay.since for stay in client.stays), self.window.first)
        hook = _Hook("client", f"client:{client.id}", client=client.id, of_client=client.id)
        teacher = client.stays[-1].group.teachers[0].who
        self._write(hook, self._daytime(since, self.window.days_back(1)), self._administrator(), teacher)

    def _on_group(self, group: Group, day: date) -> None:
        hook = _Hook("group", f"group:{group.id}", group=group.id, of_group=group.id)
        teacher = self.random.choice(group.teachers).who
        self._write(hook, self._daytime(day, self.window.days_back(1)), teacher, teacher)

    def _daytime(self, first: date, last: date) -> datetime:
        day = first + timedelta(days=self.random.randrange((last - first).days + 1)) if first < last else last
        return self.branch.clock.at(day, self.random.randrange(10 * 60, 20 * 60))

    def _administrator(self) -> Who:
        return self.random.choice(self.branch.administrators).who

    def _write(self, hook: _Hook, at: datetime, by: Who, teacher: Who) -> None:
        asks = self.random.random() < 0.4
        names = self.chain.names
        text, called = self.random.choice((names.asked if asks else names.said)[hook.kind]), None
        if self.random.random() < 0.15 and (who := self.random.choice((self._administrator(), teacher))) != by:
            text, called = f"@{who.name}, {text[0].lower()}{text[1:]}", who
        pk = self.book.id(rows.Comment)
        done_at, done_by = self._resolved(at) if asks else (None, None)
        self.book.add(rows.Comment(
            pk, hook.client, hook.group, hook.lesson, hook.mark, hook.of_group, hook.of_client, text, asks, at,
            by.user_id, done_at, done_by.user_id if done_by else None, 2 if done_at else 1,
        ))
        told = {"comment": pk, **({"asks": True} if asks else {})}
        self.book.tell("comment.written", hook.subject, at, by, told, within=hook.within)
        if done_at and done_by:
            self.book.tell("comment.resolved", hook.subject, done_at, done_by, {"comment": pk}, within=hook.within)
        if called and called.user_id:
            seen = self._before_today(at + timedelta(hours=self.random.randrange(1, 40)))
            self.book.add(rows.Mention(self.book.id(rows.Mention), pk, called.user_id, seen))

    def _resolved(self, at: datetime) -> tuple[datetime | None, Who | None]:
        """Most of what was asked is done within days; some of it waits, mostly what was asked just now."""
        done = self._before_today(at + timedelta(minutes=self.random.randrange(20, 4 * 24 * 60)))
        return (done, self._administrator()) if done and self.random.random() < 0.85 else (None, None)

    def _before_today(self, at: datetime) -> datetime | None:
        return at if at < self.branch.clock.at(self.window.anchor, 0) else None


def talk(course: Course, clients: list[Client]) -> None:
    """All that is said in a branch."""
    talk = _Talk(course, clients)
    if talk.marks and talk.clients:
        for _ in range(len(clients) // CLIENTS_TO_A_COMMENT):
            talk.say()
