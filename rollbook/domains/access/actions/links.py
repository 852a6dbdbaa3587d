from datetime import datetime, timedelta
from secrets import token_urlsafe

from django.db import transaction
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actions.grants import refuse_unmanaged
from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import SignInLink, User
from rollbook.domains.access.rules import digest_of
from rollbook.domains.history import actions as history
from rollbook.foundation.errors import NotFound

LIVES = timedelta(hours=1)


class DeadLink(NotFound):
    sentence = gettext_lazy("This link has been used, has expired or was taken back. Ask for a new one.")


@transaction.atomic
def make_link(*, user_id: int, at: datetime, by: Actor) -> str:
    """The secret of a link that signs this user in, once and within an hour; only its digest is kept."""
    by.must_everywhere(Permission.ACCESS_MANAGE)
    user = User.objects.pick_to_change(by, Permission.ACCESS_MANAGE, user_id)
    refuse_unmanaged(user_id, by=by)
    secret = token_urlsafe(32)
    SignInLink.objects.create(user=user, digest=digest_of(secret), expires_at=at + LIVES)
    history.record(verb="user.link_made", subject=f"user:{user_id}", new={}, at=at, by=by)
    return secret


@transaction.atomic
def use_link(*, secret: str, at: datetime, by: Actor) -> int:
    """Whom this link signs in; DeadLink where it was used, has expired, or its user may not come in."""
    link = (
        SignInLink.objects.select_for_update(of=("self",))
        .filter(digest=digest_of(secret), used_at=None, expires_at__gt=at, user__is_active=True)
        .first()
    )
    if link is None:
        raise DeadLink
    link.used_at = at
    link.save(update_fields=["used_at"])
    return link.user_id
