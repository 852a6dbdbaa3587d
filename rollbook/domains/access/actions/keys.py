from datetime import datetime, timedelta
from secrets import token_urlsafe

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from rollbook.domains.access.actions.grants import refuse_unmanaged
from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import ApiKey, User
from rollbook.domains.access.rules import digest_of
from rollbook.domains.history import actions as history
from rollbook.foundation.errors import InvalidInput
from rollbook.foundation.texts import clean_line

LONGEST_DAYS = 366
ONE_TIME_CODE_LIVES = 120  # seconds: longer than any code is taken, the steps before and after it included


@transaction.atomic
def make_key(*, user_id: int, name: str, days: int, at: datetime, by: Actor) -> str:
    """An API key that acts with the rights of this user; told now and never again, for only its digest is kept."""
    by.must_everywhere(Permission.ACCESS_MANAGE)
    user = User.objects.pick_to_change(by, Permission.ACCESS_MANAGE, user_id)
    refuse_unmanaged(user_id, by=by)
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidInput({"days": _("A key lives 1 to {days} days.").format(days=LONGEST_DAYS)})
    if not 0 < len(title := clean_line(name)) <= 60:
        raise InvalidInput({"name": _("A name has 1 to 60 characters.")})
    secret = token_urlsafe(32)
    key = ApiKey.objects.create(user=user, name=title, digest=digest_of(secret), expires_at=at + timedelta(days=days))
    history.record(
        verb="key.made", subject=f"user:{user_id}", at=at, by=by,
        new={"name": title, "expires_at": key.expires_at.isoformat()},
    )
    return secret


def spend_code(*, user_id: int, code: str, by: Actor) -> bool:
    """Whether this one-time code of theirs has not been used before; it has been now.

    allauth remembers a code for 30 seconds only, while it takes one for 90.
    """
    return cache.add(f"code:{user_id}:{digest_of(code)}", True, ONE_TIME_CODE_LIVES)
