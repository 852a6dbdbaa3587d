"""The page of one cell, which is the side panel as well, and all that is done with it."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from rollbook.domains.journal.actions import LessonFull, StaleMark, Withdrawn
from rollbook.domains.journal.models import Status
from rollbook.foundation import formats
from rollbook.foundation.errors import Refused
from rollbook.screens import cell
from rollbook.web.editing import take
from rollbook.web.forms import Confirm, DayField, Form, NameField, VersionField, WholeField
from rollbook.web.history import told
from rollbook.web.journal.cells import Words, choices, in_words
from rollbook.web.pages import language, see_other, show, tell, toast
from rollbook.workflows import charge_decided, lesson_marked, make_up_booked, make_up_by_hand

LARGEST_ID = 2**63 - 1
CHARGED: Mapping[str, bool | None] = {"": None, "yes": True, "no": False}


class MarkForm(Form):
    status = forms.ChoiceField(choices=[("", ""), *Status.choices], required=False)
    minutes_late = WholeField(label=_("Late by, minutes"), largest=600, required=False)
    version = VersionField()


class BookForm(Form):
    lesson = WholeField(smallest=1, largest=LARGEST_ID, widget=forms.HiddenInput())
    over_capacity = Confirm(after=LessonFull, label=_("Add one over the number of places"))


class ByHandForm(Form):
    on = DayField(label=_("Date"))
    note = NameField(label=_("How it was worked off"), max_length=200)
    version = VersionField()


class ChargeForm(Form):
    charged = forms.ChoiceField(choices=[(value, "") for value in CHARGED], required=False)
    version = VersionField()


@require_GET
def page(request: HttpRequest, lesson_id: int, client_id: int) -> HttpResponse:
    return _show(request, cell.page(lesson_id=lesson_id, client_id=client_id, at=timezone.now(), by=request.actor))


@require_POST
def mark(request: HttpRequest, lesson_id: int, client_id: int) -> HttpResponse:
    form = MarkForm(request.POST, by=request.actor)

    def here() -> cell.Page:
        return cell.page(lesson_id=lesson_id, client_id=client_id, at=timezone.now(), by=request.actor)

    def act() -> str:
        said = form.cleaned_data
        try:
            done = lesson_marked.mark(
                lesson_id=lesson_id, marks={client_id: Status(said["status"]) if said["status"] else None},
                seen={} if said["version"] is None else {client_id: said["version"]},
                minutes_late={client_id: said["minutes_late"] or 0}, at=timezone.now(), by=request.actor,
            )
        except StaleMark as stale:
            raise StaleMark(str(stale), [in_words(pair) for pair in stale.values]) from stale
        return withdrawn(done.withdrawn)

    return _take(request, form, act, here)


@require_POST
def book(request: HttpRequest, mark_id: int) -> HttpResponse:
    """Expect the client at another lesson, to work this one off there."""
    form = BookForm(request.POST, by=request.actor)

    def act() -> str:
        make_up_booked.book(
            miss_id=mark_id, lesson_id=form.cleaned_data["lesson"], over_capacity=form.cleaned_data["over_capacity"],
            at=timezone.now(), by=request.actor,
        )
        return gettext("The visit is booked.")

    return _take(request, form, act, _of(request, mark_id))


@require_POST
def unbook(request: HttpRequest, mark_id: int) -> HttpResponse:
    def act() -> str:
        make_up_booked.take_back(miss_id=mark_id, at=timezone.now(), by=request.actor)
        return gettext("The booking is taken back.")

    return _take(request, Form(request.POST), act, _of(request, mark_id))


@require_POST
def by_hand(request: HttpRequest, mark_id: int) -> HttpResponse:
    """It was worked off without a visit."""
    form = ByHandForm(request.POST, by=request.actor)

    def act() -> str:
        said = form.cleaned_data
        make_up_by_hand.work_off(
            mark_id=mark_id, on=said["on"], note=said["note"], seen=said["version"], at=timezone.now(),
            by=request.actor,
        )
        return ""

    return _take(request, form, act, _of(request, mark_id))


@require_POST
def by_hand_undo(request: HttpRequest, mark_id: int) -> HttpResponse:
    def act() -> str:
        make_up_by_hand.undo(mark_id=mark_id, at=timezone.now(), by=request.actor)
        return ""

    return _take(request, Form(request.POST), act, _of(request, mark_id))


@require_POST
def charge(request: HttpRequest, mark_id: int) -> HttpResponse:
    """Charged or not, whatever the tariff says; empty: as it says."""
    form = ChargeForm(request.POST, by=request.actor)

    def act() -> str:
        charge_decided.decide(
            mark_id=mark_id, charged=CHARGED[form.cleaned_data["charged"]], seen=form.cleaned_data["version"],
            at=timezone.now(), by=request.actor,
        )
        return ""

    return _take(request, form, act, _of(request, mark_id))


def withdrawn(visits: tuple[Withdrawn, ...]) -> str:
    """What went with a right, as a sentence; empty where nothing did."""
    if not visits:
        return ""
    places = [
        ", ".join(filter(None, [visit.group, formats.day_month(visit.day, language=language())])) for visit in visits
    ]
    return gettext("Booked visits were taken away with it: {places}.").format(places="; ".join(places))


def _of(request: HttpRequest, mark_id: int) -> Callable[[], cell.Page]:
    return lambda: cell.of_mark(mark_id=mark_id, at=timezone.now(), by=request.actor)


def _take(
    request: HttpRequest, form: Form, act: Callable[[], str], here: Callable[[], cell.Page]
) -> HttpResponse:
    """Do it, and show how the cell stands now; or the page again with what is wrong."""

    def done() -> HttpResponse:
        said, now = act(), here()
        if not request.htmx:
            return see_other("cell", now.lesson_id, now.client_id)
        answer = tell(_show(request, now), "ledger-changed")
        return toast(answer, said) if said else answer

    def again(status: int, refusal: Refused | None) -> HttpResponse:
        return _show(request, here(), status=status, refusal=refusal, form=form)

    return take(form, done, again)


def _show(
    request: HttpRequest, shown: cell.Page, *, status: int = 200, refusal: Refused | None = None,
    form: Form | None = None,
) -> HttpResponse:
    seen = {"version": shown.square.cell.version}
    forms_of: dict[str, Any] = {
        "marking": MarkForm(by=request.actor, initial=seen | {"minutes_late": shown.square.cell.minutes_late or ""}),
        "hand": ByHandForm(by=request.actor, initial=seen | {"on": min(shown.today, _last_day(shown))}),
        "booking": BookForm(by=request.actor),
    }
    names = {MarkForm: "marking", ByHandForm: "hand", BookForm: "booking"}
    if form is not None and type(form) in names:
        forms_of[names[type(form)]] = form
    return show(
        request, "journal/cell.html", block="cell", status=status, page=shown, refusal=refusal, words=Words(),
        choices=choices(), told=told, is_full=isinstance(refusal, LessonFull), **forms_of,
    )


def _last_day(shown: cell.Page) -> Any:
    return shown.square.cell.make_up_until or shown.today
