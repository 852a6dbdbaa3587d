"""A cell, and a whole lesson. What is marked is put back by marking it once more: the ledger keeps a charge and its
reversal for each, the history the acts, and a mark its new version."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Thread

from django.db import OperationalError, connection

from rollbook.operations.bench.browser import Browser
from rollbook.operations.bench.declaration import Bench, Budget, Case
from rollbook.operations.doctor import examine

# Marks that cost something one way and nothing the other, half of them each way.
CELLS = """
  (SELECT mark.lesson_id, mark.client_id, ARRAY[mark.client_id] AS clients, mark.status AS stands,
          CASE mark.status WHEN 'attended' THEN 'excused' ELSE 'attended' END AS status, minutes_late, '1' AS size
   FROM journal_mark mark JOIN schedule_lesson lesson ON lesson.id = mark.lesson_id
   WHERE mark.day > (SELECT max(day) FROM journal_mark WHERE present) - 30
     AND mark.status = 'attended' AND kind = 'regular' AND price > 0
     AND lesson.held_at IS NOT NULL AND lesson.group_id IS NOT NULL
   ORDER BY md5(mark.id::text) LIMIT 100)
  UNION ALL
  (SELECT mark.lesson_id, mark.client_id, ARRAY[mark.client_id], mark.status, 'attended', 0, '1'
   FROM journal_mark mark JOIN schedule_lesson lesson ON lesson.id = mark.lesson_id
   WHERE mark.day > (SELECT max(day) FROM journal_mark WHERE present) - 30
     AND mark.status = 'excused' AND kind = 'regular' AND price > 0
     AND lesson.held_at IS NOT NULL AND lesson.group_id IS NOT NULL
     AND worked_off_on IS NULL AND NOT EXISTS (SELECT FROM journal_mark visit WHERE visit.makes_up_id = mark.id)
   ORDER BY md5(mark.id::text) LIMIT 100)
  ORDER BY 1, 2
"""

# Lessons of which nothing is worked off, the largest first; with all that was marked there.
LESSONS = """
  SELECT lesson_id, array_agg(mark.client_id ORDER BY mark.client_id) AS clients, 'attended' AS status,
         json_object_agg(mark.client_id, json_build_array(mark.status, minutes_late)) AS stood, count(*)::text AS size
  FROM journal_mark mark JOIN schedule_lesson lesson ON lesson.id = mark.lesson_id
  WHERE mark.day > (SELECT max(day) FROM journal_mark WHERE present) - 30
    AND lesson.held_at IS NOT NULL AND lesson.group_id IS NOT NULL
  GROUP BY lesson_id
  HAVING every(kind = 'regular' AND status <> 'planned' AND worked_off_on IS NULL) AND every(NOT EXISTS (
    SELECT FROM journal_mark visit WHERE visit.makes_up_id = mark.id))
  ORDER BY abs(count(*) - 30), md5(lesson_id::text) LIMIT 100
