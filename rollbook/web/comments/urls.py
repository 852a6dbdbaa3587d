from django.urls import path

from rollbook.web.comments import views

urlpatterns = [
    path("comments/", views.listed, name="comments"),
    path("groups/<int:group_id>/comments/", views.of_group, name="group-comments"),
    path("clients/<int:client_id>/comments/", views.of_client, name="client-comments"),
    path("lessons/<int:lesson_id>/comments/", views.of_lesson, name="lesson-comments"),
    path("lessons/<int:lesson_id>/clients/<int:client_id>/comments/", views.of_cell, name="cell-comments"),
]
