from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.comments.models import Comment, CommentQuerySet, Mention
from rollbook.domains.comments.queries import who_sees
from rollbook.domains.comments.rules import On, mentioned
from rollbook.domains.groups.models import Enrolment, Group
from rollbook.domains.history import actions as history
from rollbook.domains.journal.models import Mark
from rollbook.domains.people.models import Client
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation import live
from rollbook.foundation.errors import InvalidInput, NotAllowed, Refused
from rollbook.foundation.periods import local_day
from rollbook.foundation.texts import UNFIT, clean_text
from rollbook.foundation.versions import alter

LONGEST = 2000


class AsksForNothing(Refused):
    sentence = gettext_lazy("This comment asks for nothing, so there is nothing to resolve.")


class NotYours(NotAllowed):
    sentence = gettext_lazy("Only whoever wrote a comment changes its words.")


class Resolved(Refused):
    sentence = gettext_lazy("It is resolved, and stays as it was said. Reopen it first.")


class _Place(NamedTuple):
    """What a comment hangs on, for the history and for open pages."""

    of_group: int | None
    of_client: int | None
    lesson: int | None = None

    @property
    def subject(self) -> str:
        if self.lesson:
            return f"lesson:{self.lesson}"
        return f"client:{self.of_client}" if self.of_client else f"group:{self.of_group}"

    @property
    def within(self) -> str:
        return f"group:{self.of_group}" if self.lesson and self.of_group else ""


@transaction.atomic
def write(
    *, text: str, asks: bool, at: datetime, by: Actor, client_id: int | None = None, group_id: int | None = None,
    lesson_id: int | None = None, mark_id: int | None = None,
) -> int:
    """Say something on a client, a group, a lesson or a mark (exactly one of them); returns the id of the comment.

    Whom the text calls by "@Name" or "@login" finds it among what mentions them. InvalidInput where somebody is called
    who does not see it, and where the text says nothing or too much. `asks` wants to be resolved.
    """
    on = {"client": client_id, "group": group_id, "lesson": lesson_id, "mark": mark_id}
    ((kind, pk),) = ((kind, pk) for kind, pk in on.items() if pk is not None)
    place = _picked(kind, pk, by)
    row = Comment.objects.create(
        **{f"{kind}_id": pk}, of_group_id=place.of_group, of_client_id=place.of_client, text=_clean(text), asks=asks,
        written_at=at, written_by_id=by.user_id,
    )
    _mention(row, place, by)
    new = {"comment": row.pk, **({"asks": True} if asks else {})}
    history.record(verb="comment.written", subject=place.subject, within=place.within, new=new, at=at, by=by)
    _tell(place, at)
    return row.pk


@transaction.atomic
def change(*, comment_id: int, text: str, asks: bool, seen: int | None, at: datetime, by: Actor) -> None:
    """Say it in other words. Only one's own, and not once it is resolved; Stale where it was changed since `seen`."""
    row = _standing().pick_to_change(by, Permission.COMMENT_WRITE, comment_id)
    if by.user_id is None or row.written_by_id != by.user_id:
        raise NotYours
    difference = alter(row, {"text": _clean(text), "asks": asks}, seen=seen)
    if not difference:
        return
    if row.resolved_at:
        raise Resolved
    row.save(update_fields=[*difference.new, "version"])
    place = _place_of(row)
    _mention(row, place, by)
    _record("comment.changed", row, place, at, by, old=difference.old, new=difference.new)


@transaction.atomic
def resolve(*, comment_id: int, at: datetime, by: Actor) -> bool:
    """What it asked for is done; False where somebody has said so already."""
    row = _standing().pick_to_change(by, Permission.COMMENT_WRITE, comment_id)
    if not row.asks:
        raise AsksForNothing
    if row.resolved_at:
        return False
    row.resolved_at, row.resolved_by_id = at, by.user_id
    _save(row, "comment.resolved", at, by)
    return True


@transaction.atomic
def reopen(*, comment_id: int, at: datetime, by: Actor) -> bool:
    """It is not done after all; False where it is open."""
    row = _standing().pick_to_change(by, Permission.COMMENT_WRITE, comment_id)
    if not row.resolved_at:
        return False
    row.resolved_at = row.resolved_by = None
    _save(row, "comment.reopened", at, by)
    return True


