"""Lessons, and what they repeat of others."""

from django.utils.translation import gettext_noop as _

from rollbook.operations.doctor.promise import Promise

PROMISES = (
    Promise(
        "lesson_day",
        _("The day of a lesson is the local one of its branch."),
        """
        SELECT 'lesson:' || lesson.id FROM schedule_lesson lesson
        JOIN access_branch branch ON branch.id = lesson.branch_id
        WHERE lesson.day <> (lesson.starts_at AT TIME ZONE branch.time_zone)::date
        """,
    ),
    Promise(
        "lesson_teacher_time",
        _("What is kept beside a teacher is the time and standing of the lesson."),
        """
        SELECT format('lesson:%s employee:%s', lesson.id, teacher.employee_id)
        FROM schedule_lessonteacher teacher JOIN schedule_lesson lesson ON lesson.id = teacher.lesson_id
        WHERE teacher.during <> tstzrange(lesson.starts_at, lesson.ends_at)
           OR teacher.counts <> (NOT lesson.is_joint AND lesson.cancelled_at IS NULL)
        """,
    ),
    Promise(
        "lesson_of_its_branch",
        _("A lesson of a group is in the group's branch, and so is its room."),
        """
        SELECT 'lesson:' || lesson.id FROM schedule_lesson lesson
        LEFT JOIN groups_group ON groups_group.id = lesson.group_id
        LEFT JOIN schedule_room room ON room.id = lesson.room_id
        WHERE lesson.cancelled_at IS NULL AND lesson.starts_at > now()
          AND (groups_group.branch_id <> lesson.branch_id OR room.branch_id <> lesson.branch_id)
        """,
    ),
    Promise(
        "moved_from_elsewhere",
        _("A lesson that was moved is on another day than the one that it came from."),
        "SELECT 'lesson:' || id FROM schedule_lesson WHERE moved_from = day",
    ),
    Promise(
        "lessons_ahead",
        _("Every running group whose timetable goes on has lessons ahead: the nightly job runs."),
        """
        SELECT 'group:' || groups_group.id FROM groups_group
        WHERE groups_group.state IN ('recruiting', 'running')
          AND EXISTS (
            SELECT FROM schedule_timetableslot slot WHERE slot.group_id = groups_group.id
              AND slot.valid_from < current_date + 14
              AND (slot.valid_until IS NULL OR slot.valid_until > current_date + 42)
          )
          AND NOT EXISTS (
            SELECT FROM schedule_lesson lesson
            WHERE lesson.group_id = groups_group.id AND lesson.day > current_date + 21
          )
        """,
    ),
    Promise(
        "lesson_of_its_timetable",
        _("A lesson that was made from a timetable is one of the group whose timetable it is."),
        """
        SELECT 'lesson:' || lesson.id FROM schedule_lesson lesson
        JOIN schedule_timetableslot slot ON slot.id = lesson.slot_id
        WHERE slot.group_id IS DISTINCT FROM lesson.group_id
        """,
    ),
    Promise(
        "closed_days_are_free",
        _("On a day on which its branch is closed no lesson is left that nobody has touched."),
        """
        SELECT 'lesson:' || lesson.id FROM schedule_closingday closed
        JOIN schedule_lesson lesson ON lesson.branch_id = closed.branch_id AND lesson.day = closed.day
        WHERE lesson.slot_id IS NOT NULL AND lesson.starts_at > now()
          AND lesson.touched_at IS NULL AND lesson.held_at IS NULL AND lesson.cancelled_at IS NULL
          AND NOT EXISTS (SELECT FROM journal_mark mark WHERE mark.lesson_id = lesson.id)
        """,
    ),
    Promise(
        "closed_months_were_over",
        _("A month that was closed was over by the clock of its branch."),
        """
        SELECT format('branch:%s month:%s', closed.branch_id, closed.month) FROM schedule_closedmonth closed
        JOIN access_branch branch ON branch.id = closed.branch_id
        WHERE (closed.closed_at AT TIME ZONE branch.time_zone)::date < (closed.month + interval '1 month')::date
        """,
    ),
)
