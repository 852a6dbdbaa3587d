"""The state of the house: what the owner sees of examinations and backups, and what they can order."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from rollbook.domains.access.actor import operator
from rollbook.domains.history import actions as history
from rollbook.operations import house
from rollbook.screens.settings import state as screen

PAGE = "/settings/house/"
BACKUP = {"file": "rollbook-20260902T021100Z.tar", "bytes": 1_180_000, "rows": 81_298, "seconds": 0.7}


@pytest.fixture
def vera(school):
    browser = Client()
    browser.force_login(school.users["vera"])
    return browser


def seen(browser):
    return browser.get(PAGE).content.decode().replace("\N{NO-BREAK SPACE}", " ")


def done(verb, *, hours=0, **told):
    at = timezone.now() - timedelta(hours=hours)
    history.record(verb=f"house.{verb}", subject="house", new=told, at=at, by=operator("", via="job"))


def ordered():
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
        return [task for (task,) in cursor.fetchall()]


def test_before_anything_was_done_it_says_so(vera):
    page = seen(vera)
    assert "never examined" in page
    assert "Nobody has examined the house yet" in page
    assert "No worker runs" in page
    assert page.count("never</span>") == 2  # neither backed up nor proven


def test_what_is_broken_is_told_in_words_and_leads_to_where_it_is(vera):
    rows = ["client:7 group:3", "mark:9", "lesson:12"]
    broken = {"stored_balance": {"count": 1234, "rows": rows}, "of_yesterday": {"count": 1, "rows": ["it"]}}
    done("examined", promises=24, broken=broken, lacks={"mailer": {}, "durable": {"names": "fsync"}})
    page = seen(vera)
    assert "A stored balance is the sum of the entries, and counts them." in page
    assert "of_yesterday" in page
    assert '<a href="/clients/7/">client 7</a> <a href="/groups/3/">group 3</a>' in page
    assert '<a href="/lessons/12/">lesson 12</a>' in page
    assert "mark 9" in page
    assert "No letters can be sent" in page
    assert "(fsync off)" in page


@pytest.mark.parametrize(("hours", "tone"), [(5, "due"), (30, "soon"), (60, "overdue")])
def test_the_age_of_the_last_proven_backup_warns(vera, hours, tone):
    done("examined", promises=24, broken={}, lacks={})
    done("backed_up", hours=hours, **BACKUP)
    done("proven", hours=hours, file=BACKUP["file"], rows=BACKUP["rows"], seconds=3)
    page = seen(vera)
    assert page.count(f'<span class="pill {tone}">') >= 2
    assert BACKUP["file"] in page
    assert "1.2 MB" in page


def test_a_proof_is_as_old_as_the_file_that_was_proven_and_the_newest_file_counts(school, vera):
    now = timezone.now()

    def proven(*, made, **when):
        told = {"file": f"of {made} h", "rows": 1, "seconds": 1, "made_at": (now - timedelta(hours=made)).isoformat()}
        done("proven", **when, **told)

    proven(made=50)  # just now
    done("examined", promises=24, broken={"proofs_go_on": {"count": 1, "rows": []}}, lacks={})
    assert 'overdue">2 days ago</span>' in seen(vera)
    assert 'due">1 minute ago</span>' not in seen(vera)
    assert screen.troubles(at=now, by=school.actor("vera")) == 1  # said by both
    done("examined", promises=24, broken={}, lacks={})
    assert screen.troubles(at=now, by=school.actor("vera")) == 1
    proven(made=30, hours=2)
    assert '<span class="pill soon">' in seen(vera)
    assert screen.troubles(at=now, by=school.actor("vera")) == 0


def test_a_failure_is_told_until_it_goes_well(vera):
    done("backed_up", hours=3, **BACKUP)
    done("backup_failed", hours=2, why="Nothing was kept in {folder}: {why}.", details={"folder": "/b", "why": "full"})
    done("proof_failed", hours=1, file=BACKUP["file"], why="This backup cannot be used.", details={})
    page = seen(vera)
    assert "Nothing was kept in /b: full." in page
    assert "This backup cannot be used." in page
    done("backed_up", **BACKUP)
    done("proven", file=BACKUP["file"], rows=1, seconds=3)
    page = seen(vera)
    assert "Nothing was kept" not in page
    assert "cannot be used" not in page


def test_the_list_of_settings_counts_what_is_to_be_looked_at(vera):
    def counted():
        page = vera.get("/settings/branches/").content.decode()
        return page.split("State of the house")[1].split("</a>")[0].strip()

    assert counted() == '<span class="count">1</span>'  # nothing was ever proven
    done("examined", promises=24, broken={"reversals": {"count": 1, "rows": []}}, lacks={})
    assert counted() == '<span class="count">2</span>'
    done("proven", file="x", rows=1, seconds=1)
    done("examined", promises=24, broken={}, lacks={})
    assert counted() == ""


def test_it_is_ordered_once_and_the_page_looks_again_until_it_is_done(vera):
    for _twice in range(2):
        assert vera.post(f"{PAGE}examination/").headers["Location"] == PAGE
        assert vera.post(f"{PAGE}backup/").headers["Location"] == PAGE
    assert ordered() == ["house.examine", "house.back_up"]
    page = seen(vera)
    assert "being examined" in page
    assert "being backed up" in page
    assert f'hx-get="{PAGE}" hx-trigger="every 2s"' in page
    part = vera.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div class="stack" id="house"')
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded'")
    assert "every 2s" not in seen(vera)


def test_what_the_doctor_finds_reaches_the_page(school, vera):
    with connections["default"].cursor() as cursor:
        cursor.execute("UPDATE people_relation SET pays = false WHERE id = (SELECT min(id) FROM people_relation)")
    house.examine(at=timezone.now(), by=operator("", via="job"))
    page = seen(vera)
    assert "Every client has exactly one payer." in page
    assert '<a href="/clients/' in page


def test_the_command_tells_what_is_lacking(school, capsys):
    with pytest.raises(CommandError, match="broken"):  # the cast's own timetable is behind
        call_command("doctor")
    assert "lacks   backup: No backup was ever made." in capsys.readouterr().out
