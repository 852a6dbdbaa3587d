from django.urls import path

from rollbook.web.groups import edit, enrolment

urlpatterns = [
    path("groups/new/", edit.new, name="group-new"),
    path("groups/<int:group_id>/edit/", edit.edit, name="group-edit"),
    path("groups/<int:group_id>/enrolments/", edit.enrolments, name="group-enrolments"),
    path("groups/<int:group_id>/copy/", edit.copy, name="group-copy"),
    path("enrolments/<int:enrolment_id>/", enrolment.page, name="enrolment"),
    path("enrolments/<int:enrolment_id>/weekdays/", enrolment.weekdays, name="enrolment-weekdays"),
    path("enrolments/<int:enrolment_id>/transfer/", enrolment.transfer, name="enrolment-transfer"),
    path("enrolments/<int:enrolment_id>/end/", enrolment.end, name="enrolment-end"),
]
