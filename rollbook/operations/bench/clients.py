"""Clients: found while typing, listed, and looked at one by one."""

from rollbook.operations.bench.browser import Browser
from rollbook.operations.bench.declaration import Bench, Budget, Case

# What people type, of payers and children spread over the whole database: two letters of a surname, three, five; a
# surname and the beginning of a name; letters from the middle; four digits of a phone, and seven.
TYPED = """
  WITH somebody AS (
    SELECT split_part(client.search, ' ', 1) AS surname, split_part(client.search, ' ', 2) AS name,
           right(contact.phone, -1) AS phone
    FROM people_client client
    JOIN people_relation relation ON relation.client_id = client.id AND relation.pays
    JOIN people_contact contact ON contact.id = relation.contact_id AND contact.phone <> ''
    WHERE client.archived_at IS NULL AND length(split_part(client.search, ' ', 1)) > 5
      AND length(split_part(client.search, ' ', 2)) > 2
    ORDER BY md5(client.id::text) LIMIT 40
  )
  SELECT words, first, second, typed.phone
  FROM somebody CROSS JOIN LATERAL (
    VALUES
      (left(surname, 2), left(surname, 2) || '%%', NULL, NULL),
      (left(surname, 3), '%%' || left(surname, 3) || '%%', NULL, NULL),
      (left(surname, 5), '%%' || left(surname, 5) || '%%', NULL, NULL),
      (surname || ' ' || left(name, 3), '%%' || surname || '%%', '%%' || left(name, 3) || '%%', NULL),
      (substr(surname, 2, 4), '%%' || substr(surname, 2, 4) || '%%', NULL, NULL),
      (substr(phone, 4, 4), NULL, NULL, '%%' || substr(phone, 4, 4) || '%%'),
      (right(phone, 7), NULL, NULL, '%%' || right(phone, 7) || '%%')
  ) typed (words, first, second, phone)
"""

# A page of those who bear a first name, which is the filter that fits the most.
NAMED = """
  SELECT split_part(search, ' ', 2) AS words, '%%' || split_part(search, ' ', 2) || '%%' AS first, NULL AS second,
         NULL AS phone, count(*) AS size
  FROM people_client WHERE archived_at IS NULL AND length(split_part(search, ' ', 2)) > 3
  GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 20
"""

# Those with the most to tell, in the newest month there is.
CLIENTS = """
  WITH newest AS (SELECT max(day) AS day FROM journal_mark WHERE present)
  SELECT mark.client_id, to_char(newest.day, 'YYYY-MM') AS month,
         date_trunc('month', newest.day::timestamp)::date AS first,
         (date_trunc('month', newest.day::timestamp) + interval '1 month -1 day')::date AS last, count(*) AS size
  FROM newest JOIN journal_mark mark ON mark.day > newest.day - 30
  GROUP BY mark.client_id, newest.day ORDER BY md5(mark.client_id::text) LIMIT 300
"""

_FOUND = """
  WITH fits AS (
    SELECT id FROM people_client WHERE search LIKE %(first)s
    UNION
    SELECT client_id FROM people_relation relation JOIN people_contact contact ON contact.id = contact_id
    WHERE contact.search LIKE %(first)s
    UNION
    SELECT client_id FROM people_relation relation JOIN people_contact contact ON contact.id = contact_id
    WHERE contact.phone LIKE %(phone)s AND contact.phone <> ''
  ), found AS (
    SELECT client.id FROM people_client client JOIN fits USING (id)
    WHERE archived_at IS NULL AND (%(second)s::text IS NULL OR client.search LIKE %(second)s OR EXISTS (
      SELECT FROM people_relation relation JOIN people_contact contact ON contact.id = contact_id
      WHERE relation.client_id = client.id AND contact.search LIKE %(second)s))
    LIMIT 200
  ), page AS (
    SELECT client.id FROM found JOIN people_client client USING (id) ORDER BY client.search, client.id LIMIT 51
  )
  SELECT client.id, client.name, client.birth_date, branch.name, payer.name, kinship, payer.phone,
         coalesce(account.balance, 0),
         (SELECT array_agg(groups_group.name ORDER BY groups_group.search) FROM groups_enrolment enrolment
          JOIN groups_group ON groups_group.id = enrolment.group_id
          JOIN access_branch home ON home.id = groups_group.branch_id
          WHERE enrolment.client_id = client.id AND since <= (now() AT TIME ZONE home.time_zone)::date
            AND (until IS NULL OR until > (now() AT TIME ZONE home.time_zone)::date))
  FROM page JOIN people_client client USING (id) JOIN access_branch branch ON branch.id = branch_id
  LEFT JOIN people_relation relation ON relation.client_id = client.id AND relation.pays
  LEFT JOIN people_contact payer ON payer.id = relation.contact_id
  LEFT JOIN billing_account account ON account.client_id = client.id
  ORDER BY client.search, client.id
"""

