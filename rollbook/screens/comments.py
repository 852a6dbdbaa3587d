"""What people say to each other: on one thing, in the feed of a group, and as lists of what is open or calls one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.comments import queries as comments
from rollbook.domains.comments.actions import see_mentions
from rollbook.domains.comments.queries import Said
from rollbook.domains.comments.rules import Named, On, handles
from rollbook.domains.groups.models import Enrolment, Group
from rollbook.domains.journal import queries as journal
from rollbook.domains.people.models import Client
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.errors import NotFound
from rollbook.foundation.keys import Key
from rollbook.foundation.periods import local, local_day

PAGE = 30
OF = ("open", "mentions", "all")


@dataclass(frozen=True, slots=True)
class Feed:
    """What is said on one thing, the newest first."""

    on: On
    group_id: int | None
    group: str
    client: str
    lesson_at: datetime | None
    """In the time of the branch."""
    comments: tuple[Said, ...]
    next: Key | None
    colleagues: tuple[Named, ...]
    """Who sees it, and may be called in it."""
    may_write: bool

    @property
    def handles(self) -> Mapping[int, str]:
        """What to type after the "@" for each of them."""
        return handles(self.colleagues)


def of_client(*, client_id: int, by: Actor, only_open: bool = False, after: Key | None = None) -> Feed:
    """What is said of a client: on themselves, and in the cells of groups that one sees."""
    client = Client.objects.pick(by, Permission.COMMENT_SEE, client_id)
    return _feed(On(client_id=client_id), by, only_open, after, client=client.name)


def of_group(
    *, group_id: int, at: datetime, by: Actor, only_open: bool = False, after: Key | None = None
) -> Feed:
    """What is said in a group: on itself, its lessons and cells, and on those who are in it today."""
    group = Group.objects.pick(by, Permission.COMMENT_SEE, group_id)
    today = Enrolment.objects.on(local_day(at, "group__branch__time_zone")).filter(group=group_id)
    members = tuple(today.values_list("client", flat=True).distinct())
    return _feed(
        On(group_id=group_id), by, only_open, after, members=members, group_id=group_id, group=group.name
    )


def of_lesson(*, lesson_id: int, by: Actor, only_open: bool = False, after: Key | None = None) -> Feed:
    """What is said on a lesson and in its cells."""
    return _of_lesson(On(lesson_id=lesson_id), by, only_open, after)


def of_cell(
    *, lesson_id: int, client_id: int, by: Actor, only_open: bool = False, after: Key | None = None
) -> Feed:
    """What is said on a client in a lesson; NotFound for who has no cell there."""
    return _of_lesson(On(client_id, None, lesson_id), by, only_open, after)


def _of_lesson(on: On, by: Actor, only_open: bool, after: Key | None) -> Feed:
    see = Permission.COMMENT_SEE
    lesson = Lesson.objects.select_related("group", "branch").pick(by, see, on.lesson_id or 0)
    client: str | None = ""
    if on.client_id:
        client = journal.who_is_in(lesson_id=lesson.pk, client_id=on.client_id, by=by, under=see)
    if client is None:
        raise NotFound
    return _feed(
        on, by, only_open, after, client=client, group_id=lesson.group_id,
        group=lesson.group.name if lesson.group else "", lesson_at=local(lesson.starts_at, lesson.branch.time_zone),
    )


def _feed(
    on: On, by: Actor, only_open: bool, after: Key | None, *, members: tuple[int, ...] = (), client: str = "",
    group_id: int | None = None, group: str = "", lesson_at: datetime | None = None,
) -> Feed:
    audience = comments.who_sees(on=on, by=by)
    rows, following = comments.said(on=on, members=members, only_open=only_open, after=after, size=PAGE, by=by)
    others = tuple(each for each in audience.colleagues if each.user_id != by.user_id)
    return Feed(
        on, group_id, group, client, lesson_at, rows, following, others if audience.may_write else (),
        audience.may_write,
    )


def one(*, comment_id: int, by: Actor) -> Said:
    """How a comment stands."""
    for said in comments.said(comment_id=comment_id, size=1, by=by)[0]:
        return said
    raise NotFound


def may_list(*, by: Actor) -> None:
    """NotAllowed for whoever sees no comments whatever: there is no list for them, nor anything to do in it."""
    by.must(Permission.COMMENT_SEE)


@dataclass(frozen=True, slots=True)
class Listed:
    """Comments on whatever one sees."""

    comments: tuple[Said, ...]
    next: Key | None
    branches: tuple[tuple[int, str], ...]
    """Those one sees, to choose from."""


def listed(
    *, of: str, at: datetime, by: Actor, branch_id: int | None = None, after: Key | None = None
) -> Listed:
    """A page of those that are open, that mention whoever asks, or of all; the newest first.

    Whoever has opened the list of what mentions them has seen it: the next time it is new no more.
    """
    by.must(Permission.COMMENT_SEE)
    mine = of == "mentions"
    rows: tuple[Said, ...] = ()
    following = None
    if by.user_id or not mine:
        rows, following = comments.said(
            branch_id=branch_id, only_open=of == "open", only_mentions=mine, after=after, size=PAGE, by=by
        )
    if new := [row.comment_id for row in rows if mine and row.is_new]:
        see_mentions(comment_ids=new, at=at, by=by)
    branches = Branch.objects.visible_to(by, Permission.COMMENT_SEE).filter(archived_at=None)
    return Listed(rows, following, tuple(branches.order_by("name", "pk").values_list("pk", "name")))
