from django.urls import path

from rollbook.web.preferences import views

urlpatterns = [
    path("preferences/language/", views.language, name="prefer-language"),
    path("preferences/theme/", views.theme, name="prefer-theme"),
]
