from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actions.grants import refuse_last_owner, refuse_unmanaged
from rollbook.domains.access.actions.letters import order_notice
from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Session, User
from rollbook.domains.access.rules import is_login
from rollbook.domains.history import actions as history
from rollbook.foundation.errors import InvalidInput, NotSignedIn, Refused
from rollbook.foundation.texts import clean_line
from rollbook.foundation.versions import alter


class HasLeft(Refused):
    sentence = gettext_lazy("This employee has left. Say among the employees that they are back first.")


@transaction.atomic
def change_name(*, name: str, at: datetime, by: Actor) -> None:
    """Change how one is called oneself."""
    user = _oneself(by)
    if difference := alter(user, {"name": refuse_empty_name(name)}, seen=None):
        user.save(update_fields=[*difference.new, "version"])
        history.record(
            verb="user.changed", subject=f"user:{user.pk}", old=difference.old, new=difference.new, at=at, by=by
        )


@transaction.atomic
def change_login(*, username: str, email: str, seen: int | None, at: datetime, by: Actor) -> None:
    """Change by what one signs in. Only oneself, lately asked for the password again; the old address is told."""
    user = _oneself(by)
    former = user.email
    # One that was taken when other letters were still allowed may stay.
    login = user.username if clean_line(username) == user.username else refuse_odd_login(username)
    wanted = {"username": login, "email": refuse_odd_email(email)}
    if difference := alter(user, wanted, seen=seen):
        with refusing_taken_logins():
            user.save(update_fields=[*difference.new, "version"])
        history.record(
            verb="user.login_changed", subject=f"user:{user.pk}", old=difference.old, new=difference.new, at=at, by=by
        )
        if former and former != user.email:
            order_notice(kind="email_changed", email=former, language=user.language, by=by)


@transaction.atomic
def disable_user(*, user_id: int, at: datetime, by: Actor) -> None:
    """Let a user in no more: whatever they have open ends now, their keys and links with it. What they hold stays, for
    the day they come back. Only by whoever could have given all that they hold; never the last owner."""
    user = User.objects.pick_to_change(by, Permission.ACCESS_MANAGE, user_id)
    refuse_unmanaged(user_id, by=by)
    if not user.is_active:
        return
    refuse_last_owner(without_user=user_id)
    user.is_active = False
    user.save(update_fields=["is_active"])
    Session.objects.filter(user=user).delete()
    user.api_keys.filter(expires_at__gt=at).update(expires_at=at, revoked_at=at)
    user.sign_in_links.filter(used_at=None).update(used_at=at)
    history.record(verb="user.disabled", subject=f"user:{user_id}", new={"is_active": False}, at=at, by=by)


@transaction.atomic
def enable_user(*, user_id: int, at: datetime, by: Actor) -> None:
    """Let a user in again, with all that they hold; HasLeft where they are an employee who works here no more."""
    user = User.objects.pick_to_change(by, Permission.ACCESS_MANAGE, user_id)
    refuse_unmanaged(user_id, by=by)
    if User.objects.filter(pk=user_id, employee__left_on__isnull=False).exists():
        raise HasLeft
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        history.record(verb="user.enabled", subject=f"user:{user_id}", new={"is_active": True}, at=at, by=by)


def make_user(*, username: str, email: str, name: str, language: str) -> User:
    """A user without a password and without any right, not yet kept."""
    return User(
        username=refuse_odd_login(username), email=refuse_odd_email(email), name=refuse_empty_name(name),
        language=language,
    )


@contextmanager
def refusing_taken_logins() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
        if "username" in name:
            raise InvalidInput({"username": _("Somebody has this login already.")}) from error
        if "email" in name:
            raise InvalidInput({"email": _("Somebody has this e-mail already.")}) from error
        raise


def refuse_empty_name(name: str) -> str:
    cleaned = clean_line(name)
    if not 0 < len(cleaned) <= 150:
        raise InvalidInput({"name": _("A name has 1 to 150 characters.")})
    return cleaned


def refuse_odd_login(username: str) -> str:
    cleaned = clean_line(username)
    if not is_login(cleaned):
        raise InvalidInput({
            "username": _("A login is made of Latin letters, digits and . + - _, without blanks and @.")
        })
    return cleaned


def refuse_odd_email(email: str) -> str:
    cleaned = clean_line(email).lower()
    try:
        if cleaned:
            validate_email(cleaned)
    except ValidationError as error:
        raise InvalidInput({"email": _("This is no e-mail address.")}) from error
    return cleaned


def _oneself(by: Actor) -> User:
    if by.user_id is None:
        raise NotSignedIn
    return User.objects.select_for_update().get(pk=by.user_id)
