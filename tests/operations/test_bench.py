"""That every figure can be taken, and that what stands beside it is the same answer. How long it took is asked by
nobody here: machines differ."""

import io
import json
import re
from collections import Counter
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

from rollbook.domains.access.models import Session
from rollbook.operations.bench import BENCHES, cases_of
from rollbook.operations.bench.browser import signed_in
from rollbook.operations.bench.measuring import by_hand, percentile
from rollbook.operations.bench.place import scale, who
from rollbook.operations.demo import load
from tests import databases
from tests.school import found_school

FIELDS = ["name", "scale", "n", "p50_ms", "p95_ms", "statements", "sql_ratio"]

# All that a mark is, but for its version and when and by whom it was set.
MARKS = """
  SELECT client_id, lesson_id, kind, status, minutes_late, present, uses_lesson, pays_teacher, share, price,
         make_up_until
  FROM journal_mark ORDER BY id
"""
BALANCES = "SELECT client_id, balance FROM billing_account ORDER BY 1"
LESSONS = """
  SELECT starts_at, ends_at, day, slot_id, room_id, array_agg(employee_id ORDER BY employee_id)
  FROM schedule_lesson lesson LEFT JOIN schedule_lessonteacher teacher ON teacher.lesson_id = lesson.id
  GROUP BY lesson.id ORDER BY starts_at, slot_id, lesson.id
"""


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database with demo S, whose today is the real one: pages look at the clock."""
    with django_db_blocker.unblock(), databases.clone() as name, databases.pointed_at(name):
        load.fill(scale="S", language="ru")
        yield


def measured(*args: object) -> list[str]:
    out = io.StringIO()
    call_command("bench", *map(str, args), stdout=out)
    return out.getvalue().splitlines()


def rows(statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def test_every_bench_gives_a_line_and_puts_back_what_it_wrote(demo: None) -> None:
    before = rows(MARKS), rows(BALANCES), rows(LESSONS)
    lines = [json.loads(line) for line in measured("--json", "-n", 2)]
    assert [line["name"] for line in lines] == [*BENCHES]
    for line in lines:
        assert list(line) == FIELDS
        assert (line["scale"], line["n"]) == ("S", 2)
        assert 0 < line["p50_ms"] <= line["p95_ms"]
        assert line["sql_ratio"] > 0
        allowed = BENCHES[line["name"]].budget.statements
        assert allowed is None or 0 < line["statements"] <= allowed
    assert (rows(MARKS), rows(BALANCES), rows(LESSONS)) == before
    assert not Session.objects.exists()
    call_command("doctor", stdout=io.StringIO())


def test_a_table_has_the_budget_beside_each_figure(demo: None) -> None:
    head, line = measured("client", "-n", 1, "--as", "owner")
    assert re.search(r"\bp95 ms\b.*\bstatements\b", head)
    assert re.search(r"^client +S .* of 60 +\d+ of 15 .*(kept|MISSED)$", line)


# The same answer ------------------------------------------------------------------------------------------------------


def both(name: str, *, case: int = 0) -> tuple[str, list[list[tuple[object, ...]]]]:
    """The page, and the rows of each statement by hand."""
    user = who(None)
    assert user
    bench = BENCHES[name]
    told = cases_of(bench, user)[case]
    with signed_in(user) as browser:
        page = bench.act(browser, told)
        assert isinstance(page, bytes)
        return page.decode(), list(by_hand(bench.by_hand, told))


WORKED_OFF = 9
"""The column of the marks that says when."""


@pytest.mark.parametrize("name", ["journal", "journal_12x100"])
@pytest.mark.parametrize("case", [0, -1])
def test_a_journal_by_hand_has_the_rows_columns_and_cells_of_the_page(demo: None, name: str, case: int) -> None:
    page, (_head, lessons, marks, clients, *_rest) = both(name, case=case)
    assert set(re.findall(r'<tr data-client="(\d+)"', page)) == {str(row[0]) for row in clients}
    assert re.findall(r'<th scope="col" data-lesson="(\d+)"', page) == [str(row[0]) for row in lessons]
    shown = Counter(re.findall(r'class="cell (attended|missed|excused|workedoff|planned)" data-s', page))
    stored = Counter("workedoff" if row[WORKED_OFF] else row[2] for row in marks if row[2])
    assert shown == stored
    assert len(lessons) == BENCHES[name].given["lessons"]


@pytest.mark.parametrize("name", ["search", "list"])
def test_clients_by_hand_are_those_of_the_page(demo: None, name: str) -> None:
    for case in range(14):  # what people type comes in seven kinds
        page, [found] = both(name, case=case)
        assert re.findall(r'href="/clients/(\d+)/"', page) == [str(row[0]) for row in found[:50]]


def test_a_card_by_hand_has_the_lines_of_the_page(demo: None) -> None:
    page, (_head, contacts, _groups, _freezes, _opening, lines, *_rest, history, _readings) = both("client")
    for contact in contacts:
        assert str(contact[1]) in page
    table = page[page.index('class="reckoning"'):]
    assert len(lines) == table.count('<tr><td><span class="muted">')
    assert history


def test_groups_by_hand_are_those_of_the_page(demo: None) -> None:
    page, (branches, groups) = both("list_groups")
    assert set(re.findall(r'href="/groups/(\d+)/"', page)) == {str(row[0]) for row in groups[:60]}
    assert len(branches) == 2


@pytest.mark.parametrize("name", ["mark", "everyone", "generate"])
def test_what_is_written_by_hand_is_what_is_written_by_request(demo: None, name: str) -> None:
    """Left as they are when the act is over, before it is put back."""
    user = who(None)
    assert user
    bench = BENCHES[name]
    with signed_in(user) as browser:
        for case in cases_of(bench, user)[:4]:
            left = []
            for act in (lambda: bench.act(browser, case), lambda: list(by_hand(bench.by_hand, case))):  # noqa: B023
                bench.before(browser, case)
                act()
                left.append((rows(MARKS), rows(BALANCES), rows(LESSONS)))
                bench.after(browser, case)
            assert left[0] == left[1]


# Where it is measured -------------------------------------------------------------------------------------------------


def test_real_data_are_not_written_to_and_read_only_if_told(own_database: str) -> None:
    found_school()
    with pytest.raises(CommandError, match="mark, everyone would write into real data"):
        measured("mark", "everyone", "journal", "--i-know")
    with pytest.raises(CommandError, match="not made by `rollbook demo`"):
        measured("client")
    with pytest.raises(CommandError, match="nothing in this database to measure client on"):
        measured("client", "--i-know")


def test_an_unknown_name_is_answered_with_the_known_ones(demo: None) -> None:
    with pytest.raises(CommandError, match=r"no bench walls\. Known are: journal, "):
        measured("journal", "walls")
    with pytest.raises(CommandError, match="a login that exists"):
        measured("journal", "--as", "nobody")
    with pytest.raises(CommandError, match="from 1 on"):
        measured("journal", "-n", 0)


def test_the_scale_is_the_nearest(demo: None) -> None:
    assert scale() == "S"


@pytest.mark.parametrize(
    ("values", "share", "expected"), [([3, 1, 2], 50, 2), ([1], 95, 1), (list(range(100)), 95, 94)]
)
def test_percentiles(values: list[float], share: int, expected: float) -> None:
    assert percentile(values, share) == expected
