from collections.abc import Mapping
from datetime import datetime, timedelta
from secrets import token_urlsafe

from django.db import transaction
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actions.grants import Wanted, keep_grant, to_give, told
from rollbook.domains.access.actions.links import DeadLink
from rollbook.domains.access.actions.passwords import refuse_weak
from rollbook.domains.access.actions.users import (
    make_user,
    refuse_empty_name,
    refuse_odd_email,
    refusing_taken_logins,
)
from rollbook.domains.access.actor import Actor, Permission, Reach, operator
from rollbook.domains.access.models import Invitation
from rollbook.domains.access.rules import digest_of
from rollbook.domains.history import actions as history
from rollbook.foundation.errors import Declined, NotFound, Refused

LIVES = timedelta(days=7)


class InvitationAccepted(Refused):
    sentence = gettext_lazy("This invitation has been accepted already. Disable the user instead.")


@transaction.atomic
def invite(
    *, name: str, email: str, wanted: Wanted, employee_id: int | None, own_in: frozenset[int], at: datetime, by: Actor
) -> str:
    """The secret of a link by which a person makes a sign-in of their own and gets this role; told now and never
    again, for only its digest is kept.

    `own_in` are the branches where the employee works whose sign-in it will be; none without an employee. They are
    told by the workflow that picked the employee, for access stands below people.
    """
    to_give(wanted, own_in=own_in, by=by)
    secret = token_urlsafe(32)
    invitation = Invitation.objects.create(
        name=refuse_empty_name(name), email=refuse_odd_email(email), digest=digest_of(secret),
        grant=_kept(wanted), employee_key=employee_id, invited_by_id=by.user_id, invited_at=at, expires_at=at + LIVES,
    )
    history.record(
        verb="user.invited", subject=f"invitation:{invitation.pk}", at=at, by=by,
        new={"name": invitation.name, "email": invitation.email, **invitation.grant},
    )
    return secret


@transaction.atomic
def revoke_invitation(*, invitation_id: int, at: datetime, by: Actor) -> None:
    """Take an invitation back: one's own, or anybody's where one manages all access. A used one stays used."""
    grants = by.holding(Permission.ACCESS_MANAGE)
    invitation = Invitation.objects.select_for_update(of=("self",)).filter(pk=invitation_id).first()
    everywhere = any(grant.reach == Reach.EVERYTHING for grant in grants)
    if invitation is None or not (everywhere or (grants and invitation.invited_by_id == by.user_id)):
        raise NotFound
    if invitation.accepted_at is not None:
        raise InvitationAccepted
    if invitation.revoked_at is None:
        invitation.revoked_at = at
        invitation.save(update_fields=["revoked_at"])
        history.record(verb="invitation.revoked", subject=f"invitation:{invitation_id}", new={}, at=at, by=by)


@transaction.atomic
def accept_invitation(
    *,
    secret: str,
    name: str,
    username: str,
    email: str,
    password: str,
    language: str,
    groups: Mapping[int, int],
    own_in: frozenset[int],
    at: datetime,
    by: Actor,
) -> int:
    """Make the invited person's sign-in, and give it what was promised; the link works once.

    DeadLink where it was used, taken back or has expired, and where whoever invited could not give this role today.
    `groups` (with their branches) and `own_in` are as they are today. `by` is whoever holds the link, a stranger.
    """
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("invited_by")
        .filter(digest=digest_of(secret), accepted_at=None, revoked_at=None, expires_at__gt=at)
        .first()
    )
    if invitation is None:
        raise DeadLink
    wanted = _promised(invitation, groups)
    inviter = invitation.invited_by.as_actor(via="web") if invitation.invited_by else operator("")
    try:
        role = to_give(wanted, own_in=own_in, by=inviter)
    except Declined as error:
        raise DeadLink from error
    user = make_user(username=username, email=email, name=name, language=language)
    refuse_weak(password, user)
    user.set_password(password)
    with refusing_taken_logins():
        user.save()
    grant = keep_grant(user, role, wanted)
    invitation.accepted_at, invitation.accepted_by = at, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    history.record(
        verb="user.joined", subject=f"user:{user.pk}", at=at, by=Actor(user.pk, user.name, "invitation"),
        new={"name": user.name, "email": user.email, **told(grant, wanted)},
    )
    return user.pk


def _kept(wanted: Wanted) -> dict[str, object]:
    return {
        "role": wanted.role_id, "reach": wanted.reach.value,
        "branches": sorted(wanted.branch_ids), "groups": sorted(wanted.groups),
    }


def _promised(invitation: Invitation, groups: Mapping[int, int]) -> Wanted:
    kept = invitation.grant
    promised = {group: branch for group, branch in groups.items() if group in kept["groups"]}
    return Wanted(kept["role"], Reach(kept["reach"]), tuple(kept["branches"]), promised)
