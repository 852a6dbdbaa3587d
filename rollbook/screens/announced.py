"""Payments that are said to have been made, and wait for whoever knows: of some clients, or all of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Q

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.access.scoping import compiled
from rollbook.domains.billing.models import AnnouncedPayment, Method
from rollbook.foundation.compiled import Rows
from rollbook.foundation.keys import Key, Page, cut
from rollbook.foundation.periods import local

PAGE = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    announced_id: int
    client_id: int
    client: str
    branch: str
    amount: Decimal
    method: Method
    on: date
    note: str
    announced_at: datetime
    """In the time of the branch."""
    announced_by: str


@dataclass(frozen=True, slots=True)
class Choice:
    branch_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Listed:
    rows: tuple[Waiting, ...]
    page: Page
    branches: tuple[Choice, ...]
    """Those in which one confirms payments, to choose from."""


def of(*, clients: Collection[int], by: Actor) -> tuple[Waiting, ...]:
    """What waits for these clients, the oldest first; nothing of those whose money may not be seen."""
    if not by.may(Permission.MONEY_SEE):
        return ()
    return tuple(map(_row, _waiting(by, Permission.MONEY_SEE, None, clients=list(clients))))


def listed(*, by: Actor, branch_id: int | None = None, after: Key | None = None) -> Listed:
    """A page of those that one may confirm, the oldest first: everywhere, or of the clients of one branch."""
    since = _moment_of(after)
    place: dict[str, object] = {"after": since, "after_pk": after.pk} if after and since else {}
    if branch_id:
        place["branch"] = branch_id
    told = _waiting(by, Permission.PAYMENT_CONFIRM, PAGE, **place)
    rows, page = cut(told, after=after if since else None, size=PAGE)
    return Listed(
        tuple(map(_row, rows)),
        Page(page.is_first, Key(str(page.next.search), page.next.pk) if page.next else None),
        tuple(Choice(*branch) for branch in _branches(by)),
    )


def _row(told: Any) -> Waiting:
    at, pk, client, name, branch, zone, amount, method, on, note, by_name = told
    return Waiting(pk, client, name, branch, amount, Method(method), on, note, local(at, zone), by_name or "")


def _moment_of(after: Key | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(after.search) if after else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None


@partial(compiled, keeps_plan=False)  # whether by what waits or by the client
def _waiting(
    by: Actor, under: Permission, size: int | None, *, clients: Any = None, branch: Any = None, after: Any = None,
    after_pk: Any = None,
) -> Rows:
    waiting = AnnouncedPayment.objects.visible_to(by, under).filter(payment=None, declined_at=None)
    if clients is not None:
        waiting = waiting.filter(client__any=clients)
    if branch is not None:
        waiting = waiting.filter(client__branch=branch)
    if after is not None:
        waiting = waiting.filter(Q(announced_at__gt=after) | Q(announced_at=after, pk__gt=after_pk))
    found = waiting.order_by("announced_at", "pk").values_list(
        "announced_at", "pk", "client", "client__name", "client__branch__name", "client__branch__time_zone", "amount",
        "method", "paid_on", "note", "announced_by__name",
    )
    return found[: size + 1] if size else found


@compiled
def _branches(by: Actor) -> Rows:
    seen = Branch.objects.visible_to(by, Permission.PAYMENT_CONFIRM).filter(archived_at=None)
    return seen.order_by("name", "pk").values_list("pk", "name")
