"""Letters about accounts: asked for by a page, written here, so that no page waits for a mail server."""

from django.conf import settings
from django.urls import reverse
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from rollbook.domains.access import actions as access
from rollbook.domains.access.actor import operator

AGAIN = RetryStrategy(max_attempts=5, exponential_wait=5)


@app.task(name="access.reset", retry=AGAIN)
def reset(*, email: str) -> None:
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "0", "key": "0"})
    link = settings.PUBLIC_URL + path.replace("0-0", "{key}")
    access.send_reset(email=email, link=link, by=operator("", via="job"))


@app.task(name="access.notice", retry=AGAIN)
def notice(*, kind: str, email: str, language: str, where: str = "") -> None:
    access.send_notice(kind=kind, email=email, language=language, where=where, by=operator("", via="job"))
