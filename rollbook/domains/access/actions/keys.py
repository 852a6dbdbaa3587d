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
from rollbook.foundation.errors import InvalidInput, NotFound
from rollbook.foundation.texts import clean_line

LONGEST_DAYS = 366
BEGINNING = 6  # signs that are kept; what is not could not be guessed by itself, either
USE_WRITTEN_EVERY = timedelta(minutes=10)
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
    key = ApiKey.objects.create(
        user=user, name=title, digest=digest_of(secret), beginning=secret[:BEGINNING], made_at=at, made_by=by.name,
        expires_at=at + timedelta(days=days),
    )
    history.record(
        verb="key.made", subject=f"user:{user_id}", at=at, by=by,
        new={"name": title, "expires_at": key.expires_at.isoformat()},
    )
    return secret


def use_key(*, key: str, at: datetime, by: Actor) -> Actor | None:
    """Whoever this key acts for; None where it is unknown, expired or revoked, or its user has left. When it was last
    used is written down, now and then."""
    found = (
        ApiKey.objects.select_related("user")
        .filter(digest=digest_of(key), expires_at__gt=at, user__is_active=True)
        .first()
    )
    if found is None:
        return None
    if found.last_used_at is None or at - found.last_used_at >= USE_WRITTEN_EVERY:
        ApiKey.objects.filter(pk=found.pk).update(last_used_at=at)
    return found.user.as_actor(via=f"api key {found.name}")


@transaction.atomic
def revoke_key(*, user_id: int, key_id: int, at: datetime, by: Actor) -> None:
    """Let a key of somebody whose rights one could have given act no more, from now on."""
    User.objects.pick_to_change(by, Permission.ACCESS_MANAGE, user_id)
    refuse_unmanaged(user_id, by=by)
    key = ApiKey.objects.select_for_update().filter(user=user_id, pk=key_id).first()
    if key is None:
        raise NotFound
    if key.expires_at > at:
        key.expires_at = key.revoked_at = at
        key.save(update_fields=["expires_at", "revoked_at"])
        history.record(verb="key.revoked", subject=f"user:{user_id}", old={"name": key.name}, new={}, at=at, by=by)


def spend_code(*, user_id: int, code: str, by: Actor) -> bool:
    """Whether this one-time code of theirs has not been used before; it has been now.

    allauth remembers a code for 30 seconds only, while it takes one for 90.
    """
    return cache.add(f"code:{user_id}:{digest_of(code)}", True, ONE_TIME_CODE_LIVES)
