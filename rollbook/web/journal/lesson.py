"""The page of a lesson, and what its head offers: each act is a fold of it, open where it is asked for or refused."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rollbook.domains.access.actor import Permission
from rollbook.domains.schedule import actions as schedule
from rollbook.foundation.errors import NotAllowed, Refused
from rollbook.foundation.texts import clean_line
from rollbook.screens import lesson
from rollbook.screens.lesson import Page
from rollbook.web.editing import take
from rollbook.web.forms import Form
from rollbook.web.history import told
from rollbook.web.journal.cell import withdrawn
from rollbook.web.journal.cells import Words, choices
from rollbook.web.journal.forms import MarksForm
from rollbook.web.journal.lesson_forms import (
    CancellationForm,
    DetailsForm,
    GuestForm,
    MoveForm,
    NewGuestForm,
    SubstitutionForm,
)
from rollbook.web.pages import see_other, show, tell, toast
from rollbook.workflows import guest_booked, lesson_cancelled, lesson_held, lesson_moved, teacher_substituted

BLOCK = "lesson"
"""What a form of this page names as its target: it is answered by the page, not by cells of the journal."""


@require_GET
def page(request: HttpRequest, lesson_id: int) -> HttpResponse:
    return shown(request, lesson_id)


@require_POST
def holding(request: HttpRequest, lesson_id: int) -> HttpResponse:
    lesson_held.hold(lesson_id=lesson_id, at=timezone.now(), by=request.actor)
    return done(request, lesson_id, _("The lesson took place."))


@require_POST
def holding_undo(request: HttpRequest, lesson_id: int) -> HttpResponse:
    lesson_held.undo(lesson_id=lesson_id, at=timezone.now(), by=request.actor)
    return done(request, lesson_id, _("The lesson is open again."))


@require_POST
def details(request: HttpRequest, lesson_id: int) -> HttpResponse:
    of = _asked(request, lesson_id)
    if not of.may_describe:
        raise NotAllowed
    form = DetailsForm(request.POST, page=of, by=request.actor)

    def describe() -> HttpResponse:
        told = form.cleaned_data
        schedule.describe_lesson(
            lesson_id=lesson_id, topic=told["topic"], note=told["note"], seen=told["version"], at=timezone.now(),
            by=request.actor,
        )
        return done(request, lesson_id, _("Written down."))

    return _take(request, lesson_id, "details", form, describe)


@require_POST
def substitution(request: HttpRequest, lesson_id: int) -> HttpResponse:
    of = _asked(request, lesson_id, under=Permission.LESSON_EDIT)
    form = SubstitutionForm(request.POST, page=of, by=request.actor)

    def substitute() -> HttpResponse:
        teacher_substituted.substitute(
            lesson_id=lesson_id, teacher_ids=form.teacher_ids, as_joint=form.is_joint,
            seen=form.cleaned_data["version"], at=timezone.now(), by=request.actor,
        )
        return done(request, lesson_id, _("The lesson has another teacher."))

    return _take(request, lesson_id, "substitute", form, substitute)


@require_POST
def move(request: HttpRequest, lesson_id: int) -> HttpResponse:
    of = _asked(request, lesson_id, under=Permission.LESSON_EDIT)
    form = MoveForm(request.POST, page=of, by=request.actor)

    def move() -> HttpResponse:
        told = form.cleaned_data
        lesson_moved.move(
            lesson_id=lesson_id, day=told["day"], starts=told["starts"], minutes=told["minutes"],
            room_id=told["room_id"], as_joint=form.is_joint, all_the_same=told["all_the_same"], seen=told["version"],
            at=timezone.now(), by=request.actor,
        )
        return done(request, lesson_id, _("The lesson is moved."))

    return _take(request, lesson_id, "move", form, move)


@require_POST
def cancellation(request: HttpRequest, lesson_id: int) -> HttpResponse:
    of = _asked(request, lesson_id, under=Permission.LESSON_EDIT)
    form = CancellationForm(request.POST, page=of, by=request.actor)

    def cancel() -> HttpResponse:
        lesson_cancelled.cancel(lesson_id=lesson_id, **form.cleaned_data, at=timezone.now(), by=request.actor)
        return done(request, lesson_id, _("The lesson is cancelled."))

    return _take(request, lesson_id, "cancel", form, cancel)


@require_POST
def cancellation_undo(request: HttpRequest, lesson_id: int) -> HttpResponse:
    gone = lesson_cancelled.restore(lesson_id=lesson_id, at=timezone.now(), by=request.actor)
    return done(request, lesson_id, " ".join(filter(None, [_("The lesson is restored."), withdrawn(gone)])))


@require_POST
def guests(request: HttpRequest, lesson_id: int) -> HttpResponse:
    """A guest comes: a client who is here already, or a new one."""
    of = _asked(request, lesson_id, under=Permission.VISIT_BOOK)
    form: GuestForm | NewGuestForm
    if "client" in request.POST:
        form = GuestForm(request.POST, page=of, by=request.actor)
    elif of.may_add:
        form = NewGuestForm(request.POST, page=of, by=request.actor)
    else:
        raise NotAllowed

    def book() -> HttpResponse:
        asked = {"lesson_id": lesson_id, **form.visit, "at": timezone.now(), "by": request.actor}
        if isinstance(form, NewGuestForm):
            guest_booked.book_new(client=form.client, contacts=[form.contact], **asked)
        else:
            guest_booked.book(client_id=form.cleaned_data["client"], **asked)
        return done(request, lesson_id, _("The guest is expected."))

    return _take(request, lesson_id, "guests", form, book)


@require_POST
def guest_undo(request: HttpRequest, lesson_id: int, guest_id: int) -> HttpResponse:
    guest_booked.withdraw(lesson_id=lesson_id, client_id=guest_id, at=timezone.now(), by=request.actor)
    return done(request, lesson_id, _("The guest is expected no more."))


def shown(
    request: HttpRequest, lesson_id: int, *, marks: MarksForm | None = None, fold: str = "", form: Form | None = None,
    refusal: Refused | None = None, status: int = 200,
) -> HttpResponse:
    """The page, or its block. `fold` is open, and shows `form` with what was typed and why it was refused."""
    of, words = _asked(request, lesson_id), _words(request)
    return show(
        request, "journal/lesson.html", block=BLOCK, status=status, page=of, marks=marks or MarksForm(), words=Words(),
        choices=choices(), told=told, who=words, fold=fold or ("guests" if words else request.GET.get("open", "")),
        forms=_forms(request, of) | ({_name(form): form} if form else {}), refusal=refusal,
    )


def done(request: HttpRequest, lesson_id: int, said: str) -> HttpResponse:
    """It is done: the page as it is now, and a word for whatever else is open."""
    if not request.htmx:
        return see_other("lesson", lesson_id)
    return toast(tell(shown(request, lesson_id), "ledger-changed"), said)


def _take(
    request: HttpRequest, lesson_id: int, fold: str, form: Form, act: Callable[[], HttpResponse]
) -> HttpResponse:
    def again(status: int, refusal: Refused | None) -> HttpResponse:
        return shown(request, lesson_id, fold=fold, form=form, refusal=refusal, status=status)

    return take(form, act, again)


def _asked(
    request: HttpRequest, lesson_id: int, *, under: Permission = Permission.JOURNAL_SEE
) -> Page:
    return lesson.page(
        lesson_id=lesson_id, words=_words(request), offers=True, under=under, at=timezone.now(), by=request.actor
    )


def _words(request: HttpRequest) -> str:
    return clean_line(request.GET.get("who", "")[:200])


def _forms(request: HttpRequest, of: Page) -> dict[str, Form]:
    """Those that the page offers whoever looks."""
    kinds: list[Any] = []
    if of.may_describe:
        kinds.append(DetailsForm)
    if of.may_change:
        kinds += [SubstitutionForm, MoveForm, CancellationForm]
    if of.may_book:
        kinds += [GuestForm, *([NewGuestForm] if of.may_add else [])]
    made = [kind(page=of, by=request.actor) for kind in kinds]
    return {_name(form): form for form in made}


def _name(form: Form) -> str:
    return type(form).__name__
