"""The journal of a group, as a page."""

from rollbook.operations.bench.browser import Browser
from rollbook.operations.bench.declaration import Bench, Budget, Case

# Groups and the days of their last lessons, so many that a journal has `lessons` columns; the groups with about
# `members` rows first. Few groups of a school are as large as the target: more lessons stand in for missing rows.
GROUPS = """
  SELECT candidate.id AS group_id, candidate.programme_id, candidate.branch_id, candidate.first, candidate.last,
         least(candidate.last, (now() AT TIME ZONE branch.time_zone)::date) AS nearest,
         candidate.members || ' x ' || %(lessons)s AS size
  FROM (
    SELECT groups_group.id, groups_group.programme_id, groups_group.branch_id, newest.day AS last, oldest.day AS first,
           (SELECT count(DISTINCT client_id) FROM groups_enrolment enrolment
            WHERE enrolment.group_id = groups_group.id AND since <= newest.day
              AND (until IS NULL OR until > oldest.day)) AS members
    FROM groups_group
    CROSS JOIN LATERAL (
      SELECT day FROM schedule_lesson WHERE group_id = groups_group.id AND held_at IS NOT NULL
      ORDER BY starts_at DESC LIMIT 1
    ) newest
    CROSS JOIN LATERAL (
      SELECT day FROM schedule_lesson
      WHERE group_id = groups_group.id AND starts_at < newest.day + 1
      ORDER BY starts_at DESC OFFSET %(lessons)s - 1 LIMIT 1
    ) oldest
  ) candidate
  JOIN access_branch branch ON branch.id = candidate.branch_id
  WHERE candidate.last - candidate.first < 366
  ORDER BY abs(members - %(members)s), md5(candidate.id::text) LIMIT 100
"""

