"""Lessons made ahead from the timetable: by statements over all slots at once, whatever their number."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups.models import Group, GroupState
from rollbook.domains.history import actions as history
from rollbook.domains.schedule.models import Lesson, LessonType


def _teachers(place: str) -> str:
    """Who teaches at a place that has slot_id, group_id and day: those of the slot, else those of the group."""
    return f"""
    employee.id IN (
      SELECT own.employee_id FROM schedule_timetableslot_teachers own WHERE own.timetableslot_id = {place}.slot_id
      UNION ALL
      SELECT shared.employee_id FROM groups_group_teachers shared
      WHERE shared.group_id = {place}.group_id AND NOT EXISTS (
        SELECT FROM schedule_timetableslot_teachers own WHERE own.timetableslot_id = {place}.slot_id
      )
    ) AND (employee.left_on IS NULL OR employee.left_on > {place}.day)"""


# What the timetable gives and is not there yet. The wall time of the branch is what holds: 17:00 stays 17:00 over a
# change of clocks; a time that the clocks leap over comes an hour later.
CANDIDATES = f"""
  candidate AS (
    SELECT slot.id AS slot_id, slot.group_id, slot.room_id, branch.id AS branch_id, given.day::date AS day,
           time.starts_at, time.ends_at
    FROM schedule_timetableslot slot
    JOIN groups_group ON groups_group.id = slot.group_id
    JOIN access_branch branch ON branch.id = groups_group.branch_id
    CROSS JOIN LATERAL (
      SELECT greatest(
               slot.valid_from, coalesce(%(since)s::date, (%(at)s AT TIME ZONE branch.time_zone)::date)
             ) AS first,
             least(%(until)s::date, slot.valid_until - 1) AS last
    ) bounds
    CROSS JOIN LATERAL generate_series(
      bounds.first + (slot.weekday - extract(isodow FROM bounds.first)::int + 7) %% 7, bounds.last, interval '7 days'
    ) given (day)
    CROSS JOIN LATERAL (
      SELECT begins AS starts_at, begins + slot.minutes * interval '1 minute' AS ends_at
      FROM (SELECT (given.day::date + slot.starts) AT TIME ZONE branch.time_zone) local (begins)
    ) time
    WHERE slot.group_id = ANY(%(groups)s)
      AND NOT EXISTS (
        SELECT FROM schedule_closingday closed WHERE closed.branch_id = branch.id AND closed.day = given.day::date
      )
      AND NOT EXISTS (
        SELECT FROM schedule_lesson lesson
        WHERE lesson.slot_id = slot.id AND coalesce(lesson.moved_from, lesson.day) = given.day::date
      )
      -- A lesson of the group at that time that somebody has touched outlives its rule, and takes the place of the new.
      AND NOT EXISTS (
        SELECT FROM schedule_lesson lesson
        LEFT JOIN schedule_timetableslot rule ON rule.id = lesson.slot_id
          AND (rule.valid_until IS NULL OR rule.valid_until > lesson.day)
        WHERE rule.id IS NULL AND lesson.group_id = slot.group_id AND lesson.ends_at > time.starts_at
          AND lesson.starts_at BETWEEN time.starts_at - interval '10 hours' AND time.ends_at - interval '1 microsecond'
      )
      -- And so does one that was moved away, on the day from which it was.
      AND NOT EXISTS (
        SELECT FROM schedule_lesson lesson
        LEFT JOIN schedule_timetableslot rule ON rule.id = lesson.slot_id
          AND (rule.valid_until IS NULL OR rule.valid_until > lesson.moved_from)
        WHERE rule.id IS NULL AND lesson.group_id = slot.group_id AND lesson.moved_from = given.day::date
      )
  ),
  expected AS (
    SELECT candidate.slot_id, candidate.day, employee.id AS employee_id
    FROM candidate
    JOIN people_employee employee ON {_teachers("candidate")}
  ),
  collision AS (
    SELECT candidate.slot_id, candidate.day, other.id AS other_id, candidate.room_id, NULL::bigint AS employee_id
    FROM candidate
    JOIN schedule_lesson other ON other.room_id = candidate.room_id
      AND tstzrange(other.starts_at, other.ends_at) && tstzrange(candidate.starts_at, candidate.ends_at)
      AND NOT other.is_joint AND other.cancelled_at IS NULL AND other.room_id IS NOT NULL
    UNION ALL
    SELECT candidate.slot_id, candidate.day, other.lesson_id, NULL, other.employee_id
    FROM candidate
    JOIN expected USING (slot_id, day)
    JOIN schedule_lessonteacher other ON other.employee_id = expected.employee_id
      AND other.during && tstzrange(candidate.starts_at, candidate.ends_at) AND other.counts
  )
