"""What every answer tells a browser, whichever process gives it: pages, files, refusals, the event stream."""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Respond = Callable[[HttpRequest], HttpResponse]

# What a page could ask a browser for, and none of ours does. Passkeys and copying are left to our own pages.
_REFUSED = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
    "gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock", "serial",
    "usb", "xr-spatial-tracking",
)  # fmt: skip
_OURS = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")
POWERS = ", ".join([*(f"{name}=()" for name in _REFUSED), *(f"{name}=(self)" for name in _OURS)])


def always() -> Mapping[str, str]:
    """The headers, by name. The policy of contents is not among them: a page has one, and a stream another."""
    told = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": POWERS,
        "X-Robots-Tag": "noindex, nofollow",
        # Pages are about people: after signing out, the button "back" finds none. Static files say otherwise.
        "Cache-Control": "no-store",
    }
    if settings.SECURE_HSTS_SECONDS:
        told["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
    return told


class HeadersMiddleware:
    """Stands outermost, so that what another one refuses has them as well; what an answer says itself stays."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.respond(request)
        for name, value in always().items():
            response.headers.setdefault(name, value)
        return response
