"""Closing months: the page of settings, the API, and what journals say of a closed one."""

import re
from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from rollbook.domains.billing.models import AnnouncedPayment, LedgerEntry
from rollbook.domains.fields.models import Choice
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.schedule.models import ClosedMonth
from rollbook.workflows import lesson_marked, month_closed, payment_received
from tests.school import AT, DAY
from tests.web.browsing import signed_in

MONTHS = "/settings/months/"
AUGUST = date(2026, 8, 1)
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def the_evening_of_the_lesson(time_machine):
    time_machine.move_to(AT + timedelta(hours=1), tick=False)


@pytest.fixture
def oleg(school):
    return signed_in(school, "oleg")


@pytest.fixture
def then(school):
    """A lesson in August, in which Ivan was."""
    lesson = school.lesson("chess", at=AT - timedelta(days=28))
    ivan = school.clients()[0].pk
    lesson_marked.mark(lesson_id=lesson.pk, marks={ivan: Status.ATTENDED}, seen=None, at=AT, by=school.actor("mara"))
    return lesson


@pytest.fixture
def closed(school, then):
    north = school.branches["north"].pk
    month_closed.close(branch_id=north, month=AUGUST, at=AT, by=school.actor("oleg"))
    return then


def address(school, branch="north", month="2026-08"):
    return f"{MONTHS}{school.branches[branch].pk}/{month}/closing/"


def text(answer):
    """What a page says, without its marks, in one line."""
    said = re.sub(r"<script.*?</script>|<[^>]+>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", said)


def test_a_month_is_closed_and_reopened_on_the_page(oleg, school, then):
    school.lesson("dance", at=AT - timedelta(days=80))
    assert re.findall(r"North|South|[A-Z]\w+ 202\d", text(oleg.get(MONTHS)).split("North")[1]) == [
        "August 2026", "July 2026", "June 2026"
    ]
    assert oleg.post(address(school))["Location"] == MONTHS
    assert oleg.post(address(school)).status_code == 303
    assert "closed 1 Sep 2026 · Oleg" in text(oleg.get(MONTHS)).replace("\N{NO-BREAK SPACE}", " ")
    assert oleg.post(f"{address(school)}undo/")["Location"] == MONTHS
    assert oleg.post(f"{address(school)}undo/").status_code == 303
    assert not ClosedMonth.objects.exists()


def test_what_is_unfinished_is_said_before_it_is_closed(oleg, school, then):
    for days in (21, 14):
        school.lesson("dance", at=AT - timedelta(days=days))
    AnnouncedPayment.objects.create(client=school.clients()[0], amount=D(10), paid_on=AUGUST, announced_at=AT)
    page = oleg.get(MONTHS)
    assert "2 lessons are not marked, 1 announced payment is not confirmed" in text(page)
    confirmed = re.findall(r'data-confirm="([^"]+)"', page.content.decode())
    assert confirmed == [
        "August 2026 of North is not finished: 2 lessons are not marked, 1 announced payment is not confirmed."
        " Close it all the same?"
    ]
    oleg.post(address(school))
    assert ClosedMonth.objects.exists()


def test_an_accountant_closes_and_does_not_reopen(school):
    kira = signed_in(school, "kira")
    kira.post(address(school, "south"))
    page = text(kira.get(MONTHS))
    assert ("South" in page, "North" in page, "Reopen" in page) == (True, False, False)
    assert "Closed months" in text(kira.get("/settings/tariffs/"))


def test_a_month_that_is_not_over_is_refused_and_no_month_is_not_found(oleg, school):
    refused = oleg.post(address(school, month="2026-09"))
    assert (refused.status_code, "September 2026 is not over yet" in text(refused)) == (409, True)
    for month in ("2026-13", "2026-8", "august", "1999-01"):
        assert oleg.post(address(school, month=month)).status_code == 404


