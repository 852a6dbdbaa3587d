from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, Model, OuterRef, Q, Value
from django.db.models.functions import Coalesce

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import holders
from rollbook.domains.access.scoping import Places, compiled
from rollbook.domains.comments.models import Comment, CommentQuerySet, Mention
from rollbook.domains.comments.rules import Named, On
from rollbook.domains.groups.models import Group
from rollbook.domains.people.models import Client
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.compiled import Rows
from rollbook.foundation.keys import Key
from rollbook.foundation.periods import local


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads what is said on a thing, by name; and whether whoever asks may say something there."""

    colleagues: tuple[Named, ...]
    may_write: bool


def who_sees(*, on: On, by: Actor) -> Audience:
    """For whoever sees the thing: they see who else works with it."""
    places = _places(on)
    may_see = places.reached_by(by, by.holding(Permission.COMMENT_SEE))
    told = holders(permission=Permission.COMMENT_SEE, places=places, by=by) if may_see else ()
    return Audience(
        tuple(Named(each.user_id, each.name, each.login) for each in told),
        places.reached_by(by, by.holding(Permission.COMMENT_WRITE)),
    )


def _places(on: On) -> Places:
    """Where a thing lies in the scope of comments; a cell lies where its lesson does, be there a mark or not."""
    things: tuple[tuple[str, type[Model], int | None], ...] = (
        ("lesson", Lesson, on.lesson_id), ("client", Client, on.client_id), ("group", Group, on.group_id),
    )
    kind, model, pk = next(thing for thing in things if thing[2])
    rows, scope = model._base_manager.filter(pk__in=[pk]), CommentQuerySet.scope

    def ids(paths: Collection[str]) -> frozenset[int]:
        ways = [path.removeprefix(kind).removeprefix("__") or "pk" for path in paths if path.split("__")[0] == kind]
        return frozenset(found for way in ways for found in rows.values_list(way, flat=True).distinct() if found)

    return Places(ids(scope.branch), ids(scope.group), ids(scope.own))


@dataclass(frozen=True, slots=True)
class Said:
    """A comment, what it hangs on, and what whoever reads it may do with it."""

    comment_id: int
    text: str
    asks: bool
    written_at: datetime
    """In the time of the branch, as all moments here."""
    author_id: int | None
    author: str
    resolved_at: datetime | None
    resolved_by: str
    version: int
    group_id: int | None
    group: str
    client_id: int | None
    client: str
    lesson_id: int | None
    lesson_at: datetime | None
    may_write: bool
    may_correct: bool
    is_new: bool
    """It calls whoever reads, who has not seen it yet."""
    is_mine: bool

    @property
    def is_open(self) -> bool:
        return self.asks and self.resolved_at is None

    @property
    def may_take_back(self) -> bool:
        return self.may_write and (self.is_mine or self.may_correct)

    @property
    def may_change(self) -> bool:
        return self.may_write and self.is_mine and self.resolved_at is None


def said(
    *, by: Actor, size: int, comment_id: int | None = None, on: On | None = None, members: Collection[int] = (),
    branch_id: int | None = None, only_open: bool = False, only_mentions: bool = False, after: Key | None = None,
) -> tuple[tuple[Said, ...], Key | None]:
    """A page of comments, the newest first, and where the next one begins.

    `on` a client: what is said of them anywhere; a lesson: in its cells, too; a group: in its lessons and cells, and of
    those `members`. Without it, of everything, or one alone. `only_mentions`: those that call whoever asks.
    """
    told: dict[str, object] = {}
    if on:
        told |= {name: pk for name, pk in on._asdict().items() if pk is not None}
    if comment_id:
        told["comment"] = comment_id
    if members:
        told["members"] = list(members)
    if branch_id:
        told["branch"] = branch_id
    if only_mentions:
        told["me"] = by.user_id
    if place := _place(after):
        told |= {"after_at": place[0], "after_pk": place[1]}
    # Which they are is found first, by few tables; what is told of them takes so many that the database would not see
    # how few these are.
    page = list(_page(by, size, only_open, **told))
    last = page[size - 1] if len(page) > size else None
    rows = _said(by, ids=[pk for _written_at, pk in page[:size]]) if page else ()
    return tuple(_line(row, by) for row in rows), Key(last[0].isoformat(), last[1]) if last else None


def _place(after: Key | None) -> tuple[datetime, int] | None:
    try:
        moment = datetime.fromisoformat(after.search) if after else None
    except ValueError:
        return None
    return (moment, after.pk) if after and moment and moment.tzinfo else None


@compiled
def _page(
    by: Actor, size: int, only_open: bool, *, comment: Any = None, client_id: Any = None, group_id: Any = None,
    lesson_id: Any = None, members: Any = None, branch: Any = None, me: Any = None, after_at: Any = None,
    after_pk: Any = None,
) -> Rows:
    rows = Comment.objects.visible_to(by, Permission.COMMENT_SEE)
    rows = rows.open() if only_open else rows.standing()
    if comment is not None:
        rows = rows.filter(pk=comment)
    if lesson_id is not None and client_id is not None:
        rows = rows.filter(mark__lesson=lesson_id, mark__client=client_id)
    elif lesson_id is not None:
        # Joined, not asked of either: so that each is found by its index.
        on, inside = (Comment.objects.filter(**{way: lesson_id}).values("pk") for way in ("lesson", "mark__lesson"))
        rows = rows.filter(pk__in=on.union(inside))
    elif client_id is not None:
        rows = rows.filter(of_client=client_id)
    elif group_id is not None:
        of_members = Q(client__isnull=False, of_client__any=members) if members is not None else Q()
        rows = rows.filter(Q(of_group=group_id) | of_members)
    if branch is not None:
        rows = rows.filter(
            Q(client__branch=branch) | Q(group__branch=branch) | Q(lesson__branch=branch)
            | Q(mark__lesson__branch=branch)
        )
    if me is not None:
        rows = rows.filter(mentions__user=me)
    if after_at is not None:
        rows = rows.filter(Q(written_at__lt=after_at) | Q(written_at=after_at, pk__lt=after_pk))
    return rows.order_by("-written_at", "-pk").values_list("written_at", "pk")[: size + 1]


@compiled
def _said(by: Actor, *, ids: Any) -> Rows:
    """What is told of comments that one sees."""
    new: Any = Value(False, output_field=BooleanField())
    if by.user_id:
        new = Exists(Mention.objects.filter(comment=OuterRef("pk"), user=by.user_id, seen_at=None))
    rows = Comment.objects.standing().filter(pk__any=ids)
    return rows.order_by("-written_at", "-pk").values_list(
        "written_at", "pk", "text", "asks", "written_by", "written_by__name", "resolved_at", "resolved_by__name",
        "version", "of_group", "of_group__name", "of_client", "of_client__name", Coalesce("lesson", "mark__lesson"),
        Coalesce("lesson__starts_at", "mark__lesson__starts_at"),
        Coalesce(*(f"{thing}__branch__time_zone" for thing in ("client", "group", "lesson", "mark__lesson"))),
        rows.holds(by, Permission.COMMENT_WRITE), rows.holds(by, Permission.JOURNAL_CORRECT), new,
    )


def _line(row: Any, by: Actor) -> Said:
    (
        written_at, pk, text, asks, author_id, author, resolved_at, resolved_by, version, group_id, group, client_id,
        client, lesson_id, lesson_at, zone, may_write, may_correct, is_new,
    ) = row
    return Said(
        pk, text, asks, local(written_at, zone), author_id, author or "",
        local(resolved_at, zone) if resolved_at else None, resolved_by or "", version, group_id, group or "",
        client_id, client or "", lesson_id, local(lesson_at, zone) if lesson_at else None, may_write, may_correct,
        is_new, is_mine=author_id is not None and author_id == by.user_id,
    )


@dataclass(frozen=True, slots=True)
class Corners:
    """What a journal shows of comments: "note", or "ask" where one is open."""

    cells: Mapping[int, Mapping[int, str]]
    """By client, then by lesson."""
    lessons: Mapping[int, str]
    clients: frozenset[int]
    """Of whom something open is said on themselves."""
    open: int
    """As many as the feed of the group has."""


NO_CORNERS = Corners({}, {}, frozenset(), 0)


def corners(
    *, group_id: int, lesson_ids: Collection[int], clients: Collection[int], members: Collection[int], by: Actor
) -> Corners:
    """Of a group: its lessons, the clients shown, of whom the `members` of today count among what is open."""
    cells: dict[int, dict[int, str]] = {}
    lessons: dict[int, str] = {}
    asking, number = set(), 0
    for client, lesson, cell_client, is_open in _corners(
        by, group=group_id, lessons=list(lesson_ids), clients=list(clients)
    ):
        number += is_open and (client is None or client in members)
        if client:
            asking.add(client)
        elif cell_client:
            _mark(cells.setdefault(cell_client, {}), lesson, is_open)
        elif lesson:
            _mark(lessons, lesson, is_open)
    return Corners(cells, lessons, frozenset(asking), number)


def _mark(corners: dict[int, str], lesson: int, is_open: bool) -> None:
    if is_open or lesson not in corners:
        corners[lesson] = "ask" if is_open else "note"


@compiled
def _corners(by: Actor, *, group: Any, lessons: Any, clients: Any) -> Rows:
    """What is open anywhere in the group or of these clients; what is not, on the lessons shown alone."""
    is_open = Q(asks=True, resolved_at=None)
    rows = Comment.objects.visible_to(by, Permission.COMMENT_SEE).standing().annotate(is_open=ExpressionWrapper(
        is_open, output_field=BooleanField()
    ))
    shown = is_open | Q(lesson__any=lessons) | Q(mark__lesson__any=lessons)
    return rows.filter(
        Q(of_group=group) & shown | Q(of_client__any=clients, client__isnull=False) & is_open
    ).values_list("client", Coalesce("lesson", "mark__lesson"), "mark__client", "is_open")