BY_HAND = (
    # The head.
    """
    SELECT groups_group.name, state, groups_group.capacity, groups_group.minimum, programme.name, branch.name,
           branch.time_zone,
           (SELECT array_agg(employee.name ORDER BY employee.search) FROM groups_group_teachers teacher
            JOIN people_employee employee ON employee.id = teacher.employee_id
            WHERE teacher.group_id = groups_group.id)
    FROM groups_group JOIN groups_programme programme ON programme.id = programme_id
    JOIN access_branch branch ON branch.id = branch_id
    WHERE groups_group.id = %(group_id)s
    """,
    # The columns.
    """
    SELECT lesson.id, day, starts_at, ends_at, held_at, cancelled_at, cancel_reason, topic, note, room.name,
           (SELECT array_agg(employee.name ORDER BY employee.search) FROM schedule_lessonteacher teacher
            JOIN people_employee employee ON employee.id = teacher.employee_id WHERE teacher.lesson_id = lesson.id)
    FROM schedule_lesson lesson LEFT JOIN schedule_room room ON room.id = room_id
    WHERE group_id = %(group_id)s AND day BETWEEN %(first)s AND %(last)s
    ORDER BY starts_at, lesson.id
    """,
    # The cells.
    """
    SELECT client_id, lesson_id, status, kind, version, minutes_late, share, make_up_until, worked_off_note,
           CASE WHEN worked_off_on IS NOT NULL THEN worked_off_on WHEN status IN ('missed', 'excused') THEN (
             SELECT visit.day FROM journal_mark visit
             WHERE visit.makes_up_id = mark.id AND visit.status = 'attended' AND NOT stands_aside LIMIT 1
           ) END,
           CASE WHEN status IN ('missed', 'excused') AND make_up_until IS NOT NULL THEN (
             SELECT visit.day FROM journal_mark visit
             WHERE visit.makes_up_id = mark.id AND visit.status = 'planned' AND NOT stands_aside LIMIT 1
           ) END, lapsed_on, charged
    FROM journal_mark mark
    WHERE lesson_id IN (
      SELECT id FROM schedule_lesson WHERE group_id = %(group_id)s AND day BETWEEN %(first)s AND %(last)s)
    """,
    # The rows: members and guests, who pays for them and what they have.
    """
    SELECT client.id, client.name, client.birth_date, since, until, weekdays, payer.name, kinship, payer.phone,
           coalesce(account.balance, 0)
    FROM people_client client
    LEFT JOIN groups_enrolment enrolment ON enrolment.client_id = client.id AND enrolment.group_id = %(group_id)s
      AND since <= %(last)s AND (until IS NULL OR until > %(first)s)
    LEFT JOIN people_relation relation ON relation.client_id = client.id AND relation.pays
    LEFT JOIN people_contact payer ON payer.id = relation.contact_id
    LEFT JOIN billing_account account ON account.client_id = client.id
    WHERE client.id IN (
      SELECT client_id FROM groups_enrolment
      WHERE group_id = %(group_id)s AND since <= %(last)s AND (until IS NULL OR until > %(first)s)
      UNION
      SELECT client_id FROM journal_mark WHERE status IS NOT NULL AND lesson_id IN (
        SELECT id FROM schedule_lesson WHERE group_id = %(group_id)s AND day BETWEEN %(first)s AND %(last)s)
    )
    ORDER BY client.search, client.id, since
    """,
    """
    SELECT client_id, since, until, reason FROM groups_freeze
    WHERE since <= %(last)s AND until > %(first)s AND client_id IN (
      SELECT client_id FROM groups_enrolment
      WHERE group_id = %(group_id)s AND since <= %(last)s AND (until IS NULL OR until > %(first)s))
    """,
    # The timetable and what a lesson costs.
    """
    SELECT slot.id, weekday, starts, minutes, room.name, valid_from, valid_until
    FROM schedule_timetableslot slot LEFT JOIN schedule_room room ON room.id = room_id
    WHERE group_id = %(group_id)s ORDER BY weekday, starts, slot.id
    """,
    """
    SELECT tariff.name, pricing, price, lessons,
           (SELECT array_agg(day) FROM schedule_closingday closed WHERE closed.branch_id = %(branch_id)s
            AND day >= date_trunc('month', %(nearest)s::timestamp) AND day < date_trunc('month', %(nearest)s::timestamp)
              + interval '1 month')
    FROM billing_tariffuse tariff_use JOIN billing_tariff tariff ON tariff.id = tariff_id
    WHERE (group_id = %(group_id)s OR programme_id = %(programme_id)s) AND since <= %(nearest)s
      AND (until IS NULL OR until > %(nearest)s)
    ORDER BY group_id NULLS LAST LIMIT 1
    """,
    # What the month brings, how many came lately, when they meet next.
    """
    SELECT -sum(amount) FROM billing_ledgerentry
    WHERE group_id = %(group_id)s AND day BETWEEN %(first)s AND %(last)s AND mark_id IS NOT NULL
    """,
    """
    SELECT lesson_id, count(*) FILTER (WHERE present), count(*) FROM journal_mark
    WHERE status <> 'planned' AND lesson_id IN (
      SELECT id FROM schedule_lesson WHERE group_id = %(group_id)s AND held_at IS NOT NULL ORDER BY starts_at DESC
      LIMIT 8)
    GROUP BY lesson_id
    """,
    """
    SELECT starts_at FROM schedule_lesson
    WHERE group_id = %(group_id)s AND starts_at > now() AND cancelled_at IS NULL ORDER BY starts_at LIMIT 1
    """,
)


def _show(browser: Browser, case: Case) -> bytes:
    days = {"first": case["first"], "last": case["last"]}
    return browser.get(f"/groups/{case['group_id']}/", days)


BENCHES = (
    Bench(
        name="journal", budget=Budget(p95=50, statements=15),
        cases=GROUPS, given={"members": 30, "lessons": 31}, act=_show, by_hand=BY_HAND,
    ),
    Bench(
        name="journal_12x100", budget=Budget(p95=50, p50=20, statements=15),
        cases=GROUPS, given={"members": 12, "lessons": 100}, act=_show, by_hand=BY_HAND,
    ),
)
