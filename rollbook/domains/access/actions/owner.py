from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actions.grants import Wanted, keep_grant, told
from rollbook.domains.access.actions.users import make_user, refusing_taken_logins
from rollbook.domains.access.actor import Actor, Permission, Reach
from rollbook.domains.access.models import Grant, Role
from rollbook.domains.history import actions as history
from rollbook.foundation.errors import Refused


class OwnedAlready(Refused):
    sentence = gettext_lazy("There is an owner already. Owners invite others in the settings.")


@transaction.atomic
def add_first_owner(*, username: str, email: str, name: str, language: str, at: datetime, by: Actor) -> int:
    """The first user of an installation, who owns all; without a password, they come in by a link. OwnedAlready where
    somebody active owns it. Its default roles are there since it was founded."""
    by.must_everywhere(Permission.ACCESS_MANAGE)
    role = Role.objects.select_for_update().get(code=Role.OWNER)
    if Grant.objects.filter(role=role, reach=Reach.EVERYTHING, user__is_active=True).exists():
        raise OwnedAlready
    user = make_user(username=username, email=email, name=name, language=language)
    user.set_unusable_password()
    with refusing_taken_logins():
        user.save()
    wanted = Wanted(role.pk, Reach.EVERYTHING)
    grant = keep_grant(user, role, wanted)
    history.record(
        verb="user.joined", subject=f"user:{user.pk}", at=at, by=by,
        new={"name": user.name, "email": user.email, **told(grant, wanted)},
    )
    return user.pk