_CARD = (
    """
    SELECT client.name, client.middle_name, client.is_company, client.birth_date, client.note, branch.name,
           branch.time_zone, responsible.name, coalesce(balance, 0)
    FROM people_client client JOIN access_branch branch ON branch.id = client.branch_id
    LEFT JOIN people_employee responsible ON responsible.id = client.responsible_id
    LEFT JOIN billing_account account ON account.client_id = client.id
    WHERE client.id = %(client_id)s
    """,
    """
    SELECT contact.id, contact.name, kinship, pays, phone, email, telegram, do_not_call
    FROM people_relation relation JOIN people_contact contact ON contact.id = contact_id
    WHERE client_id = %(client_id)s ORDER BY pays DESC, contact.search, relation.id
    """,
    """
    SELECT enrolment.id, groups_group.id, groups_group.name, branch_id, since, until, weekdays, tariff.*
    FROM groups_enrolment enrolment JOIN groups_group ON groups_group.id = group_id
    LEFT JOIN LATERAL (
      SELECT tariff.name, pricing, price, lessons
      FROM billing_tariffuse tariff_use JOIN billing_tariff tariff ON tariff.id = tariff_id
      WHERE (tariff_use.group_id = groups_group.id OR tariff_use.programme_id = groups_group.programme_id)
        AND tariff_use.since <= current_date AND (tariff_use.until IS NULL OR tariff_use.until > current_date)
      ORDER BY tariff_use.group_id NULLS LAST LIMIT 1
    ) tariff ON true
    WHERE client_id = %(client_id)s ORDER BY since DESC, enrolment.id DESC
    """,
    "SELECT id, since, until, reason FROM groups_freeze WHERE client_id = %(client_id)s ORDER BY since, id",
    # What the account says of the month.
    "SELECT coalesce(sum(amount), 0) FROM billing_ledgerentry WHERE client_id = %(client_id)s AND day < %(first)s",
    """
    SELECT entry.id, entry.day, entry.kind, entry.amount, groups_group.name, mark.kind, mark.status, mark.share, method,
           payment.note, payment.id
    FROM billing_ledgerentry entry LEFT JOIN groups_group ON groups_group.id = entry.group_id
    LEFT JOIN journal_mark mark ON mark.id = mark_id LEFT JOIN billing_payment payment ON payment.id = payment_id
    WHERE entry.client_id = %(client_id)s AND entry.day BETWEEN %(first)s AND %(last)s
      AND NOT EXISTS (SELECT FROM billing_ledgerentry reversal
                      WHERE reversal.reverses_id = entry.id AND reversal.day BETWEEN %(first)s AND %(last)s)
      AND NOT EXISTS (SELECT FROM billing_ledgerentry reversed
                      WHERE reversed.id = entry.reverses_id AND reversed.day BETWEEN %(first)s AND %(last)s)
    ORDER BY entry.day, entry.id
    """,
    # What is still to come in this month: the timetable, what is closed, what is decided.
    """
    SELECT slot.group_id, weekday, valid_from, valid_until FROM schedule_timetableslot slot
    WHERE group_id IN (SELECT group_id FROM groups_enrolment WHERE client_id = %(client_id)s)
    """,
    """
    SELECT closed.branch_id, day FROM schedule_closingday closed
    WHERE day >= date_trunc('month', now()) AND day < date_trunc('month', now()) + interval '1 month'
      AND closed.branch_id IN (SELECT branch_id FROM groups_enrolment JOIN groups_group ON groups_group.id = group_id
                               WHERE client_id = %(client_id)s)
    """,
    """
    SELECT lesson.group_id, lesson.day FROM schedule_lesson lesson
    LEFT JOIN journal_mark mark ON mark.lesson_id = lesson.id AND mark.client_id = %(client_id)s AND status <> 'planned'
    WHERE lesson.group_id IN (SELECT group_id FROM groups_enrolment WHERE client_id = %(client_id)s)
      AND lesson.day >= current_date AND lesson.day < date_trunc('month', now()) + interval '1 month'
      AND (cancelled_at IS NOT NULL OR mark.id IS NOT NULL)
    """,
    # What was done.
    """
    SELECT at, by_name, via, verb, subject, old, new FROM history_entry
    WHERE subject = 'client:' || %(client_id)s OR within = 'client:' || %(client_id)s ORDER BY at DESC, id DESC LIMIT 50
    """,
    # Who has looked.
    """
    SELECT at, by_name, via FROM history_reading
    WHERE subject = 'client:' || %(client_id)s ORDER BY hour DESC, id DESC LIMIT 50
    """,
)


def _type(browser: Browser, case: Case) -> bytes:
    return browser.get("/clients/", {"q": case["words"]}, block=True)


def _list(browser: Browser, case: Case) -> bytes:
    return browser.get("/clients/", {"q": case["words"]})


def _look(browser: Browser, case: Case) -> bytes:
    return browser.get(f"/clients/{case['client_id']}/", {"month": case["month"]})


BENCHES = (
    Bench(name="search", budget=Budget(p95=30, statements=3), cases=TYPED, act=_type, by_hand=(_FOUND,), n=280),
    Bench(name="list", budget=Budget(p95=60, p50=10, statements=6), cases=NAMED, act=_list, by_hand=(_FOUND,)),
    Bench(name="client", budget=Budget(p95=60, statements=15), cases=CLIENTS, act=_look, by_hand=_CARD),
)
