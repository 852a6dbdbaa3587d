from collections.abc import Collection
from datetime import datetime

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.comments.models import Mention


def see_mentions(*, comment_ids: Collection[int], at: datetime, by: Actor) -> None:
    """Whoever is called has looked at these comments: what in them calls this person is new no more."""
    by.must(Permission.COMMENT_SEE)
    if by.user_id:
        Mention.objects.filter(user=by.user_id, comment__in=comment_ids, seen_at=None).update(seen_at=at)
