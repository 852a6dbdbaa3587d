"""A client pauses from a day to another."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing import actions as billing
from rollbook.domains.groups import actions as groups
from rollbook.domains.groups.models import Freeze
from rollbook.domains.journal.models import Status
from rollbook.domains.people.models import Client
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.errors import Refused
from rollbook.workflows.enrolment_ended import marks_of


class MarkedMeanwhile(Refused):
    """`values` lists the marks that say that the client was there, or should have been."""


@transaction.atomic
def freeze(
    *, client_id: int, since: date, until: date, choice_id: int | None = None, reason: str = "", at: datetime, by: Actor
) -> int:
    """A pause of the client on the days [since, until); why is a choice of the list of freezes, and a note. Refused
    where the client was marked as attended or missed on these days."""
    client = Client.objects.pick(by, Permission.CLIENT_EDIT, client_id)
    last = until - timedelta(days=1)
    lessons = Lesson.objects.filter(
        group__in=client.enrolments.within(since, last).values("group"), day__range=(since, last)
    )
    told = Status.ATTENDED, Status.MISSED
    if found := marks_of(client_id=client_id, lessons=lessons, statuses=told, by=by):
        raise MarkedMeanwhile(
            _("The client is marked on these days already. Take the marks back first, or choose other days."), found
        )
    freeze_id = groups.freeze(
        client_id=client_id, since=since, until=until, choice_id=choice_id, reason=reason, at=at, by=by
    )
    billing.follow_freezes(client_id=client_id, at=at, by=by)
    return freeze_id


@transaction.atomic
def unfreeze(*, freeze_id: int, since: date, at: datetime, by: Actor) -> None:
    """The client comes again from this day on, and what was bought goes on as if they had not paused then."""
    client_id = Freeze.objects.pick(by, Permission.CLIENT_EDIT, freeze_id).client_id
    groups.unfreeze(freeze_id=freeze_id, since=since, at=at, by=by)
    billing.follow_freezes(client_id=client_id, at=at, by=by)
