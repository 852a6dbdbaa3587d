import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

from django.conf import settings
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager

from rollbook.domains.access.models import Session
from rollbook.domains.groups.models import ChurnRecord, Enrolment
from rollbook.domains.history.models import Entry
from rollbook.domains.journal.models import Mark
from rollbook.domains.schedule.models import Lesson
from rollbook.domains.schedule.rules import HORIZON
from rollbook.jobs import churn, make_ups, tasks, timetable, upkeep
from tests.school import DAY

PERIODIC = {
    "churn.record", "timetable.make_lessons", "make_ups.lapse", "subscriptions.settle", "subscriptions.renew",
    "upkeep.rescue",
    "upkeep.forget_jobs",
    "upkeep.forget_sessions",
}  # fmt: skip


def test_every_job_is_known_to_the_worker_and_each_periodic_one_waits_once():
    assert {name for name, _id in app.periodic_registry.periodic_tasks} >= PERIODIC
    for name in PERIODIC:
        assert app.tasks[name].queueing_lock == name
    assert {timetable, upkeep} <= {getattr(tasks, name) for name in tasks.__all__}


def test_the_night_makes_lessons_for_eight_weeks_at_least(school):
    timetable.make_lessons(timestamp=0)
    timetable.make_lessons(timestamp=0)
    today = timezone.now().date()
    for group in school.groups.values():
        days = Lesson.objects.filter(group=group, day__gte=today).order_by("day").values_list("day", flat=True)
        assert len(days) == len(set(days)) >= 8
        assert today + timedelta(weeks=8) < days.last() <= today + HORIZON
    assert Entry.objects.filter(verb="lessons.made", via="job").count() == len(school.groups)


def test_the_night_records_who_left_by_time(school):
    Enrolment.objects.filter(group=school.groups["judo"]).update(until=timezone.now().date() - timedelta(days=2))
    churn.record(timestamp=0)
    churn.record(timestamp=0)
    assert ChurnRecord.objects.get().group == school.groups["judo"]
    assert Entry.objects.get(verb="client.left").via == "job"


def test_the_night_lets_rights_lapse(school):
    """The school's lesson was long ago, or will have been by then."""
    right = Mark.objects.create(
        client=school.clients()[0], lesson=school.lessons["chess"], status="excused", marked_at=timezone.now(),
        day=DAY, make_up_until=timezone.now().date() - timedelta(days=2),
    )
    make_ups.lapse(timestamp=0)
    make_ups.lapse(timestamp=0)
    right.refresh_from_db()
    assert right.lapsed_on == right.make_up_until + timedelta(days=1)
    assert Entry.objects.filter(verb="mark.lapsed", via="job").count() == 1


def test_sessions_that_have_run_out_are_forgotten_and_others_kept(db):
    now = timezone.now()
    for key, days in (("gone", -1), ("here", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(days=days))
    upkeep.forget_sessions(timestamp=0)
    assert list(Session.objects.values_list("session_key", flat=True)) == ["here"]
    assert import_module(settings.SESSION_ENGINE).SessionStore().exists("here")


def test_a_job_whose_worker_was_killed_is_done_by_another_one(own_database):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '1 hour'), (now()) RETURNING id"
        )
        dead, alive = (pk for (pk,) in cursor.fetchall())
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id)"
            " VALUES ('default', 'of the dead', '{}', 'doing', %s), ('default', 'of the living', '{}', 'doing', %s)",
            [dead, alive],
        )
        with ThreadPoolExecutor(1) as thread:  # the loop of a browser may stand in this one
            thread.submit(asyncio.run, _rescue()).result()
        cursor.execute("SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id")
        assert cursor.fetchall() == [("of the dead", "todo"), ("of the living", "doing")]


def test_a_job_whose_twin_waits_for_it_makes_room_and_holds_up_no_other(own_database):
    """A killed night, and the next one behind the lock it still holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
        )
        (dead,) = cursor.fetchone()
        cursor.execute(
            """
            INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id, lock, queueing_lock)
            VALUES ('default', 'night', '{}', 'doing', %(dead)s, 'house', 'night'),
                   ('default', 'letter', '{}', 'doing', %(dead)s, NULL, NULL),
                   ('default', 'night', '{}', 'todo', NULL, 'house', 'night')
            """,
            {"dead": dead},
        )
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _rescue()).result()
        cursor.execute("SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id")
        assert cursor.fetchall() == [("night", "failed"), ("letter", "todo"), ("night", "todo")]
        cursor.execute("SELECT task_name FROM procrastinate_fetch_job_v2(NULL, NULL) ORDER BY 1")
        assert cursor.fetchall() == [("letter",)]
        cursor.execute("SELECT task_name FROM procrastinate_fetch_job_v2(NULL, NULL)")
        assert cursor.fetchall() == [("night",)]


def test_a_job_that_cannot_be_rescued_holds_up_no_other(own_database, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
        )
        (dead,) = cursor.fetchone()
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id)"
            " SELECT 'default', name, '{}', 'doing', %s FROM unnest(ARRAY['bad', 'good']) name", [dead],
        )  # fmt: skip
        retry = JobManager.retry_job

        async def refuse(manager, job, **how):
            if job.task_name == "bad":
                raise ConnectorException("no")
            await retry(manager, job, **how)

        monkeypatch.setattr(JobManager, "retry_job", refuse)
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _rescue()).result()
        cursor.execute("SELECT task_name, status::text FROM procrastinate_jobs ORDER BY task_name")
        assert cursor.fetchall() == [("bad", "doing"), ("good", "todo")]


def test_jobs_that_are_over_are_forgotten_after_a_week_however_they_ended(own_database):
    ends = ("succeeded", "failed", "cancelled", "aborted")
    with connection.cursor() as cursor:
        for end, days in [(end, days) for end in ends for days in (6, 8)]:
            cursor.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)"
                " VALUES ('default', %s, '{}', %s) RETURNING id", [f"{end} {days}", end],
            )  # fmt: skip
            cursor.execute(
                "INSERT INTO procrastinate_events (job_id, type, at) VALUES (%s, %s, now() - %s * interval '1 day')",
                [cursor.fetchone()[0], end, days],
            )
        cursor.execute("DELETE FROM procrastinate_events WHERE at > now() - interval '1 minute'")  # of the triggers
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _forget_jobs()).result()
        cursor.execute("SELECT task_name FROM procrastinate_jobs ORDER BY id")
        assert cursor.fetchall() == [(f"{end} 6",) for end in ends]


async def _rescue():
    async with app.with_connector(app.connector.get_worker_connector()).open_async() as worker:
        await upkeep.rescue(SimpleNamespace(app=worker), timestamp=0)


async def _forget_jobs():
    async with app.with_connector(app.connector.get_worker_connector()).open_async() as worker:
        await upkeep.forget_jobs(SimpleNamespace(app=worker), timestamp=0)
