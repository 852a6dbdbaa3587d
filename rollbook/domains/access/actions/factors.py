"""What somebody changed of how they confirm their own sign-in. allauth keeps the factors themselves."""

from datetime import datetime

from django.db import transaction

from rollbook.domains.access.actions.letters import order_notice
from rollbook.domains.access.actions.sessions import end_other_sessions
from rollbook.domains.access.actor import Actor
from rollbook.domains.access.models import User
from rollbook.domains.history import actions as history
from rollbook.foundation.errors import NotSignedIn


@transaction.atomic
def factor_added(*, factor: str, session: str | None, at: datetime, by: Actor) -> None:
    """Write down that one has a second factor more, and tell its person. All browsers but the one of this session are
    signed out: they were let in without it."""
    end_other_sessions(apart_from=session, at=at, by=by)
    history.record(verb="user.factor_added", subject=f"user:{by.user_id}", new={"factor": factor}, at=at, by=by)
    _tell("factor_added", by)


@transaction.atomic
def factor_removed(*, factor: str, session: str | None, at: datetime, by: Actor) -> None:
    """The same of one that is no more; whoever was let in with it signs in anew."""
    end_other_sessions(apart_from=session, at=at, by=by)
    history.record(
        verb="user.factor_removed", subject=f"user:{by.user_id}", old={"factor": factor}, new={}, at=at, by=by
    )
    _tell("factor_removed", by)


@transaction.atomic
def codes_made(*, at: datetime, by: Actor) -> None:
    """The same of new recovery codes. Nobody came in by them yet, so nobody is signed out."""
    history.record(verb="user.codes_made", subject=f"user:{by.user_id}", new={}, at=at, by=by)
    _tell("codes_made", by)


def _tell(kind: str, by: Actor) -> None:
    if by.user_id is None:
        raise NotSignedIn
    user = User.objects.get(pk=by.user_id)
    if user.email:
        order_notice(kind=kind, email=user.email, language=user.language, by=by)