"""

# How many the timetable gives, and those that were made. The day stands in for what the trigger puts there. That a room
# is taken is seen by the constraint; a lesson knows nothing of its teachers yet. Whoever slips in between the look and
# the insert wins.
MAKE = f"""
  WITH {CANDIDATES},
  made AS (
    INSERT INTO schedule_lesson
      (branch_id, group_id, lesson_type_id, room_id, starts_at, ends_at, day, slot_id, topic, note, is_joint,
       cancel_reason)
    SELECT branch_id, group_id, %(type)s, room_id, starts_at, ends_at, day, slot_id, '', '', false, ''
    FROM candidate
    WHERE NOT EXISTS (
      SELECT FROM collision
      WHERE (collision.slot_id, collision.day) = (candidate.slot_id, candidate.day) AND employee_id IS NOT NULL
    )
    ORDER BY starts_at, slot_id
    ON CONFLICT DO NOTHING
    RETURNING id
  )
  SELECT (SELECT count(*) FROM candidate), ARRAY(SELECT id FROM made)
"""

# Whom each new lesson needs.
_NEEDED = f"""
  needed AS (
    SELECT lesson.id AS lesson_id, lesson.starts_at, lesson.ends_at, employee.id AS employee_id
    FROM schedule_lesson lesson
    JOIN people_employee employee ON {_teachers("lesson")}
    WHERE lesson.id = ANY(%(made)s)
  )
"""

# Whether all of them were free.
TEACH = f"""
  WITH {_NEEDED},
  taught AS (
    INSERT INTO schedule_lessonteacher (lesson_id, employee_id, during, counts)
    SELECT lesson_id, employee_id, tstzrange(starts_at, ends_at), true
    FROM needed ORDER BY starts_at, lesson_id, employee_id
    ON CONFLICT DO NOTHING
    RETURNING id
  )
  SELECT (SELECT count(*) FROM needed) = (SELECT count(*) FROM taught)
"""

# Two slots of this same run wanted one teacher at one time: the later lesson goes again.
UNTAUGHT = f"""
  WITH {_NEEDED}
  SELECT DISTINCT lesson_id FROM needed
  WHERE NOT EXISTS (
    SELECT FROM schedule_lessonteacher teacher
    WHERE (teacher.lesson_id, teacher.employee_id) = (needed.lesson_id, needed.employee_id)
  )
"""

COLLISIONS = f"""
  WITH {CANDIDATES}
  SELECT DISTINCT ON (candidate.starts_at, groups_group.name, candidate.slot_id)
         candidate.slot_id, candidate.group_id, groups_group.name, candidate.starts_at AT TIME ZONE branch.time_zone,
         coalesce(room.name, ''), coalesce(employee.name, ''), collision.other_id
  FROM candidate
  JOIN groups_group ON groups_group.id = candidate.group_id
  JOIN access_branch branch ON branch.id = candidate.branch_id
  LEFT JOIN collision USING (slot_id, day)
  LEFT JOIN schedule_room room ON room.id = collision.room_id
  LEFT JOIN people_employee employee ON employee.id = collision.employee_id
  ORDER BY candidate.starts_at, groups_group.name, candidate.slot_id, collision.room_id NULLS LAST, collision.other_id
