"""Many cells at once, over several lessons of a group."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from rollbook.domains.journal.actions import StaleMark
from rollbook.foundation.errors import InvalidInput
from rollbook.screens import journal
from rollbook.web.journal.cell import withdrawn
from rollbook.web.journal.cells import Words, cell, in_words
from rollbook.web.journal.forms import RangeForm
from rollbook.web.pages import see_other, show, toast
from rollbook.workflows import lesson_marked


@require_POST
def marks(request: HttpRequest, group_id: int) -> HttpResponse:
    form = RangeForm(request.POST)
    if not form.is_valid():
        raise InvalidInput({name: " ".join(errors) for name, errors in form.errors.items()})
    try:
        gone = lesson_marked.mark_range(
            group_id=group_id, marks=form.marks, seen=form.seen, minutes_late=form.minutes_late, at=timezone.now(),
            by=request.actor,
        )
    except StaleMark as stale:
        stale.values = [in_words(pair) for pair in stale.values]
        raise
    if not request.htmx:
        return see_other("group", group_id)
    changed = journal.changed_range(marked=form.marks, by=request.actor)
    words = Words(timezone.now().date())
    answer = show(request, "journal/changed.html", block="changed", changed=changed, words=words, cell=cell)
    return toast(answer, said) if (said := withdrawn(gone)) else answer
