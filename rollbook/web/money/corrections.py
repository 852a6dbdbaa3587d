from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from rollbook.foundation.keys import Key
from rollbook.screens import corrections
from rollbook.web.journal.forms import month_asked
from rollbook.web.pages import show


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """The list of a month; what makes no sense in the address says nothing."""
    month, after = (month_asked(request.GET) or (None,))[0], Key.read(request.GET.get("after", ""))
    found = corrections.corrections(month=month, after=after, at=timezone.now(), by=request.actor)
    return show(
        request, "money/corrections.html", block="corrections", listed=found,
        before=found.first - timedelta(days=1), after=found.last + timedelta(days=1),
    )