@transaction.atomic
def take_back(*, comment_id: int, at: datetime, by: Actor) -> bool:
    """It is shown no more, to nobody. One's own, or that of anybody for whoever may correct the journal there; False
    where it was taken back already."""
    row = _rows().pick_to_change(by, Permission.COMMENT_WRITE, comment_id)
    if by.user_id is None or row.written_by_id != by.user_id:
        row = _rows().pick_to_change(by, Permission.JOURNAL_CORRECT, comment_id)
    if row.withdrawn_at:
        return False
    row.withdrawn_at = at
    _save(row, "comment.withdrawn", at, by)
    return True


def _rows() -> CommentQuerySet:
    return Comment.objects.select_related("mark")


def _standing() -> CommentQuerySet:
    return _rows().standing()


def _picked(kind: str, pk: int, by: Actor) -> _Place:
    """The thing, by its own scope. A lesson is locked: else it could be taken away meanwhile."""
    may = Permission.COMMENT_WRITE
    match kind:
        case "client":
            client = Client.objects.pick(by, may, pk)
            # A substitute sees whom they teach; what is said of them is for those who teach them always.
            if not who_sees(on=On(client_id=pk), by=by).may_write:
                raise NotAllowed
            return _Place(None, client.pk)
        case "group":
            return _Place(Group.objects.pick(by, may, pk).pk, None)
        case "lesson":
            lesson = Lesson.objects.pick_to_change(by, may, pk)
            return _Place(lesson.group_id, None, lesson.pk)
        case _:
            mark = Mark.objects.select_related("lesson").pick(by, may, pk)
            return _Place(mark.lesson.group_id, mark.client_id, mark.lesson_id)


def _place_of(row: Comment) -> _Place:
    lesson = row.mark.lesson_id if row.mark else row.lesson_id
    return _Place(row.of_group_id, row.of_client_id, lesson)


def _clean(text: str) -> str:
    if UNFIT.search(text):
        raise InvalidInput({"text": _("There are characters here that cannot be kept.")})
    cleaned = clean_text(text)
    if not cleaned:
        raise InvalidInput({"text": _("Say something, please.")})
    if len(cleaned) > LONGEST:
        sentence = ngettext("At most {count} sign, please.", "At most {count} signs, please.", LONGEST)
        raise InvalidInput({"text": sentence.format(count=LONGEST)})
    return cleaned


def _mention(row: Comment, place: _Place, by: Actor) -> None:
    """Those whom the text calls now; who was called before and is no more has nothing to look at."""
    on = On(place.of_client, place.of_group, place.lesson)
    told = mentioned(row.text, who_sees(on=on, by=by).colleagues)
    if told.unknown:
        # One sentence for those who do not see it and those who do not exist: it tells nobody which.
        names = ", ".join(f"@{name}" for name in told.unknown)
        sentence = _("No colleague called {names} sees this. Leave out the @ where nobody is meant.")
        raise InvalidInput({"text": sentence.format(names=names)})
    if told.doubtful:
        names = ", ".join(f"@{name}" for name in told.doubtful)
        raise InvalidInput({"text": _("Several are called {names}: say whom by the login.").format(names=names)})
    called = told.user_ids - {by.user_id}
    standing = set(row.mentions.values_list("user", flat=True))
    row.mentions.filter(user__in=standing - called).delete()
    Mention.objects.bulk_create(Mention(comment=row, user_id=user) for user in sorted(called - standing))


def _save(row: Comment, verb: str, at: datetime, by: Actor) -> None:
    row.version += 1
    row.save(update_fields=["resolved_at", "resolved_by", "withdrawn_at", "version"])
    _record(verb, row, _place_of(row), at, by)


def _record(
    verb: str, row: Comment, place: _Place, at: datetime, by: Actor, *, old: dict[str, object] | None = None,
    new: dict[str, object] | None = None,
) -> None:
    told = {"comment": row.pk, **(new or {})}
    history.record(verb=verb, subject=place.subject, within=place.within, old=old, new=told, at=at, by=by)
    _tell(place, at)


def _tell(place: _Place, at: datetime) -> None:
    """The open journals that show its corner: of the group, or of all in which the client is today."""
    groups = {place.of_group} if place.of_group else set()
    if place.of_client and not place.lesson:
        belongs = Enrolment.objects.on(local_day(at, "group__branch__time_zone")).filter(client=place.of_client)
        groups = set(belongs.values_list("group", flat=True))
    topics = [f"group:{pk}" for pk in sorted(groups)]
    if place.lesson:
        topics.append(f"lesson:{place.lesson}")
    if topics:
        live.tell(*topics)
