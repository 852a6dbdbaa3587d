from django.urls import include, path

from rollbook.api.v1 import api
from rollbook.web.live import hearing

urlpatterns = [
    path("live/", hearing, name="live"),
    path("api/v1/", api.urls),
    path("", include("rollbook.web.urls")),
]

handler400 = "rollbook.web.handlers.malformed"
handler403 = "rollbook.web.handlers.forbidden"
handler404 = "rollbook.web.handlers.not_found"
handler500 = "rollbook.web.handlers.broken"
