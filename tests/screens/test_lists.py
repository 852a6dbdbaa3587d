"""The lists of clients and of groups, wherever it is day already, and for those who see a part."""

from datetime import UTC, date, datetime, timedelta

from rollbook.domains.access.models import Grant, Role, User
from rollbook.domains.groups.models import Enrolment
from rollbook.domains.schedule.models import TimetableSlot
from rollbook.screens import clients, groups
from tests.school import AT, DAY

# In Almaty it is the 2nd of September, in Kyiv still the 1st.
LATE = datetime(2026, 9, 1, 20, tzinfo=UTC)
TOMORROW = date(2026, 9, 2)


def groups_of(name, *, at, by):
    [row] = [row for row in clients.listed(at=at, by=by).rows if row.name == name]
    return row.groups


def test_a_day_begins_in_each_branch_by_its_own_clock(school):
    vera = school.actor("vera")
    for name, group in (("Early", "judo"), ("Late", "chess")):
        school.enrol(name, group=group, since=TOMORROW)
    TimetableSlot.objects.update(valid_until=TOMORROW)
    assert (groups_of("Early", at=LATE, by=vera), groups_of("Late", at=LATE, by=vera)) == (("Judo",), ())
    assert {row.branch: row.today for row in clients.listed(at=LATE, by=vera).rows} == {"North": DAY, "South": TOMORROW}
    rows = {row.name: row for row in groups.listed(at=LATE, by=vera).rows}
    assert {name: (row.enrolled, len(row.slots)) for name, row in rows.items()} == {
        "Chess": (2, 1), "Dance": (1, 1), "Judo": (2, 0),
    }


def test_groups_that_one_does_not_see_are_not_named_beside_a_client(school):
    ivan = school.clients()[0]
    Enrolment.objects.create(client=ivan, group=school.groups["judo"], since=DAY)
    clerk = User.objects.create(username="zoe", name="Zoe")
    role = Role.objects.create(name="Reads cards", permissions=["client.see"])
    Grant.objects.create(user=clerk, role=role, reach="everything")
    seen = {who: groups_of("Ivan", at=AT, by=school.actor(who)) for who in ("vera", "mara", "anna")}
    assert seen == {"vera": ("Chess", "Judo"), "mara": ("Chess",), "anna": ("Chess",)}
    assert groups_of("Ivan", at=AT, by=clerk.as_actor(via="test")) == ()


def test_lessons_that_wait_to_be_marked_are_those_of_the_last_month(school):
    for days in (3, 30, 32, 400):
        school.lesson("dance", at=AT - timedelta(days=days))
    later = AT + timedelta(hours=2)
    rows = {row.name: row.unmarked for row in groups.listed(at=later, by=school.actor("vera")).rows}
    assert rows == {"Chess": 1, "Dance": 3, "Judo": 1}
