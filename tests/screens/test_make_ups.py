"""Where a missed lesson may be worked off."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollbook.domains.access.models import Organisation
from rollbook.domains.groups.models import Enrolment, Freeze, Group, Programme
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.people.models import Client
from rollbook.screens import make_ups
from rollbook.workflows import lesson_cancelled, make_up_booked
from tests.school import AT, DAY
from tests.workflows.test_make_ups import ivan, missed

THEN = AT + timedelta(days=2)


@pytest.fixture
def miss(school):
    return missed(school)


@pytest.fixture
def there(school):
    return school.lesson("dance", at=THEN)


def offered(school, miss, name="mara", at=AT):
    return [each.lesson_id for each in make_ups.proposals(miss_id=miss.pk, at=at, by=school.actor(name))]


def test_a_lesson_of_the_same_programme_with_its_place_and_time(school, miss, there):
    [proposal] = make_ups.proposals(miss_id=miss.pk, at=AT, by=school.actor("mara"))
    assert (proposal.lesson_id, proposal.group, proposal.branch, proposal.free) == (there.pk, "Dance", "North", 11)
    assert proposal.starts_at.hour == 18


def test_the_own_branch_first_and_then_by_time(school, miss, there):
    sooner = school.lesson("judo", at=AT + timedelta(days=1))
    later = school.lesson("dance", at=AT + timedelta(days=9))
    assert offered(school, miss, "olha") == [there.pk, later.pk, sooner.pk]
    assert offered(school, miss, "mara") == [there.pk, later.pk]


@pytest.mark.parametrize(
    "why",
    ["cancelled", "past", "window", "programme", "member", "marked", "frozen", "full", "age", "old", "young", "busy"],
)
def test_what_is_not_offered(school, miss, there, why):
    at, client, dance = AT, ivan(school), school.groups["dance"]
    match why:
        case "cancelled":
            lesson_cancelled.cancel(lesson_id=there.pk, reason="Snow", at=AT, by=school.actor("oleg"))
        case "past":
            at = THEN + timedelta(minutes=1)
        case "window":
            Mark.objects.filter(pk=miss.pk).update(make_up_until=there.day - timedelta(days=1))
        case "programme":
            Group.objects.filter(pk=dance.pk).update(programme=Programme.objects.create(name="Sewing"))
        case "member":
            Enrolment.objects.create(client=client, group=dance, since=DAY)
        case "marked":
            Mark.objects.create(
                client=client, lesson=there, kind=Kind.ONE_OFF, status=Status.PLANNED, marked_at=AT, day=DAY
            )
        case "frozen":
            Freeze.objects.create(client=client, since=DAY, until=there.day + timedelta(days=1))
        case "full":
            Group.objects.filter(pk=dance.pk).update(capacity=1)
        case "age":
            Programme.objects.update(max_age=7)
        case "old":
            Client.objects.filter(pk=client.pk).update(birth_date=date(2015, 3, 1))
        case "young":
            Client.objects.filter(pk=client.pk).update(birth_date=date(2020, 4, 1))
        case "busy":
            school.lesson("chess", at=THEN + timedelta(minutes=30))
    assert offered(school, miss, at=at) == []


def test_what_is_not_known_parts_nobody(school, miss, there):
    Group.objects.filter(name="Dance").update(capacity=None)
    Client.objects.update(birth_date=None)
    [proposal] = make_ups.proposals(miss_id=miss.pk, at=AT, by=school.actor("mara"))
    assert proposal.free is None


def test_a_member_who_comes_on_other_days_and_whoever_stays_at_home(school, miss, there):
    Enrolment.objects.create(client=ivan(school), group=school.groups["dance"], since=DAY, weekdays=[1])
    Enrolment.objects.filter(client=ivan(school), group=school.groups["chess"]).update(weekdays=[2])
    school.lesson("chess", at=THEN)
    assert there.pk in offered(school, miss)


def test_without_a_right_nothing_is_offered(school, miss, there):
    Organisation.objects.update(make_ups=False)
    assert offered(school, miss) == []
    Organisation.objects.update(make_ups=True)
    Mark.objects.filter(pk=miss.pk).update(lapsed_on=DAY + timedelta(days=31))
    assert offered(school, miss) == []


def test_what_is_offered_can_be_booked_in_few_statements(school, miss):
    lessons = [school.lesson("dance", at=THEN + timedelta(days=n)) for n in range(25)]
    by = school.actor("mara")
    with CaptureQueriesContext(connection) as asked:
        found = make_ups.proposals(miss_id=miss.pk, at=AT, by=by)
    assert len(asked) <= 4
    assert [each.lesson_id for each in found] == [lesson.pk for lesson in lessons[:20]]
    make_up_booked.book(miss_id=miss.pk, lesson_id=found[7].lesson_id, at=AT, by=by)
    second = missed(school, lesson=school.lesson(at=AT - timedelta(days=7)))
    assert found[7].lesson_id not in offered(school, second)


def test_a_long_list_has_pages(school, miss, monkeypatch):
    monkeypatch.setattr(make_ups, "PAGE", 2)
    others = [missed(school, lesson=school.lesson(at=AT - timedelta(days=days))) for days in (1, 2, 3)]
    shown, after = [], None
    while True:
        found = make_ups.listed(segment=make_ups.Segment.OPEN, after=after, at=AT, by=school.actor("mara"))
        shown += [row.mark_id for row in found.rows]
        after = found.page.next
        if after is None:
            break
    assert shown == [mark.pk for mark in (*reversed(others), miss)]
