"""Version 1: errors as in foundation/errors.STATUS, with the same words as on pages."""

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import django_auth

from rollbook.api.v1 import discounts
from rollbook.api.v1.accounts import router as accounts
from rollbook.api.v1.announced import of_clients as announced_of_clients
from rollbook.api.v1.announced import router as announced
from rollbook.api.v1.auth import ApiKey
from rollbook.api.v1.by_hand import of_clients as by_hand_of_clients
from rollbook.api.v1.by_hand import of_corrections, of_entries, of_transfers
from rollbook.api.v1.choices import router as choices
from rollbook.api.v1.clients import router as clients
from rollbook.api.v1.comments import router as comments
from rollbook.api.v1.enrolments import router as enrolments
from rollbook.api.v1.families import router as families
from rollbook.api.v1.freezes import router as freezes
from rollbook.api.v1.groups import router as groups
from rollbook.api.v1.imports import router as imports
from rollbook.api.v1.lessons import router as lessons
from rollbook.api.v1.make_ups import of_all, of_marks
from rollbook.api.v1.months import router as months
from rollbook.api.v1.payments import router as payments
from rollbook.api.v1.subscriptions import router as subscriptions
from rollbook.foundation.errors import (
    Declined,
    InvalidInput,
    Malformed,
    NotAllowed,
    NotSignedIn,
    status_of,
    unavailable,
)

# Whoever comes with a browser's session is asked for its CSRF token, too: django_auth sees to that.
api = NinjaAPI(
    title="Rollbook", version="1", urls_namespace="v1", docs_url=None, openapi_url="openapi.json",
    auth=[ApiKey(), django_auth],
)
api.add_router("/groups", groups)
api.add_router("/lessons", lessons)
api.add_router("/clients", clients)
api.add_router("/enrolments", enrolments)
api.add_router("/freezes", freezes)
api.add_router("/clients", discounts.of_clients)
api.add_router("/discounts", discounts.of_all)
api.add_router("/choices", choices)
api.add_router("/marks", of_marks)
api.add_router("/make-ups", of_all)
api.add_router("/payments", payments)
api.add_router("/branches", months)
api.add_router("/clients", by_hand_of_clients)
api.add_router("/entries", of_entries)
api.add_router("/transfers", of_transfers)
api.add_router("/corrections", of_corrections)
api.add_router("/families", families)
api.add_router("/clients", announced_of_clients)
api.add_router("/announced", announced)
api.add_router("", comments)
api.add_router("", accounts)
api.add_router("/imports", imports)
api.add_router("", subscriptions)


@api.exception_handler(Declined)
def declined(request: HttpRequest, error: Declined) -> HttpResponse:
    request.why = type(error).__name__  # for the log
    body = {
        "detail": str(error), "values": list(error.values),
        "fields": {name: str(sentence) for name, sentence in error.fields.items()},
    }
    return api.create_response(request, body, status=status_of(error))


@api.exception_handler(AuthenticationError)
def not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return declined(request, NotSignedIn())


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return declined(request, InvalidInput({".".join(map(str, e["loc"])): e["msg"] for e in error.errors}))


@api.exception_handler(HttpError)
def malformed(request: HttpRequest, error: HttpError) -> HttpResponse:
    """A body that is no JSON at all; or a browser's session without the token that comes with it."""
    return declined(request, NotAllowed() if error.status_code == 403 else Malformed())


@api.exception_handler(RecursionError)
def nested_too_deep(request: HttpRequest, error: RecursionError) -> HttpResponse:
    return declined(request, Malformed())


@api.exception_handler(Exception)
def broken(request: HttpRequest, error: Exception) -> HttpResponse:
    """The database's trouble is told in our words, too; whatever else breaks is a mistake of ours."""
    trouble = unavailable(error)
    if trouble is None:
        raise error
    response = declined(request, trouble)
    response["Retry-After"] = "10"
    return response
