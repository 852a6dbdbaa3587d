"""The list of next month's subscriptions: looked through, and made by one click."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Self
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from rollbook.domains.billing.rules import months_later
from rollbook.foundation.errors import Malformed, Refused
from rollbook.screens import renewals
from rollbook.screens.renewals import Problem
from rollbook.web.journal.forms import NUMBER, month_asked
from rollbook.web.pages import language, show, tell, toast
from rollbook.workflows import subscriptions_renewed

# An enrolment, and the amount that was shown beside it.
CHOSEN = re.compile(r"([0-9]{1,18})(?::([0-9]{1,10}(?:\.[0-9]{1,2})?))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says; what makes no sense says nothing."""

    month: date
    branch_id: int | None
    group_id: int | None

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        branch, group = query.get("branch", ""), query.get("group", "")
        told = month_asked(query)
        return cls(
            told[0] if told else renewals.next_month(at=timezone.now()),
            int(branch) if NUMBER.fullmatch(branch) else None, int(group) if NUMBER.fullmatch(group) else None,
        )

    def address(self, month: date | None = None) -> str:
        said = {"month": f"{month or self.month:%Y-%m}", "branch": self.branch_id, "group": self.group_id}
        return f"{reverse('renewals')}?{urlencode({name: value for name, value in said.items() if value})}"


@require_http_methods(["GET", "POST"])
def listed(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return _page(request, Asked.of(request.GET))
    asked, chosen = Asked.of(request.POST), _chosen(request.POST.getlist("chosen"))
    if request.POST.get("do") == "reckon":
        amount = sum((each or Decimal(0) for each in chosen.values()), Decimal(0))
        return show(request, "money/renewals_total.html", block="total", number=len(chosen), amount=amount)
    try:
        made = subscriptions_renewed.renew(
            month=asked.month, chosen=chosen, branch_id=asked.branch_id, group_id=asked.group_id, at=timezone.now(),
            by=request.actor,
        )
    except Refused as refusal:
        return _page(request, asked, status=409, refusal=refusal)
    if not request.htmx:
        return HttpResponse(status=303, headers={"Location": asked.address()})
    said = ngettext("{count} subscription is made.", "{count} subscriptions are made.", len(made))
    return toast(tell(_page(request, asked), "ledger-changed"), said.format(count=len(made)))


def _chosen(told: Sequence[str]) -> dict[int, Decimal | None]:
    found = [CHOSEN.fullmatch(each) for each in told]
    if not all(found):
        raise Malformed
    return {int(match[1]): Decimal(match[2]) if match[2] else None for match in found if match}


def _page(
    request: HttpRequest, asked: Asked, *, status: int = 200, refusal: Refused | None = None
) -> HttpResponse:
    shown = renewals.listed(
        month=asked.month, branch_id=asked.branch_id, group_id=asked.group_id, language=language(), by=request.actor
    )
    problems = {
        Problem.ARCHIVED: _("The tariff is sold no more: choose another one in the form of a sale."),
        Problem.NO_LESSONS: _("There are no lessons in this month."),
        Problem.LEAVES: _("Leaves within this month: look at the price."),
    }
    return show(
        request, "money/renewals.html", block="renewals", status=status, refusal=refusal, listed=shown, asked=asked,
        problems=problems, number=len(shown.chosen), amount=shown.amount, before=months_later(shown.first, -1),
        after=months_later(shown.first, 1),
    )
