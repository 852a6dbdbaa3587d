from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from rollbook.foundation.errors import NotSignedIn
from rollbook.web import navigation
from rollbook.web.pages import see_other


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        raise NotSignedIn
    links = navigation.of(request)
    return see_other(links[0].address if links else "account")
