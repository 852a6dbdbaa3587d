"""Somebody decides whether one cell is charged, whatever the tariff says: the ledger follows."""

from datetime import datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing import queries as tariffs
from rollbook.domains.journal import actions as journal
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.journal.rules import Means
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation import live

_UNDER = Permission.CHARGE_DECIDE


@transaction.atomic
def decide(*, mark_id: int, charged: bool | None, seen: int | None = None, at: datetime, by: Actor) -> None:
    """Charge this mark in full (True), not at all (False), or as its tariff says (None). It holds until the mark gets
    another status."""
    mark = Mark.objects.pick(by, _UNDER, mark_id)
    lesson = Lesson.objects.select_related("group").pick_to_change(by, _UNDER, mark.lesson_id)
    terms = tariffs.Terms()
    if group := lesson.group:
        terms = tariffs.terms(groups={group.pk: group.programme_id}, on=lesson.day, by=by, under=_UNDER)[group.pk]
    rules = house()
    covers = billing.covers(lessons=[lesson], clients=[mark.client_id])
    told = {mark.client_id: Status(mark.status) if mark.status else None}
    own = covers.means(lesson=lesson, marks=told, charged=charged, rules=rules)
    means = own.get(mark.client_id, Means(terms.switches(rules=rules), mark.price))
    if journal.decide_charge(mark_id=mark_id, charged=charged, means=means, seen=seen, at=at, by=by):
        billing.settle(mark_ids=[mark_id], covers=covers.chosen, at=at, by=by, under=_UNDER)
        live.tell(*([f"group:{lesson.group_id}"] if lesson.group_id else []), f"lesson:{lesson.pk}")
