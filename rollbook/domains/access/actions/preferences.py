"""What a person chooses for themselves; it needs no right but being that person."""

from datetime import datetime
from typing import TypedDict

from django.db import transaction

from rollbook.domains.access.actor import Actor
from rollbook.domains.access.models import User
from rollbook.domains.history import actions as history
from rollbook.foundation.errors import NotSignedIn
from rollbook.foundation.versions import alter


class Preferences(TypedDict, total=False):
    language: str
    theme: str


@transaction.atomic
def choose(*, values: Preferences, at: datetime, by: Actor) -> None:
    """Change one's own language or theme; what is not named stays."""
    if by.user_id is None:
        raise NotSignedIn
    user = User.objects.select_for_update().get(pk=by.user_id)
    if difference := alter(user, values, seen=None):
        user.save(update_fields=[*difference.new, "version"])
        history.record(
            verb="user.changed", subject=f"user:{user.pk}", old=difference.old, new=difference.new, at=at, by=by
        )
