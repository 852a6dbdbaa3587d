from django.urls import path

from rollbook.web.groups import edit

urlpatterns = [
    path("groups/new/", edit.new, name="group-new"),
    path("groups/<int:group_id>/edit/", edit.edit, name="group-edit"),
    path("groups/<int:group_id>/enrolments/", edit.enrolments, name="group-enrolments"),
    path("enrolments/<int:enrolment_id>/end/", edit.ending, name="enrolment-end"),
]
