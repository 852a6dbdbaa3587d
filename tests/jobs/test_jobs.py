import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace

from django.conf import settings
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from rollbook.domains.access.models import Session
from rollbook.domains.history.models import Entry
from rollbook.domains.schedule.models import Lesson
from rollbook.domains.schedule.rules import HORIZON
from rollbook.jobs import tasks, timetable, upkeep

PERIODIC = {"timetable.make_lessons", "upkeep.rescue", "upkeep.forget_jobs", "upkeep.forget_sessions"}


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


async def _rescue():
    async with app.with_connector(app.connector.get_worker_connector()).open_async() as worker:
        await upkeep.rescue(SimpleNamespace(app=worker), timestamp=0)
