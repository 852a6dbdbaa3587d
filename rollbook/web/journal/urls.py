from django.urls import path

from rollbook.web.journal import ranges, views

urlpatterns = [
    path("groups/", views.group_list, name="groups"),
    path("groups/<int:group_id>/", views.group, name="group"),
    path("groups/<int:group_id>/marks/", ranges.marks, name="group-marks"),
    path("lessons/<int:lesson_id>/", views.lesson_page, name="lesson"),
    path("lessons/<int:lesson_id>/marks/", views.marks, name="lesson-marks"),
    path("lessons/<int:lesson_id>/everyone/", views.everyone, name="lesson-everyone"),
    path("lessons/<int:lesson_id>/cancellation/", views.cancellation, name="lesson-cancellation"),
    path("lessons/<int:lesson_id>/cancellation/undo/", views.cancellation_undo, name="lesson-cancellation-undo"),
]