"""

BY_HAND = (
    "SELECT id FROM schedule_lesson WHERE id = %(lesson_id)s FOR NO KEY UPDATE",
    """
    WITH lesson AS (
      SELECT lesson.id, lesson.day, lesson.moved_from, lesson.group_id, lesson.branch_id, groups_group.programme_id
      FROM schedule_lesson lesson JOIN groups_group ON groups_group.id = lesson.group_id
      WHERE lesson.id = %(lesson_id)s
    ), terms AS (
      SELECT tariff.* FROM lesson JOIN billing_tariffuse tariff_use ON (
        tariff_use.group_id = lesson.group_id OR tariff_use.programme_id = lesson.programme_id)
      JOIN billing_tariff tariff ON tariff.id = tariff_id
      WHERE since <= lesson.day AND (until IS NULL OR until > lesson.day)
      ORDER BY tariff_use.group_id NULLS LAST LIMIT 1
    ), month AS (
      SELECT count(*) AS lessons
      FROM lesson JOIN schedule_timetableslot slot ON slot.group_id = lesson.group_id
      CROSS JOIN LATERAL generate_series(
        date_trunc('month', lesson.day::timestamp),
        date_trunc('month', lesson.day::timestamp) + interval '1 month -1 day', interval '1 day'
      ) given (day)
      WHERE extract(isodow FROM given.day) = slot.weekday AND given.day >= slot.valid_from
        AND (slot.valid_until IS NULL OR given.day < slot.valid_until)
        AND NOT EXISTS (
          SELECT FROM schedule_closingday closed
          WHERE closed.branch_id = lesson.branch_id AND closed.day = given.day::date)
    ), held AS (
      SELECT DISTINCT ON (sold.client_id) sold.client_id, sold.unit, sold.charged = 'start' AS prepaid,
        CASE WHEN sold.used - coalesce(own.uses::int, 0) + 1 < sold.lessons - sold.frozen THEN sold.unit
          ELSE sold.amount - sold.frozen * sold.unit - coalesce((
            SELECT sum(mark.price) FROM billing_coveredmark covered JOIN journal_mark mark ON mark.id = covered.mark_id
            WHERE covered.subscription_id = sold.id AND covered.uses AND mark.lesson_id <> lesson.id), 0)
        END AS using_one
      FROM lesson JOIN billing_subscription sold ON sold.client_id = ANY(%(clients)s)
        AND sold.taken_back_at IS NULL AND (sold.closed_on IS NULL OR sold.until > lesson.day)
      LEFT JOIN (
        SELECT mark.lesson_id, covered.subscription_id, covered.uses
        FROM billing_coveredmark covered JOIN journal_mark mark ON mark.id = covered.mark_id
        WHERE mark.lesson_id = %(lesson_id)s
      ) own ON own.subscription_id = sold.id
      WHERE own.subscription_id IS NOT NULL OR sold.used < sold.lessons - sold.frozen AND EXISTS (
        SELECT FROM billing_subscriptiongroup place WHERE place.subscription_id = sold.id
          AND place.group_id = lesson.group_id AND place.since <= lesson.day AND place.until > lesson.day)
      ORDER BY sold.client_id, own.subscription_id NULLS LAST, sold.until, sold.id
    )
    INSERT INTO journal_mark AS standing (
      client_id, lesson_id, day, kind, status, minutes_late, present, uses_lesson, pays_teacher, share, price,
      prepaid, make_up_until, worked_off_note, marked_at, marked_by_id, version)
    SELECT enrolment.client_id, lesson.id, lesson.day, 'regular', %(status)s, 0, %(status)s = 'attended',
           %(status)s = 'attended' OR excused_share > 0, %(status)s = 'attended',
           CASE %(status)s WHEN 'attended' THEN 100 ELSE excused_share END,
           coalesce(
             CASE WHEN %(status)s = 'attended' OR excused_share > 0 THEN held.using_one ELSE held.unit END,
             round(terms.price / CASE pricing
               WHEN 'fixed' THEN 1 WHEN 'whole' THEN terms.lessons ELSE greatest(month.lessons, 1) END, 6)),
           coalesce(held.prepaid, false),
           CASE WHEN %(status)s = 'excused' AND rules.make_ups
                THEN lesson.day + coalesce(terms.make_up_days, rules.make_up_days) END,
           '', now(), %(user)s, 1
    FROM lesson CROSS JOIN terms CROSS JOIN month CROSS JOIN access_organisation rules
    JOIN groups_enrolment enrolment ON enrolment.group_id = lesson.group_id
      AND enrolment.since <= lesson.day AND (enrolment.until IS NULL OR enrolment.until > lesson.day)
      AND (enrolment.weekdays IS NULL
           OR extract(isodow FROM coalesce(lesson.moved_from, lesson.day)) = ANY(enrolment.weekdays))
    LEFT JOIN held ON held.client_id = enrolment.client_id
    WHERE enrolment.client_id = ANY(%(clients)s) AND NOT EXISTS (
      SELECT FROM groups_freeze pause
      WHERE pause.client_id = enrolment.client_id AND since <= lesson.day AND pause.until > lesson.day)
    ON CONFLICT (lesson_id, client_id) DO UPDATE SET
      status = excluded.status, minutes_late = 0, present = excluded.present, uses_lesson = excluded.uses_lesson,
      pays_teacher = excluded.pays_teacher, share = excluded.share, price = excluded.price,
      prepaid = excluded.prepaid, make_up_until = excluded.make_up_until, marked_at = excluded.marked_at,
      marked_by_id = excluded.marked_by_id, version = standing.version + 1
    """,
    """
    UPDATE billing_coveredmark covered SET uses = mark.uses_lesson FROM journal_mark mark
    WHERE mark.id = covered.mark_id AND mark.lesson_id = %(lesson_id)s AND mark.client_id = ANY(%(clients)s)
      AND covered.uses <> mark.uses_lesson
    """,
    "UPDATE schedule_lesson SET held_at = now(), held_by_id = %(user)s WHERE id = %(lesson_id)s AND held_at IS NULL",
    """
    WITH mark AS (
      SELECT mark.id, mark.client_id, mark.day, CASE WHEN mark.prepaid THEN 0 ELSE
             round(mark.price * mark.share / 100, 2) END AS price, lesson.branch_id, lesson.group_id
      FROM journal_mark mark JOIN schedule_lesson lesson ON lesson.id = mark.lesson_id
      WHERE mark.lesson_id = %(lesson_id)s AND mark.client_id = ANY(%(clients)s)
    ), charged AS (
      SELECT entry.* FROM billing_ledgerentry entry JOIN mark ON mark.id = entry.mark_id
      WHERE entry.kind = 'charge' AND NOT EXISTS (
        SELECT FROM billing_ledgerentry reversal WHERE reversal.reverses_id = entry.id)
    )
    INSERT INTO billing_ledgerentry
      (client_id, branch_id, group_id, kind, amount, mark_id, reverses_id, day, made_at)
    SELECT charged.client_id, charged.branch_id, charged.group_id, 'reversal', -charged.amount, mark_id, charged.id,
           charged.day, now()
    FROM charged JOIN mark ON mark.id = mark_id WHERE -charged.amount <> mark.price
    UNION ALL
    SELECT client_id, branch_id, group_id, 'charge', -price, mark.id, NULL, day, now() FROM mark
    WHERE price > 0 AND NOT EXISTS (SELECT FROM charged WHERE mark_id = mark.id AND -charged.amount = mark.price)
    """,
    """
    INSERT INTO history_entry (at, by_id, by_name, via, verb, subject, within, old, new)
    SELECT now(), access_user.id, access_user.name, 'web', 'lesson.marked', 'lesson:' || %(lesson_id)s,
           'group:' || lesson.group_id, '{}',
           (SELECT jsonb_object_agg(client_id, status) FROM journal_mark
            WHERE lesson_id = lesson.id AND client_id = ANY(%(clients)s))
    FROM access_user CROSS JOIN schedule_lesson lesson WHERE access_user.id = %(user)s AND lesson.id = %(lesson_id)s
    """,
    """
    SELECT pg_notify('rollbook', 'group:' || group_id || ' lesson:' || id) FROM schedule_lesson WHERE id = %(lesson_id)s
    """,
    # The answer: the cells, and the balances that followed.
    """
    SELECT mark.client_id, status, kind, version, share, make_up_until, balance
    FROM journal_mark mark LEFT JOIN billing_account account ON account.client_id = mark.client_id
    WHERE lesson_id = %(lesson_id)s AND mark.client_id = ANY(%(clients)s)
    """,
)


def _mark(browser: Browser, case: Case) -> bytes:
    return browser.post(f"/lessons/{case['lesson_id']}/marks/", {f"mark-{case['client_id']}": case["status"]})


def _unmark(browser: Browser, case: Case) -> bytes:
    return _set(browser, case, {case["client_id"]: (case["stands"], case["minutes_late"])})


def _everyone(browser: Browser, case: Case) -> bytes:
    return browser.post(f"/lessons/{case['lesson_id']}/everyone/", {})


def _clear(browser: Browser, case: Case) -> bytes:
    return _set(browser, case, dict.fromkeys(case["clients"], ("", 0)))


def _restore(browser: Browser, case: Case) -> bytes:
    return _set(browser, case, case["stood"])


def _set(browser: Browser, case: Case, marks: Mapping[object, tuple[str, int]]) -> bytes:
    told: dict[str, object] = {}
    for client, (status, late) in marks.items():
        told |= {f"mark-{client}": status, f"late-{client}": late or ""}
    return browser.post(f"/lessons/{case['lesson_id']}/marks/", told)


@contextmanager
def two_reports() -> Iterator[None]:
    """Two readers who never rest: the promises of doctor, each of which reads a large part of the database."""
    with ExitStack() as readers:
        for _ in range(2):
            readers.enter_context(_reading())
        yield


@contextmanager
def _reading() -> Iterator[None]:
    enough, begun = Event(), Event()
    running = []

    def read() -> None:
        connection.ensure_connection()
        running.append(connection.connection)
        begun.set()
        with suppress(OperationalError):
            while not enough.is_set():
                for _finding in examine():
                    if enough.is_set():
                        break
        connection.close()

    reader = Thread(target=read, daemon=True)
    reader.start()
    begun.wait()
    try:
        yield
    finally:
        enough.set()
        while reader.is_alive():
            running[0].cancel()
            reader.join(0.1)


BENCHES = (
    Bench(
        name="mark", budget=Budget(p95=25, p50=12, statements=20),
        cases=CELLS, act=_mark, after=_unmark, by_hand=BY_HAND, writes=True,
    ),
    Bench(
        name="mark_busy", budget=Budget(p95=60, statements=20), beside=two_reports,
        cases=CELLS, act=_mark, after=_unmark, by_hand=BY_HAND, writes=True,
    ),
    Bench(
        name="everyone", budget=Budget(p95=50, statements=25),
        cases=LESSONS, before=_clear, act=_everyone, after=_restore, by_hand=BY_HAND, writes=True, n=100,
    ),
)
