"""Subscriptions follow what happens to their client: pauses, and going on in another group."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing.actions.instalments import charge_instalments
from rollbook.domains.billing.models import Freezing, Subscription, SubscriptionGroup
from rollbook.domains.billing.rules import extended, frozen_lessons
from rollbook.domains.groups.models import Freeze
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Client
from rollbook.foundation.constraints import refusing
from rollbook.foundation.errors import Refused
from rollbook.foundation.periods import local


class NextOneBegins(Refused):
    sentence = gettext_lazy("The subscription would last into the next one: that one has to begin later first.")


@transaction.atomic
def follow_freezes(*, client_id: int, at: datetime, by: Actor) -> None:
    """Make the subscriptions of a client say what their freezes are now, each by its own rules: lessons given back, or
    an end that comes later. It follows from a freeze, whose right is enough; following twice changes nothing."""
    client = Client.objects.select_related("branch").pick_to_change(by, Permission.CLIENT_EDIT, client_id)
    rows = list(_open(client.pk).exclude(freezing=Freezing.COUNTS))
    if not rows:
        return
    pauses = list(Freeze.objects.filter(client=client).values_list("since", "until"))
    changed = []
    for row in rows:
        was = (row.frozen, row.until)
        if row.freezing == Freezing.GIVES_BACK:
            row.frozen = _frozen(row, pauses)
        elif row.until:
            row.until = extended(
                until=_sold_until(row), pauses=pauses, most_days=row.freeze_days, since=row.since
            )
        if was != (row.frozen, row.until):
            row.version += 1
            changed.append((row, *was))
    with refusing({"subscription_of_month_once": NextOneBegins}):
        Subscription.objects.bulk_update([row for row, *_was in changed], ["frozen", "until", "version"])
    for row, _frozen_before, until in changed:
        SubscriptionGroup.objects.filter(subscription=row, until=until).update(until=row.until)
    today = local(at, client.branch.time_zone).date()
    charge_instalments(
        subscriptions=[row for row, *_was in changed], today={row.pk: today for row, *_was in changed}, at=at
    )
    history.record_many(
        verb="subscription.frozen", at=at, by=by,
        changes=[
            history.Change(
                f"subscription:{row.pk}", _said(row.frozen, row.until), _said(frozen, until),
                within=f"client:{row.client_id}",
            )
            for row, frozen, until in changed
        ],
    )


def _frozen(row: Subscription, pauses: Collection[tuple[date, date]]) -> int:
    """Never more than what has not been used: of the other days somebody has come all the same."""
    left = (date.fromisoformat(day) for day in row.reckoning.get("left", ()))
    frozen = frozen_lessons(left=left, pauses=pauses, most_days=row.freeze_days, since=row.since)
    return min(frozen, (row.lessons or 0) - row.used)


def _sold_until(row: Subscription) -> date:
    until = row.reckoning.get("until")
    return date.fromisoformat(until) if until else row.until or row.since


def _said(frozen: int, until: date | None) -> dict[str, object]:
    return {"frozen": frozen, "until": until.isoformat() if until else None}


@transaction.atomic
def follow_transfer(*, client_id: int, group_id: int, into_id: int, since: date, at: datetime, by: Actor) -> None:
    """What a client has bought for a group holds in the other one from this day on: the rest goes along. It follows
    from a transfer, whose right is enough."""
    by.must(Permission.GROUP_EDIT)
    rows = {row.pk: row for row in _open(client_id)}
    places = SubscriptionGroup.objects.filter(subscription__in=rows, group=group_id)
    moved = list(places.exclude(until__lte=since).order_by("pk"))
    for place in moved:
        until = place.until
        if since <= place.since:
            place.delete()
        else:
            place.until = since
            place.save(update_fields=["until"])
        SubscriptionGroup.objects.create(
            subscription_id=place.subscription_id, group_id=into_id, since=max(since, place.since), until=until
        )
    history.record_many(
        verb="subscription.moved", at=at, by=by,
        changes=[
            history.Change(
                f"subscription:{place.subscription_id}", {"group_id": into_id, "since": since.isoformat()},
                {"group_id": group_id}, within=f"client:{client_id}",
            )
            for place in moved
        ],
    )


def _open(client_id: int) -> Any:
    return Subscription.objects.standing().filter(client=client_id, closed_on=None).locked().order_by("pk")
