"""What sums are made of: balance and statement of a client, receipt of a payment, payment requests."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema, Status

from rollbook.api.v1.schemas import DECLINED, Day, Id, In, Sum
from rollbook.domains.access.models import Language
from rollbook.domains.billing.models import EntryKind, Method
from rollbook.domains.journal.models import Kind
from rollbook.screens import explained, requesting
from rollbook.screens import receipt as receipts
from rollbook.screens import statement as statements
from rollbook.screens.journal import State
from rollbook.screens.statement import Line
from rollbook.workflows import payment_requested

router = Router()


class BalanceOut(Schema):
    at: date
    balance: Decimal


class LineOut(Schema):
    """A lesson with what was booked for it, or another entry: then `kind` says which, and of a reversal `of` what it
    takes back."""

    day: date
    amount: Decimal | None
    group: str
    lesson_id: int | None
    state: State | None
    visit: Kind | None
    price: Decimal | None
    entry_id: int | None
    kind: EntryKind | None
    of: EntryKind | None
    payment_id: int | None
    subscription_id: int | None
    note: str
    reason: str
    about: date | None


class StatementOut(Schema):
    client_id: int
    first: date
    last: date
    opening: Decimal
    lines: list[LineOut]
    closing: Decimal


class TextOut(Schema):
    language: Language
    text: str


class PartOut(Schema):
    client_id: int
    client: str
    amount: Decimal


class ReceiptOut(Schema):
    payment_id: int
    organisation: str
    branch: str
    on: date
    method: Method
    note: str
    is_refund: bool
    amount: Decimal
    currency: str
    parts: list[PartOut]
    payer: str
    taken_by: str
    taken_back_at: datetime | None


class ComingOut(Schema):
    group: str
    lessons: int
    amount: Decimal


class ReckoningOut(Schema):
    before: Decimal
    until_then: list[ComingOut]
    charged: Decimal
    discounts: Decimal
    paid: Decimal
    others: Decimal
    coming: list[ComingOut]
    instalments: Decimal
    announced: Decimal


class ChildOut(Schema):
    client_id: int
    client: str
    reckoning: ReckoningOut
    due: Decimal


class RequestOut(Schema):
    request_id: int
    payer: str
    first: date
    last: date
    children: list[ChildOut]
    due: Decimal
    made_at: datetime
    made_by: str


class AskedOut(Schema):
    request_id: int
    first: date
    last: date
    due: Decimal
    made_at: datetime


class RequestsOut(Schema):
    client_id: int
    requests: list[AskedOut]


class RequestIn(In):
    client_ids: Annotated[list[Id], Field(min_length=1, max_length=20)]
    first: Day
    last: Day
    shown: Sum | None = None
    """What was due when it was looked at: refused where it is another sum by now."""
    key: Annotated[str, Field(min_length=8, max_length=60, pattern=r"^[\x21-\x7e]*$")]


@router.get("/clients/{int:client_id}/balance", response={200: BalanceOut, **DECLINED})
def balance(request: HttpRequest, client_id: int, at: Day | None = None) -> dict[str, object]:
    """What a client had at the end of a day, today without it; below zero they owed it."""
    shown = statements.page(client_id=client_id, day=at, at=timezone.now(), by=request.actor)
    return {"at": shown.day, "balance": shown.balance}


@router.get("/clients/{int:client_id}/statement", response={200: StatementOut, **DECLINED})
def statement(
    request: HttpRequest, client_id: int, first: Day | None = None, last: Day | None = None
) -> dict[str, object]:
    """Each lesson with what it cost, and whatever else was booked, on the days [first, last]: this month without them,
    ten years at most."""
    of = statements.statement(client_id=client_id, first=first, last=last, at=timezone.now(), by=request.actor)
    return {
        "client_id": of.client_id, "first": of.first, "last": of.last, "opening": of.opening,
        "lines": [_line(line) for line in of.lines], "closing": of.closing,
    }


@router.get("/clients/{int:client_id}/statement/text", response={200: TextOut, **DECLINED})
def text(
    request: HttpRequest, client_id: int, first: Day | None = None, last: Day | None = None,
    language: Annotated[Language | None, Query()] = None,
) -> dict[str, object]:
    """The same as a short text to send, in the language of whoever pays or in another one."""
    of = statements.statement(client_id=client_id, first=first, last=last, at=timezone.now(), by=request.actor)
    spoken = language or statements.language_of(client_id=client_id, by=request.actor)
    return {"language": spoken, "text": explained.text(statement=of, language=str(spoken))}


@router.get("/payments/{int:payment_id}/receipt", response={200: ReceiptOut, **DECLINED})
def receipt(request: HttpRequest, payment_id: int) -> receipts.Receipt:
    return receipts.receipt(payment_id=payment_id, by=request.actor)


@router.post("/requests", response={201: RequestOut, **DECLINED})
def ask(request: HttpRequest, data: RequestIn) -> Status:
    """Ask the payer of these clients for what is due for the days [first, last]; the same key again asks once."""
    made = payment_requested.request(**data.dict(), at=timezone.now(), by=request.actor)
    return Status(201, asked(request, made[0]))


@router.get("/requests/{int:request_id}", response={200: RequestOut, **DECLINED})
def asked(request: HttpRequest, request_id: int) -> requesting.Request:
    """With those for other children of the payer that were made together with it."""
    return requesting.request(request_id=request_id, at=timezone.now(), by=request.actor)


@router.get("/clients/{int:client_id}/requests", response={200: RequestsOut, **DECLINED})
def requests(request: HttpRequest, client_id: int) -> dict[str, object]:
    """What was asked for a client, the latest first."""
    shown = statements.page(client_id=client_id, at=timezone.now(), by=request.actor)
    return {"client_id": client_id, "requests": shown.requests}


@router.get("/requests/{int:request_id}/text", response={200: TextOut, **DECLINED})
def request_text(
    request: HttpRequest, request_id: int, language: Annotated[Language | None, Query()] = None
) -> dict[str, object]:
    """The same as a short text to send."""
    shown = asked(request, request_id)
    spoken = language or shown.language
    return {"language": spoken, "text": requesting.text(reckoned=shown, language=str(spoken))}


def _line(line: Line) -> dict[str, Any]:
    visit, entry = line.visit, line.entry
    told: dict[str, Any] = dict.fromkeys(LineOut.model_fields) | {"note": "", "reason": ""}
    if entry:
        told |= {name: value for name, value in entry._asdict().items() if name in told}
    if visit:
        told |= {
            "group": visit.home, "lesson_id": visit.lesson_id, "state": visit.square.state,
            "visit": visit.square.cell.kind, "price": visit.price if visit.mark_id else None,
            "subscription_id": visit.subscription_id,
        }
    return told | {"day": line.day, "amount": line.amount}
