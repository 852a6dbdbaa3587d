from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.utils import translation
from django.utils.http import int_to_base36
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor
from rollbook.domains.access.models import Session, User
from rollbook.domains.access.queries import user_of_login
from rollbook.domains.access.rules import LONGEST_PASSWORD
from rollbook.domains.history import actions as history
from rollbook.foundation.errors import InvalidInput, NotAllowed


class ResetTokens(PasswordResetTokenGenerator):
    """For one hour, and only until the person signs in, changes password or e-mail, or is disabled."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.is_active}"


@transaction.atomic
def set_password(*, user_id: int, password: str, at: datetime, by: Actor) -> None:
    """Give oneself another password. All other sessions end with it, for they know the old one, and links that would
    sign one in; API keys, which know none, stay."""
    if by.user_id != user_id:
        raise NotAllowed
    user = User.objects.select_for_update().get(pk=user_id)
    refuse_weak(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    Session.objects.filter(user=user).delete()  # the one that asks for it is kept by making it anew
    user.sign_in_links.filter(used_at=None).update(used_at=at)
    history.record(verb="user.password_set", subject=f"user:{user_id}", new={}, at=at, by=by)


def send_reset(*, email: str, link: str, by: Actor) -> None:
    """Write to whoever has this address how to set a new password; to an unknown one nothing is written.

    `link` is the address of the page, with {key} where the key belongs. A job calls this, so that whoever asked
    cannot tell from the time of the answer whether there is such a person.
    """
    user = user_of_login(login=email)
    if user is None or not user.is_active:
        return
    key = f"{int_to_base36(user.pk)}-{ResetTokens().make_token(user)}"
    with translation.override(user.language):
        text = _(
            "Hello {name},\n\nsomebody asked to set a new password for {login}. If it was you, open this page within"
            " an hour:\n\n{link}\n\nIf not, do nothing: your password stays as it is."
        )
        send_mail(
            _("A new password for Rollbook"),
            text.format(name=user.name, login=user.username, link=link.format(key=key)),
            None,
            [user.email],
        )


def refuse_weak(password: str, user: User) -> None:
    if len(password.encode()) > LONGEST_PASSWORD:
        raise InvalidInput({"password": _("This password is too long.")})
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput({"password": " ".join(error.messages)}) from error
