from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.fields.actions import chosen
from rollbook.domains.fields.models import ChoiceList
from rollbook.domains.groups.models import Enrolment, Freeze
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Client
from rollbook.foundation import live
from rollbook.foundation.constraints import refusing
from rollbook.foundation.errors import InvalidInput, Refused


class FrozenAlready(Refused):
    sentence = gettext_lazy("This client is frozen already on some of these days.")


@transaction.atomic
def freeze(
    *, client_id: int, since: date, until: date, choice_id: int | None = None, reason: str = "", at: datetime, by: Actor
) -> int:
    """A pause of the client on the days [since, until): they keep their seat, and nothing is marked or charged. Why is
    a choice of the list of freezes, and a note. What was marked is looked at by the workflow."""
    client = Client.objects.pick_to_change(by, Permission.CLIENT_EDIT, client_id)
    sentence = _("Choose a reason of the list.")
    choice = chosen(choice_id=choice_id, of=ChoiceList.FREEZE, field="choice_id", sentence=sentence, by=by)
    if until <= since:
        raise InvalidInput({"until": _("After the first day, please.")})
    with refusing({"freeze_does_not_overlap": FrozenAlready}):
        row = Freeze.objects.create(client=client, since=since, until=until, choice=choice, reason=reason)
    new = {
        "since": since.isoformat(), "until": until.isoformat(), "reason": reason,
        **({"choice": choice.names._asdict()} if choice else {}),
    }
    history.record(verb="client.frozen", subject=f"client:{client.pk}", new=new, at=at, by=by)
    _tell(client.pk, since, until)
    return row.pk


@transaction.atomic
def unfreeze(*, freeze_id: int, since: date, at: datetime, by: Actor) -> None:
    """The client comes again from this day on; a freeze that had not begun by then is taken back whole."""
    # The client first, as in `freeze`: whoever freezes at the same time waits at the same row.
    client_id = Freeze.objects.pick(by, Permission.CLIENT_EDIT, freeze_id).client_id
    Client.objects.pick_to_change(by, Permission.CLIENT_EDIT, client_id)
    row = Freeze.objects.pick_to_change(by, Permission.CLIENT_EDIT, freeze_id)
    if since >= row.until:
        return
    old, until = {"since": row.since.isoformat(), "until": row.until.isoformat()}, row.until
    if since <= row.since:
        row.delete()
    else:
        row.until = since
        row.save(update_fields=["until"])
    history.record(
        verb="client.unfrozen", subject=f"client:{row.client_id}", old=old, new={"until": since.isoformat()},
        at=at, by=by,
    )
    _tell(row.client_id, row.since, until)


def _tell(client_id: int, since: date, until: date) -> None:
    """The open journals of the groups in which the client is on the days [since, until)."""
    belongs = Enrolment.objects.within(since, until - timedelta(days=1)).filter(client=client_id)
    if groups := sorted(set(belongs.values_list("group", flat=True))):
        live.tell(*(f"group:{group}" for group in groups))
