"""Who comes in and by which browser; and how what is open is ended."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from rollbook.domains.access.actions.grants import refuse_unmanaged
from rollbook.domains.access.actions.letters import order_notice
from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Session, SignIn, User
from rollbook.domains.access.rules import Visit, device_of, digest_of
from rollbook.domains.history import actions as history
from rollbook.foundation.errors import NotFound, NotSignedIn


@transaction.atomic
def note_sign_in(*, visit: Visit, known_device: bool, at: datetime, by: Actor) -> None:
    """Write down that somebody signed in; on a device that is new to them they get a letter, but for the very first."""
    if by.user_id is None:
        raise NotSignedIn
    before = SignIn.objects.filter(user=by.user_id, succeeded=True).exists()
    _note(by.user_id, visit, at, succeeded=True, new_device=not known_device)
    history.record(verb="user.signed_in", subject=f"user:{by.user_id}", new={}, at=at, by=by)
    user = User.objects.get(pk=by.user_id)
    if before and not known_device and user.email:
        order_notice(kind="new_device", email=user.email, language=user.language, where=described(visit), by=by)


def note_failed_sign_in(*, user_id: int | None, visit: Visit, at: datetime, by: Actor) -> None:
    """Write down that somebody tried in vain; also where nobody has that login, so that the clock tells nothing."""
    _note(user_id, visit, at, succeeded=False, new_device=False)


def note_seen(*, session: str, visit: Visit, lives: timedelta, at: datetime, by: Actor) -> None:
    """The browser of this session is at work: from now on it lives as long again."""
    Session.objects.filter(pk=session, user=by.user_id).update(
        seen_at=at, expire_date=at + lives, address=visit.address, browser=visit.browser
    )


@transaction.atomic
def end_session(*, name: str, at: datetime, by: Actor) -> None:
    """Sign out one of one's own browsers; `name` is what the list of them calls it."""
    keys = Session.objects.filter(user=_oneself(by)).values_list("pk", flat=True)
    key = next((key for key in keys if digest_of(key) == name), None)
    if key is None:
        raise NotFound
    Session.objects.filter(pk=key).delete()
    _tell(1, by.user_id, at, by)


@transaction.atomic
def end_other_sessions(*, apart_from: str | None, at: datetime, by: Actor) -> None:
    """Sign out all of one's own browsers but this one."""
    ended, _rows = Session.objects.filter(user=_oneself(by)).exclude(pk=apart_from).delete()
    _tell(ended, by.user_id, at, by)


@transaction.atomic
def end_sessions_of(*, user_id: int, at: datetime, by: Actor) -> None:
    """Sign out all browsers of somebody whose rights one could have given; they may sign in again."""
    User.objects.pick_to_change(by, Permission.ACCESS_MANAGE, user_id)
    refuse_unmanaged(user_id, by=by)
    ended, _rows = Session.objects.filter(user=user_id).delete()
    _tell(ended, user_id, at, by)


def described(visit: Visit) -> str:
    """A browser in words, and where it was."""
    return ", ".join([device_of(visit.browser) or _("unknown browser"), *([visit.address] if visit.address else [])])


def _note(user_id: int | None, visit: Visit, at: datetime, *, succeeded: bool, new_device: bool) -> None:
    SignIn.objects.create(
        user_id=user_id, at=at, succeeded=succeeded, new_device=new_device, address=visit.address, browser=visit.browser
    )


def _tell(ended: int, user_id: int | None, at: datetime, by: Actor) -> None:
    if ended:
        history.record(verb="user.signed_out", subject=f"user:{user_id}", new={"sessions": ended}, at=at, by=by)


def _oneself(by: Actor) -> int:
    if by.user_id is None:
        raise NotSignedIn
    return by.user_id
