from django.urls import path

from rollbook.web.design import views

urlpatterns = [path("design/", views.gallery, name="design")]
