"""What a person may choose for themselves: language and theme. A stranger's choice lies in a cookie."""

from django.conf import settings
from django.http import HttpRequest

THEMES = ("", "light", "dark")
THEME_COOKIE = f"{settings.COOKIE_PREFIX}theme"


def languages() -> list[tuple[str, str]]:
    return list(settings.LANGUAGES)


def live_url() -> str:
    return str(settings.LIVE_URL)


def theme(request: HttpRequest) -> str:
    """light, dark or, empty, as the system has it."""
    chosen = request.user.theme if request.user.is_authenticated else request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""
