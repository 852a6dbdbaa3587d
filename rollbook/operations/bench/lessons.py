"""Lessons made ahead by the timetables, as the job of every night makes them."""

from datetime import UTC, datetime

from rollbook.domains.access.actor import Permission, operator
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.models import Lesson
from rollbook.operations.bench.browser import Browser, Unexpected
from rollbook.operations.bench.declaration import Bench, Budget, Case

WHO = operator("rollbook bench")

# Ten weeks that no lesson has reached yet, of 1,000 groups that meet twice a week; as many as there are where there are
# fewer.
WEEKS = """
  SELECT array_agg(id) AS groups, day + 1 AS since, day + 70 AS until, count(*) || ' groups x 2' AS size
  FROM (
    SELECT groups_group.id, newest.day FROM groups_group
    CROSS JOIN (SELECT max(day) AS day FROM schedule_lesson) newest
    WHERE state IN ('recruiting', 'running') AND 2 = (
      SELECT count(*) FROM schedule_timetableslot slot
      WHERE group_id = groups_group.id AND (valid_until IS NULL OR valid_until > newest.day)
    )
    ORDER BY groups_group.id LIMIT 1000
  ) meeting
  GROUP BY day
"""

BY_HAND = (
    """
    INSERT INTO schedule_lesson
      (branch_id, group_id, lesson_type_id, room_id, starts_at, ends_at, day, slot_id, topic, note, is_joint,
       cancel_reason)
    SELECT branch.id, groups_group.id, kind.id, slot.room_id, local.starts_at,
           local.starts_at + slot.minutes * interval '1 minute', given.day::date, slot.id, '', '', false, ''
    FROM schedule_timetableslot slot JOIN groups_group ON groups_group.id = slot.group_id
    JOIN access_branch branch ON branch.id = groups_group.branch_id
    JOIN schedule_lessontype kind ON kind.code = 'group'
    CROSS JOIN LATERAL generate_series(%(since)s::timestamp, %(until)s::timestamp, interval '1 day') given (day)
    CROSS JOIN LATERAL (SELECT (given.day + slot.starts) AT TIME ZONE branch.time_zone AS starts_at) local
    WHERE slot.group_id = ANY(%(groups)s) AND extract(isodow FROM given.day) = slot.weekday
      AND given.day >= slot.valid_from AND (slot.valid_until IS NULL OR given.day < slot.valid_until)
      AND NOT EXISTS (
        SELECT FROM schedule_closingday closed WHERE closed.branch_id = branch.id AND closed.day = given.day::date)
    ORDER BY starts_at, slot.id
    """,
    """
    INSERT INTO schedule_lessonteacher (lesson_id, employee_id, during, counts)
    SELECT lesson.id, teacher.employee_id, tstzrange(starts_at, ends_at), true
    FROM schedule_lesson lesson JOIN groups_group_teachers teacher ON teacher.group_id = lesson.group_id
    WHERE lesson.day BETWEEN %(since)s AND %(until)s AND lesson.group_id = ANY(%(groups)s)
    ORDER BY starts_at, lesson.id
    """,
)


def _make(browser: Browser, case: Case) -> int:
    return schedule.make_lessons(
        since=case["since"], until=case["until"], group_ids=case["groups"], at=datetime.now(UTC), by=WHO
    ).lessons


def _withdraw(browser: Browser, case: Case) -> None:
    """By the action that takes back what a changed timetable gives no more, after a second run that must make nothing:
    only history is left."""
    if made := _make(browser, case):
        raise Unexpected(f"{made} lessons were made a second time.")
    lessons = Lesson.objects.filter(group__in=case["groups"], day__range=(case["since"], case["until"]))
    schedule.withdraw_lessons(
        lesson_ids=list(lessons.values_list("pk", flat=True)), under=Permission.GROUP_EDIT, at=datetime.now(UTC), by=WHO
    )


BENCHES = (
    Bench(
        name="generate", budget=Budget(p95=5000, statements=40, ratio=None),
        cases=WEEKS, act=_make, after=_withdraw, by_hand=BY_HAND, writes=True, n=3,
    ),
)
