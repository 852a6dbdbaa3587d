"""Tries to sign in that were in vain, by whatever they were made."""

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.core import context
from allauth.core.internal import ratelimit
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from rollbook.domains.access import actions as access
from rollbook.domains.access.actor import ANONYMOUS
from rollbook.web.account.devices import visit

TOO_OFTEN = "too_many_login_attempts"


def note_vain(request: HttpRequest, user: AbstractBaseUser | None, *, too_often: bool = False) -> None:
    """Write down that somebody tried to come in as this person, or as nobody we know.

    What is written down stays for ever: of tries that were refused unread, only so many a minute are, from one address,
    or a program could fill the disk with them.
    """
    if too_often and not ratelimit.consume(request, app="allauth.account", action="refused_from_address"):
        return
    access.note_failed_sign_in(user_id=user and user.pk, visit=visit(request), at=timezone.now(), by=ANONYMOUS)


@contextmanager
def noting_vain(user: AbstractBaseUser | None) -> Iterator[None]:
    """Whatever is refused in here was such a try."""
    try:
        yield
    except ValidationError as error:
        note_vain(context.request, user, too_often=error.code == TOO_OFTEN)
        raise
