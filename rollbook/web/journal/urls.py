from django.urls import path

from rollbook.web.journal import cell, make_ups, views

urlpatterns = [
    path("groups/", views.group_list, name="groups"),
    path("groups/<int:group_id>/", views.group, name="group"),
    path("lessons/<int:lesson_id>/", views.lesson_page, name="lesson"),
    path("lessons/<int:lesson_id>/marks/", views.marks, name="lesson-marks"),
    path("lessons/<int:lesson_id>/everyone/", views.everyone, name="lesson-everyone"),
    path("lessons/<int:lesson_id>/cancellation/", views.cancellation, name="lesson-cancellation"),
    path("lessons/<int:lesson_id>/cancellation/undo/", views.cancellation_undo, name="lesson-cancellation-undo"),
    path("lessons/<int:lesson_id>/clients/<int:client_id>/", cell.page, name="cell"),
    path("lessons/<int:lesson_id>/clients/<int:client_id>/mark/", cell.mark, name="cell-mark"),
    path("marks/<int:mark_id>/make-up/", cell.book, name="mark-make-up"),
    path("marks/<int:mark_id>/make-up/undo/", cell.unbook, name="mark-make-up-undo"),
    path("marks/<int:mark_id>/by-hand/", cell.by_hand, name="mark-by-hand"),
    path("marks/<int:mark_id>/by-hand/undo/", cell.by_hand_undo, name="mark-by-hand-undo"),
    path("marks/<int:mark_id>/charge/", cell.charge, name="mark-charge"),
    path("make-ups/", make_ups.listed, name="make-ups"),
]
