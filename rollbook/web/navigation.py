"""What the rail leads to, and what opens in the side panel of any page."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Permission


@dataclass(frozen=True, slots=True)
class Entry:
    """A way to an area; without `permissions` everybody who is signed in sees it, else whoever holds one of them."""

    name: str
    label: str | Promise
    icon: str
    permissions: tuple[Permission, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    address: str
    icon: str
    current: bool
    count: int = 0
    """What waits behind it."""


ENTRIES = (
    Entry("groups", _("Groups"), icon="notebook", permissions=(Permission.JOURNAL_SEE,)),
    Entry("clients", _("Clients"), icon="users", permissions=(Permission.CLIENT_SEE,)),
    Entry("announced", _("Announced payments"), icon="cash", permissions=(Permission.PAYMENT_CONFIRM,)),
    Entry("renewals", _("Renewals"), icon="repeat", permissions=(Permission.SUBSCRIPTION_SELL,)),
    Entry(
        "settings",
        _("Settings"),
        icon="settings",
        permissions=(
            Permission.SETTINGS_EDIT,
            Permission.STAFF_SEE,
            Permission.ACCESS_MANAGE,
            Permission.TARIFF_EDIT,
            Permission.MONTH_CLOSE,
        ),
    ),
)

# The key in an address (?client=12, ?cell=12-34) and the page whose block it shows, with 0 where each id belongs.
PANELS = {
    "client": "/clients/0/",
    "freezes": "/clients/0/freezes/",
    "discounts": "/clients/0/discounts/",
    "entries": "/clients/0/entries/",
    "family": "/families/0/",
    "statement": "/clients/0/statement/",
    "ask": "/clients/0/requests/new/",
    "request": "/requests/0/",
    "receipt": "/payments/0/receipt/",
    "enrolment": "/enrolments/0/",
    "sale": "/clients/0/subscriptions/new/",
    "subscription": "/subscriptions/0/",
    "lesson": "/lessons/0/",
    "cell": "/lessons/0/clients/0/",
    "comments": "/groups/0/comments/",
    "client-comments": "/clients/0/comments/",
    "lesson-comments": "/lessons/0/comments/",
    "cell-comments": "/lessons/0/clients/0/comments/",
}


def of(request: HttpRequest) -> tuple[Link, ...]:
    """The links of whoever asks; a stranger has none."""
    if not request.user.is_authenticated:
        return ()
    return tuple(_link(entry, request) for entry in ENTRIES if _is_for(entry, request))


def _is_for(entry: Entry, request: HttpRequest) -> bool:
    return not entry.permissions or any(map(request.actor.may, entry.permissions))


def _link(entry: Entry, request: HttpRequest) -> Link:
    address = reverse(entry.name)
    return Link(str(entry.label), address, entry.icon, current=request.path.startswith(address))


def panels() -> dict[str, str]:
    """The addresses of what a panel shows."""
    return PANELS
