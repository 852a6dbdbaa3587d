from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rollbook.domains.journal.actions import StaleMark
from rollbook.domains.schedule.rules import month_of
from rollbook.screens import groups, journal
from rollbook.web.journal import lesson
from rollbook.web.journal.cell import withdrawn
from rollbook.web.journal.cells import Words, cell, heads, in_words, sums, teachers, words_of
from rollbook.web.journal.fixed import fixed
from rollbook.web.journal.forms import GroupsAsked, MarksForm, days_asked, days_shown
from rollbook.web.journal.rows import rows
from rollbook.web.journal.words import soon, timetable
from rollbook.web.pages import language, show, toast
from rollbook.workflows import lesson_marked


@require_GET
def group_list(request: HttpRequest) -> HttpResponse:
    asked = GroupsAsked.of(request.GET)
    listed = groups.listed(
        words=asked.words, branch_id=asked.branch_id, finished=asked.finished, after=asked.after, at=timezone.now(),
        by=request.actor,
    )
    return show(request, "journal/groups.html", block="groups", listed=listed, asked=asked, timetable=timetable)


@require_GET
def group(request: HttpRequest, group_id: int) -> HttpResponse:
    first, last = days_asked(request.GET) or (None, None)
    sheet = journal.sheet(group_id=group_id, first=first, last=last, at=timezone.now(), by=request.actor)
    return show(
        request, "journal/sheet.html", block="sheet", sheet=sheet, words=words_of(language(), sheet.today), rows=rows,
        heads=heads, sums=sums, teachers=teachers, fixed=fixed, before=sheet.first - timedelta(days=1),
        after=sheet.last + timedelta(days=1), days=days_shown(sheet.first, sheet.last),
        whole_month=(sheet.first, sheet.last) == month_of(sheet.first),
        this_month=_is_month_of(sheet.first, sheet.today), timetable=timetable, soon=soon,
        trend=[share / 100 for share in sheet.head.trend],
    )


@require_POST
def marks(request: HttpRequest, lesson_id: int) -> HttpResponse:
    form = MarksForm(request.POST)
    if not form.is_valid():
        return lesson.shown(request, lesson_id, marks=form, status=422)
    try:
        marked = lesson_marked.mark(
            lesson_id=lesson_id, marks=form.marks, seen=form.seen, minutes_late=form.minutes_late, at=timezone.now(),
            by=request.actor,
        )
    except StaleMark as stale:
        raise StaleMark(str(stale), [in_words(pair) for pair in stale.values]) from stale
    answer = _changed(request, lesson_id, list(form.marks))
    return toast(answer, said) if (said := withdrawn(marked.withdrawn)) else answer


@require_POST
def everyone(request: HttpRequest, lesson_id: int) -> HttpResponse:
    clients = lesson_marked.everyone(lesson_id=lesson_id, at=timezone.now(), by=request.actor)
    return _changed(request, lesson_id, list(clients))


def _changed(request: HttpRequest, lesson_id: int, clients: list[int]) -> HttpResponse:
    """To a form of the lesson's page that page; to the journal the cells that changed, and the balances."""
    if not request.htmx or request.htmx.target == lesson.BLOCK:
        return lesson.done(request, lesson_id, _("Marked."))
    changed = journal.changed(lesson_id=lesson_id, clients=clients, by=request.actor)
    words = Words(timezone.now().date())
    return show(request, "journal/changed.html", block="changed", changed=changed, words=words, cell=cell)


def _is_month_of(first: date, today: date) -> bool:
    return (first.year, first.month) == (today.year, today.month)
