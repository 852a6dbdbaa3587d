"""The list of groups."""

from rollbook.operations.bench.browser import Browser
from rollbook.operations.bench.declaration import Bench, Budget, Case

BRANCHES = """
  SELECT branch.id AS branch_id, branch.time_zone, count(*) AS size
  FROM access_branch branch JOIN groups_group ON groups_group.branch_id = branch.id
  WHERE state IN ('recruiting', 'running') GROUP BY branch.id ORDER BY branch.id
"""

BY_HAND = (
    "SELECT DISTINCT branch.id, branch.name FROM access_branch branch JOIN groups_group ON branch_id = branch.id",
    """
    SELECT groups_group.id, groups_group.name, programme.name, branch.name, groups_group.capacity, groups_group.minimum,
           teachers.names, slots.rules, enrolled.number, coming.starts_at, past.unmarked
    FROM (
      SELECT * FROM groups_group WHERE branch_id = %(branch_id)s AND state IN ('recruiting', 'running')
      ORDER BY search, id LIMIT 61
    ) groups_group
    JOIN groups_programme programme ON programme.id = programme_id
    JOIN access_branch branch ON branch.id = branch_id
    CROSS JOIN LATERAL (
      SELECT array_agg(employee.name ORDER BY employee.search) AS names FROM groups_group_teachers teacher
      JOIN people_employee employee ON employee.id = teacher.employee_id WHERE teacher.group_id = groups_group.id
    ) teachers
    CROSS JOIN LATERAL (
      SELECT json_agg(json_build_array(weekday, starts, minutes, room.name, valid_from, valid_until)) AS rules
      FROM schedule_timetableslot slot LEFT JOIN schedule_room room ON room.id = room_id
      WHERE slot.group_id = groups_group.id AND (valid_until IS NULL OR valid_until > current_date)
    ) slots
    CROSS JOIN LATERAL (
      SELECT count(DISTINCT client_id) AS number FROM groups_enrolment enrolment
      WHERE enrolment.group_id = groups_group.id AND since <= (now() AT TIME ZONE branch.time_zone)::date
        AND (until IS NULL OR until > (now() AT TIME ZONE branch.time_zone)::date)
    ) enrolled
    CROSS JOIN LATERAL (
      SELECT min(starts_at) AS starts_at FROM schedule_lesson lesson
      WHERE lesson.group_id = groups_group.id AND starts_at > now() AND cancelled_at IS NULL
    ) coming
    CROSS JOIN LATERAL (
      SELECT count(*) AS unmarked FROM schedule_lesson lesson
      WHERE lesson.group_id = groups_group.id AND starts_at > now() - interval '31 days' AND ends_at <= now()
        AND held_at IS NULL AND cancelled_at IS NULL
    ) past
    ORDER BY groups_group.search, groups_group.id
    """,
)


def _list(browser: Browser, case: Case) -> bytes:
    return browser.get("/groups/", {"branch": case["branch_id"]})


BENCHES = (
    Bench(name="list_groups", budget=Budget(p95=60, statements=6), cases=BRANCHES, act=_list, by_hand=BY_HAND),
)
