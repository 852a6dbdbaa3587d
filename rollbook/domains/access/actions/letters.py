"""Letters about one's own account. They are written by a job, so that no page waits for a mail server."""

from django.core.mail import send_mail
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actor import Actor
from rollbook.foundation.queue import later

# Told to the person whose account it is, whoever did it.
NOTICES: dict[str, Promise] = {
    "password_set": gettext_lazy("Your password was changed."),
    "email_changed": gettext_lazy("The e-mail of your account was changed; this address does not open it any more."),
    "factor_added": gettext_lazy("A way to confirm your sign-in was added."),
    "factor_removed": gettext_lazy("A way to confirm your sign-in was removed."),
    "new_device": gettext_lazy("Somebody signed in to your account on a device that was not used for it before."),
    "codes_made": gettext_lazy("New recovery codes were made; the old ones do not work any more."),
}


def order_reset(*, email: str, by: Actor) -> None:
    """Have a letter written to whoever has this address, if anybody has."""
    later("access.reset", email=email)


def order_notice(*, kind: str, email: str, language: str, where: str = "", by: Actor) -> None:
    """Have them told. `where` is the browser it was done with, and its address."""
    later("access.notice", kind=kind, email=email, language=language, where=where)


def send_notice(*, kind: str, email: str, language: str, where: str = "", by: Actor) -> None:
    with translation.override(language):
        what = "\n\n".join(filter(None, [str(NOTICES[kind]), where]))
        text = _("{what}\n\nIf it was not you, set a new password at once and tell whoever manages access.")
        send_mail(_("Your account in Rollbook"), text.format(what=what), None, [email])
