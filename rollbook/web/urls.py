"""The addresses of people's pages: each area keeps its own in web/<area>/urls.py and is named here once."""

from django.urls import include, path

AREAS = (
    "home",
    "journal",
    "clients",
    "money",
    "groups",
    "comments",
    "settings",
    "account",
    "preferences",
    "design",
    "watch",
)

urlpatterns = [path("", include(f"rollbook.web.{area}.urls")) for area in AREAS]
