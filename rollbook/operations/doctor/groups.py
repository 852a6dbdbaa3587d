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
        "who_left_is_recorded",
        _("Who left all groups stands in the records of those who left, with the last day of their last group."),
        """
        SELECT 'client:' || client_id FROM groups_enrolment
        GROUP BY client_id HAVING bool_and(coalesce(until, 'infinity') < current_date - 1) AND NOT EXISTS (
          SELECT FROM groups_churnrecord record
          WHERE record.client_id = groups_enrolment.client_id AND record.left_on = max(groups_enrolment.until)
        )
        """,
    ),
    Promise(
        "records_follow_enrolments",
        _("A record of somebody who left has the client, the group and the last day of its enrolment."),
        """
        SELECT 'client:' || record.client_id FROM groups_churnrecord record
        JOIN groups_enrolment enrolment ON enrolment.id = record.enrolment_id
        WHERE (record.client_id, record.group_id, record.left_on)
          IS DISTINCT FROM (enrolment.client_id, enrolment.group_id, enrolment.until)
        """,
    ),
    Promise(
        "who_is_back_came_soon",
        _("Who is counted as back after they left began anew within 14 days, and was not gone all along."),
        """
        SELECT 'client:' || record.client_id FROM groups_churnrecord record
        JOIN groups_enrolment back ON back.id = record.returned_id
        WHERE back.client_id <> record.client_id OR back.since > record.left_on + 14 OR back.until <= record.left_on
        """,
    ),
    Promise(
        "frozen_is_not_marked",
        _("Nobody is marked as there or missed in a group of theirs on a day on which they pause."),
        """
        SELECT format('client:%s lesson:%s', mark.client_id, mark.lesson_id)
        FROM groups_freeze pause
        JOIN journal_mark mark ON mark.client_id = pause.client_id
          AND mark.day >= pause.since AND mark.day < pause.until
        WHERE mark.kind = 'regular' AND mark.status IN ('attended', 'missed')
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