"""

Told = dict[str, list[int] | date | datetime | None]

# A lesson that goes again may have kept a third one away: so the rest is tried once more.
PASSES = 3


@dataclass(frozen=True, slots=True)
class Collision:
    """A lesson that the timetable gives and that was not made: its room, or else its teacher, is taken at that time."""

    slot_id: int
    group_id: int
    group: str
    starts_at: datetime
    """In the time of the branch, without a zone."""
    room: str
    teacher: str
    other: str
    """The group that meets then; empty where it may not be seen, or the other lesson has no group."""


@dataclass(frozen=True, slots=True)
class Made:
    lessons: int
    collisions: tuple[Collision, ...]


@transaction.atomic
def make_lessons(
    *,
    until: date,
    since: date | None = None,
    group_ids: Collection[int] | None = None,
    under: Permission = Permission.GROUP_EDIT,
    at: datetime,
    by: Actor,
) -> Made:
    """Make the lessons that the timetables give on the days [since, until], from today on if no day is said.

    Of the groups given, or of all that `by` reaches and that still meet. What is there already is left alone, so
    making twice makes nothing twice, and two who make at once wait for each other. What collides is not made but
    listed, so that one bad slot does not stop the rest.
    """
    groups = Group.objects.visible_to(by, under).filter(state__in=[GroupState.RECRUITING, GroupState.RUNNING])
    if group_ids is not None:
        groups = groups.filter(pk__in=group_ids)
    # The groups first, as whoever changes one does who then comes here: else each could wait for the other.
    ids = list(groups.locked().order_by("pk").values_list("pk", flat=True))
    told: Told = {"groups": ids, "since": since, "until": until, "at": at}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('schedule.make_lessons'))")
    made, is_all = _make(told)
    collisions = () if is_all else _collisions(told, by)
    _tell(made, until, at, by)
    return Made(len(made), collisions)


def _make(told: Told) -> tuple[list[int], bool]:
    """The lessons, and whether they are all that the timetable gives."""
    kind = LessonType.objects.get_or_create(code="group")[0].pk
    made: list[int] = []
    is_all = False
    with connection.cursor() as cursor:
        for _pass in range(PASSES):
            cursor.execute(MAKE, {**told, "type": kind})
            given, new = cursor.fetchone()
            untaught = _teach(cursor, new)
            made += [pk for pk in new if pk not in untaught]
            is_all = given == len(new) and not untaught
            if not untaught:
                break
            Lesson.objects.filter(pk__in=untaught).delete()
    return made, is_all


def _teach(cursor: CursorWrapper, made: list[int]) -> set[int]:
    """Give new lessons their teachers; returns those whose teacher is not free."""
    cursor.execute(TEACH, {"made": made})
    (all_were_free,) = cursor.fetchone()
    if all_were_free:
        return set()
    cursor.execute(UNTAUGHT, {"made": made})
    return {pk for (pk,) in cursor.fetchall()}


def _collisions(asked: Told, by: Actor) -> tuple[Collision, ...]:
    with connection.cursor() as cursor:
        cursor.execute(COLLISIONS, asked)
        rows = cursor.fetchall()
    if not rows:
        return ()
    seen = by.may(Permission.JOURNAL_SEE) and Lesson.objects.visible_to(by, Permission.JOURNAL_SEE).filter(
        pk__in={row[-1] for row in rows if row[-1]}, group__isnull=False
    )
    names = dict(seen.values_list("pk", "group__name")) if seen else {}
    return tuple(
        Collision(slot, group_id, group, starts, room, teacher, names.get(other, ""))
        for slot, group_id, group, starts, room, teacher, other in rows
    )


def _tell(made: list[int], until: date, at: datetime, by: Actor) -> None:
    if not made:
        return
    counted: dict[int, int] = {}
    for group in Lesson.objects.filter(pk__any=made).values_list("group", flat=True):
        counted[group] = counted.get(group, 0) + 1
    history.record_many(
        verb="lessons.made", at=at, by=by,
        changes=[
            history.Change(f"group:{group}", {"lessons": number, "until": until.isoformat()})
            for group, number in sorted(counted.items())
        ],
    )


@transaction.atomic
def withdraw_lessons(*, lesson_ids: Collection[int], under: Permission, at: datetime, by: Actor) -> int:
    """Take lessons away that were made ahead and that nobody has touched; returns how many. Others are left alone.

    Whether something is marked in them is known to the workflow, which leaves those out.
    """
    lessons = Lesson.objects.visible_to(by, under).untouched(at).filter(pk__in=lesson_ids)
    rows = list(lessons.values_list("pk", "group"))
    if not rows:
        return 0
    counted: dict[int, int] = {}
    for _pk, group in rows:
        counted[group] = counted.get(group, 0) + 1
    Lesson.objects.filter(pk__in=[pk for pk, _group in rows]).delete()
    history.record_many(
        verb="lessons.withdrawn", at=at, by=by,
        changes=[history.Change(f"group:{group}", {"lessons": number}) for group, number in sorted(counted.items())],
    )
    return len(rows)
