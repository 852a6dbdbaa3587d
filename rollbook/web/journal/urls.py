from django.urls import path

from rollbook.web.journal import cell, lesson, make_ups, ranges, views

urlpatterns = [
    path("groups/", views.group_list, name="groups"),
    path("groups/<int:group_id>/", views.group, name="group"),
    path("groups/<int:group_id>/marks/", ranges.marks, name="group-marks"),
    path("lessons/<int:lesson_id>/", lesson.page, name="lesson"),
    path("lessons/<int:lesson_id>/marks/", views.marks, name="lesson-marks"),
    path("lessons/<int:lesson_id>/everyone/", views.everyone, name="lesson-everyone"),
    path("lessons/<int:lesson_id>/holding/", lesson.holding, name="lesson-holding"),
    path("lessons/<int:lesson_id>/holding/undo/", lesson.holding_undo, name="lesson-holding-undo"),
    path("lessons/<int:lesson_id>/details/", lesson.details, name="lesson-details"),
    path("lessons/<int:lesson_id>/substitution/", lesson.substitution, name="lesson-substitution"),
    path("lessons/<int:lesson_id>/move/", lesson.move, name="lesson-move"),
    path("lessons/<int:lesson_id>/guests/", lesson.guests, name="lesson-guests"),
    path("lessons/<int:lesson_id>/guests/<int:guest_id>/undo/", lesson.guest_undo, name="lesson-guest-undo"),
    path("lessons/<int:lesson_id>/cancellation/", lesson.cancellation, name="lesson-cancellation"),
    path("lessons/<int:lesson_id>/cancellation/undo/", lesson.cancellation_undo, name="lesson-cancellation-undo"),
    path("lessons/<int:lesson_id>/clients/<int:client_id>/", cell.page, name="cell"),
    path("lessons/<int:lesson_id>/clients/<int:client_id>/mark/", cell.mark, name="cell-mark"),
    path("marks/<int:mark_id>/make-up/", cell.book, name="mark-make-up"),
    path("marks/<int:mark_id>/make-up/undo/", cell.unbook, name="mark-make-up-undo"),
    path("marks/<int:mark_id>/by-hand/", cell.by_hand, name="mark-by-hand"),
    path("marks/<int:mark_id>/by-hand/undo/", cell.by_hand_undo, name="mark-by-hand-undo"),
    path("marks/<int:mark_id>/charge/", cell.charge, name="mark-charge"),
    path("make-ups/", make_ups.listed, name="make-ups"),
]
