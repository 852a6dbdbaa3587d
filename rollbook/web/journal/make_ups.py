from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from rollbook.foundation.keys import Key
from rollbook.screens import make_ups
from rollbook.screens.make_ups import Segment
from rollbook.web.journal.forms import NUMBER
from rollbook.web.pages import show


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """What may be worked off, what lapses soon first; what makes no sense in the address says nothing."""
    told, branch = request.GET.get("show", ""), request.GET.get("branch", "")
    segment = Segment(told) if told in set(Segment) else Segment.SOON
    branch_id = int(branch) if NUMBER.fullmatch(branch) else None
    found = make_ups.listed(
        segment=segment, branch_id=branch_id, after=Key.read(request.GET.get("after", "")), at=timezone.now(),
        by=request.actor,
    )

    def address(**other: object) -> str:
        said = {"show": segment if segment != Segment.SOON else "", "branch": branch_id} | other
        return "?" + urlencode({name: value for name, value in said.items() if value})

    segments = [
        (_("Lapse within a week"), address(show=""), segment == Segment.SOON),
        (_("May be worked off"), address(show=Segment.OPEN), segment == Segment.OPEN),
        (_("Booked"), address(show=Segment.BOOKED), segment == Segment.BOOKED),
        (_("Lapsed lately"), address(show=Segment.LAPSED), segment == Segment.LAPSED),
    ]
    return show(
        request, "journal/make_ups.html", block="make_ups", listed=found, segment=segment, segments=segments,
        branch_id=branch_id, address=address,
    )