def test_the_journal_of_a_closed_month_says_so_and_is_not_marked(oleg, school, closed):
    group = f"/groups/{closed.group_id}/"
    page = oleg.get(f"{group}?month=2026-08").content.decode()
    assert "month closed" in page
    assert f'data-lesson="{closed.pk}" data-is="closed"' in page
    assert "month closed" not in oleg.get(group).content.decode()
    ivan = school.clients()[0].pk
    marked = oleg.post(f"/lessons/{closed.pk}/marks/", {f"mark-{ivan}": "missed"}, headers=HTMX)
    assert marked.status_code == 409
    assert "August 2026 is closed for North" in text(marked)
    assert "You may reopen it" in text(marked)
    assert Mark.objects.get().status == Status.ATTENDED


def test_a_range_names_the_months_that_are_closed(oleg, school, closed):
    page = text(oleg.get(f"/groups/{closed.group_id}/?first=2026-08-01&last=2026-09-30"))
    assert "closed: August 2026" in page


def test_the_cell_and_the_lesson_say_why_nothing_is_offered(oleg, school, closed):
    ivan = school.clients()[0].pk
    cell, lesson = f"/lessons/{closed.pk}/clients/{ivan}/", f"/lessons/{closed.pk}/"
    for page in (cell, lesson):
        said = oleg.get(page)
        assert "August 2026 is closed: what was marked and charged in it stays as it is." in text(said)
        for act in ("/mark/", "/charge/", "/everyone/", "/holding", "/guests/", "/move/", "/cancellation/"):
            assert f'{act}"' not in said.content.decode()
        assert "History" in text(said)
    again = oleg.post(f"{cell}mark/", {"status": "missed"}, headers=HTMX)
    assert (again.status_code, "August 2026 is closed for North" in text(again)) == (409, True)
    other = Choice.objects.get(of="cancellation", code="other")
    again = oleg.post(f"{lesson}cancellation/", {"choice_id": other.pk}, headers=HTMX)
    assert (again.status_code, "August 2026 is closed for North" in text(again)) == (409, True)


def test_a_statement_says_which_day_a_line_concerns(school, closed):
    mara, ivan = signed_in(school, "mara"), school.clients()[0].pk
    payment_received.receive(
        client_id=ivan, amount=D(100), method="cash", on=AUGUST, note="", key="of-august-long", at=AT,
        by=school.actor("mara"),
    )
    assert LedgerEntry.objects.get(kind="payment").day == DAY
    assert "01.09 (for 1 Aug 2026)" in text(mara.get(f"/clients/{ivan}/")).replace("\N{NO-BREAK SPACE}", " ")
    [line] = mara.get(f"/api/v1/clients/{ivan}").json()["statement"]["lines"]
    assert (line["day"], line["about"]) == ("2026-09-01", "2026-08-01")


def test_months_by_the_api(oleg, school, then):
    branch = f"/api/v1/branches/{school.branches['north'].pk}/months"
    shown = oleg.get(branch).json()
    assert (shown["branch_id"], len(shown["months"])) == (school.branches["north"].pk, 1)
    august = {
        "month": "2026-08", "lessons": 1, "unmarked": 0, "announced": 0, "closed_at": None, "closed_by": "",
    }
    assert shown["months"][0] == august
    now = oleg.post(f"{branch}/2026-08/closing", content_type="application/json").json()["months"][0]
    assert now == august | {"closed_at": "2026-09-01T19:00:00+03:00", "closed_by": "Oleg"}
    assert oleg.delete(f"{branch}/2026-08/closing").json()["months"][0] == august
    assert oleg.post(f"{branch}/2026-09/closing", content_type="application/json").status_code == 409
    assert oleg.post(f"{branch}/2026-13/closing", content_type="application/json").status_code == 422


def test_the_history_of_the_branch_tells_of_it(school, closed):
    said = text(signed_in(school, "vera").get(f"/settings/branches/{school.branches['north'].pk}/edit/"))
    assert "Month closed: month: August 2026" in said
