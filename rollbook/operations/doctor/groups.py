"""Groups and who belongs to them. That enrolments and freezes do not overlap is kept by constraints."""

from django.utils.translation import gettext_noop as _

from rollbook.operations.doctor.promise import Promise

PROMISES = (
    Promise(
        "nobody_in_a_group_that_is_over",
        _("Whoever belongs to a group belongs to one that is not disbanded."),
        """
        SELECT format('client:%s group:%s', enrolment.client_id, enrolment.group_id)
        FROM groups_enrolment enrolment JOIN groups_group ON groups_group.id = enrolment.group_id
        WHERE groups_group.state = 'disbanded'
          AND (enrolment.until IS NULL OR enrolment.until > current_date + 1)
        """,
    ),
    Promise(
        "teachers_work_here",
        _("No group that meets counts on a teacher who works here no more."),
        """
        SELECT format('employee:%s group:%s', employee.id, groups_group.id)
        FROM people_employee employee
        JOIN groups_group_teachers teacher ON teacher.employee_id = employee.id
        JOIN groups_group ON groups_group.id = teacher.group_id AND groups_group.state IN ('recruiting', 'running')
        WHERE employee.left_on < current_date
        """,
    ),
)
