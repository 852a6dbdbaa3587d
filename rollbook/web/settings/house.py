"""The state of the house, and two buttons: examine it, back it up."""

import re
from collections.abc import Iterable, Mapping

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from rollbook.operations import house
from rollbook.operations.doctor import PROMISES
from rollbook.operations.doctor.lacking import SENTENCES
from rollbook.screens.settings import state as screen
from rollbook.screens.settings.state import Failure
from rollbook.web.history import told
from rollbook.web.pages import see_other, show
from rollbook.web.settings.contents import contents

PROMISED = {promise.name: promise.sentence for promise in PROMISES}
# What the doctor names ("client:7") in words, and the pages of what has one.
WORDS = {
    "client": _("client"), "entry": _("entry of the ledger"), "employee": _("employee"), "grant": _("role given"),
    "group": _("group"), "lesson": _("lesson"), "mark": _("mark"), "payment": _("payment"),
}  # fmt: skip
PAGES = {"client": "client", "group": "group", "lesson": "lesson"}
NAMED = re.compile(rf"({'|'.join(WORDS)}):(\d+)", re.ASCII)


@require_GET
def state(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    return show(
        request, "settings/house.html", block="state", state=screen.state(at=now, by=request.actor),
        due=any(house.is_due(what, at=now, by=request.actor) for what in house.NIGHTLY),
        next_night=house.next_night(at=now),
        promised=_promised, named=_named, lacking=_lacking, why=_why, told=told,
        contents=contents(request, current="settings-house"),
    )  # fmt: skip


@require_POST
def examination(request: HttpRequest) -> HttpResponse:
    house.order_examination(by=request.actor)
    return see_other("settings-house")


@require_POST
def backup(request: HttpRequest) -> HttpResponse:
    house.order_backup(by=request.actor)
    return see_other("settings-house")


def _promised(name: str) -> str:
    """One that is no promise any more is told by its name."""
    return gettext(PROMISED[name]) if name in PROMISED else name


def _named(rows: Iterable[str]) -> list[list[tuple[str, str]]]:
    """Of each row its words, and the address of those that have a page."""
    return [_linked(row) for row in rows]


def _linked(row: str) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    end = 0
    for match in NAMED.finditer(row):
        kind, number = match[1], int(match[2])
        address = reverse(PAGES[kind], args=[number]) if kind in PAGES else ""
        parts += [(row[end : match.start()], ""), (f"{WORDS[kind]} {number}", address)]
        end = match.end()
    return [part for part in (*parts, (row[end:], "")) if part[0]]


def _lacking(lacks: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [gettext(SENTENCES[name]).format(**details) for name, details in lacks.items() if name in SENTENCES]


def _why(failure: Failure) -> str:
    return gettext(failure.why).format(**failure.details)
