"""What is said on one thing, at its own address, which also takes what is said and done there; and the lists of all."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from rollbook.domains.comments import actions as comments
from rollbook.domains.comments.rules import On
from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.screens import comments as screen
from rollbook.web.comments.forms import ActForm, ChangeForm, CommentsAsked, WriteForm
from rollbook.web.editing import take
from rollbook.web.forms import Form
from rollbook.web.pages import see_other, show
from rollbook.workflows import comment_written

ACTS: dict[str, Callable[..., bool]] = {
    "resolve": comments.resolve, "reopen": comments.reopen, "take_back": comments.take_back,
}
Shown = Callable[..., HttpResponse]


@require_http_methods(["GET", "POST"])
def of_client(request: HttpRequest, client_id: int) -> HttpResponse:
    return _thing(request, On(client_id=client_id), screen.of_client, client_id=client_id)


@require_http_methods(["GET", "POST"])
def of_group(request: HttpRequest, group_id: int) -> HttpResponse:
    return _thing(request, On(group_id=group_id), screen.of_group, group_id=group_id, at=timezone.now())


@require_http_methods(["GET", "POST"])
def of_lesson(request: HttpRequest, lesson_id: int) -> HttpResponse:
    return _thing(request, On(lesson_id=lesson_id), screen.of_lesson, lesson_id=lesson_id)


@require_http_methods(["GET", "POST"])
def of_cell(request: HttpRequest, lesson_id: int, client_id: int) -> HttpResponse:
    on = On(client_id=client_id, lesson_id=lesson_id)
    return _thing(request, on, screen.of_cell, lesson_id=lesson_id, client_id=client_id)


@require_http_methods(["GET", "POST"])
def listed(request: HttpRequest) -> HttpResponse:
    asked = CommentsAsked.read(request.GET)

    def shown(status: int = 200, refusal: Refused | None = None, changing: Form | None = None) -> HttpResponse:
        found = screen.listed(
            of=asked.of, branch_id=asked.branch_id, after=asked.after, at=timezone.now(), by=request.actor
        )
        return show(
            request, "comments/list.html", block="comments", status=status, listed=found, asked=asked,
            address=request.get_full_path(), changing=changing, change=_change_form(request), refusal=refusal,
        )

    if request.method != "POST":
        return shown()
    screen.may_list(by=request.actor)
    return _done(request, shown)


def _thing(request: HttpRequest, on: On, read: Callable[..., screen.Feed], **which: Any) -> HttpResponse:
    asked = CommentsAsked.read(request.GET)

    def shown(
        status: int = 200, refusal: Refused | None = None, changing: Form | None = None, form: Form | None = None
    ) -> HttpResponse:
        feed = read(**which, only_open=asked.only_open, after=asked.after, by=request.actor)
        key = "-".join(f"{name[0]}{pk}" for name, pk in on._asdict().items() if pk)
        return show(
            request, "comments/thing.html", block="panel" if request.htmx.target == "panel" else "comments",
            status=status, feed=feed, asked=asked, address=request.get_full_path(), key=key, changing=changing,
            change=_change_form(request), refusal=refusal,
            form=form or WriteForm(by=request.actor, auto_id=f"said-{key}-%s"),
        )

    if request.method != "POST":
        return shown()
    if request.POST.get("do") != "write":
        return _done(request, shown)
    form = WriteForm(request.POST, by=request.actor, auto_id="said-%s")

    def write() -> HttpResponse:
        comment_written.write(on=on, **form.cleaned_data, at=timezone.now(), by=request.actor)
        return _answer(request, shown)

    return take(form, write, lambda status, refusal: shown(status, refusal, form=form))


def _done(request: HttpRequest, shown: Shown) -> HttpResponse:
    """What one button does with a comment, or other words for it."""
    if request.POST.get("do") == "change":
        return _changed(request, shown)
    form = ActForm(request.POST, by=request.actor)
    if not form.is_valid():
        raise InvalidInput({name: " ".join(errors) for name, errors in form.errors.items()})
    act = ACTS[form.cleaned_data["do"]]
    act(comment_id=form.cleaned_data["comment"], at=timezone.now(), by=request.actor)
    return _answer(request, shown)


def _changed(request: HttpRequest, shown: Shown) -> HttpResponse:
    form = ChangeForm(request.POST, by=request.actor, auto_id="change-%s")

    def change() -> HttpResponse:
        told = form.cleaned_data
        comments.change(
            comment_id=told["comment"], text=told["text"], asks=told["asks"], seen=told["version"], at=timezone.now(),
            by=request.actor,
        )
        return _answer(request, shown)

    return take(form, change, lambda status, refusal: shown(status, refusal, changing=form))


def _answer(request: HttpRequest, shown: Shown) -> HttpResponse:
    """To a plain form the same page anew; to a script how things stand now."""
    return shown() if request.htmx else see_other(request.get_full_path())


def _change_form(request: HttpRequest) -> Callable[[screen.Said], Form]:
    """The form with which one changes a comment of one's own."""
    return lambda said: ChangeForm(
        by=request.actor, auto_id=f"change-{said.comment_id}-%s",
        initial={"comment": said.comment_id, "text": said.text, "asks": said.asks, "version": said.version},
    )
