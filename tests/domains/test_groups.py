from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from rollbook.domains.access.actor import operator
from rollbook.domains.groups import actions as groups
from rollbook.domains.groups.actions import EnrolledAlready, FrozenAlready, GroupFull, GroupOver, StillTaught
from rollbook.domains.groups.models import Enrolment, Freeze, Group, Programme
from rollbook.domains.history.models import Entry
from rollbook.foundation.constraints import NameTaken
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound
from rollbook.foundation.versions import Stale
from tests.school import AT

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)


@pytest.fixture
def mara(school):
    return school.actor("mara")


@pytest.fixture
def chess(school):
    return school.groups["chess"]


@pytest.fixture
def dan(school):
    return school.clients("dance")[0]


def enrol(client, group, by, since=OCTOBER, **how):
    return groups.enrol(client_id=client.pk, group_id=group.pk, since=since, at=AT, by=by, **how)


# ---- enrolments


def test_a_client_comes_on_chosen_weekdays_in_order_and_once(mara, chess, dan):
    pk = enrol(dan, chess, mara, weekdays=[4, 2, 4])
    assert Enrolment.objects.get(pk=pk).weekdays == [2, 4]


@pytest.mark.parametrize(
    ("how", "where"),
    [({"until": OCTOBER}, "until"), ({"until": date(2026, 9, 1)}, "until"), ({"weekdays": [0]}, "weekdays"),
     ({"weekdays": [8]}, "weekdays")],
)  # fmt: skip
def test_an_enrolment_that_makes_no_sense_is_refused(mara, chess, dan, how, where):
    with pytest.raises(InvalidInput) as refused:
        enrol(dan, chess, mara, **how)
    assert list(refused.value.fields) == [where]


@pytest.mark.parametrize("state", ["finished", "disbanded"])
def test_nobody_joins_a_group_that_meets_no_more(mara, chess, dan, state):
    Group.objects.update(state=state)
    with pytest.raises(GroupOver):
        enrol(dan, chess, mara)


def test_nobody_is_twice_in_a_group_at_a_time(mara, chess, dan):
    enrol(dan, chess, mara, until=NOVEMBER)
    with pytest.raises(EnrolledAlready):
        enrol(dan, chess, mara, since=date(2026, 10, 31))
    enrol(dan, chess, mara, since=NOVEMBER)


@pytest.mark.parametrize(
    ("others", "since", "until", "full"),
    [
        ([], OCTOBER, None, False),
        ([(OCTOBER, None)], OCTOBER, None, True),
        ([(OCTOBER, NOVEMBER)], NOVEMBER, None, False),
        ([(NOVEMBER, None)], OCTOBER, None, True),
        ([(NOVEMBER, None)], OCTOBER, NOVEMBER, False),
        ([(NOVEMBER, None)], OCTOBER, DECEMBER, True),
        ([(OCTOBER, NOVEMBER), (NOVEMBER, DECEMBER)], OCTOBER, None, True),
        ([(date(2026, 9, 1), OCTOBER), (DECEMBER, None)], OCTOBER, DECEMBER, False),
    ],
)
def test_a_group_is_full_if_it_is_on_any_day_of_the_stay(school, mara, chess, dan, others, since, until, full):
    """Two places, one of which is always taken."""
    Enrolment.objects.filter(group=chess, client=school.clients()[1]).delete()
    Group.objects.update(capacity=2)
    for number, (first, last) in enumerate(others):
        school.enrol(f"Other {number}", since=first, until=last)
    if full:
        with pytest.raises(GroupFull, match=r"2 \w+ 2"):
            enrol(dan, chess, mara, since=since, until=until)
        enrol(dan, chess, mara, since=since, until=until, over_capacity=True)
    else:
        enrol(dan, chess, mara, since=since, until=until)


def test_a_group_whose_places_are_not_known_is_never_full(mara, chess, dan):
    Group.objects.update(capacity=None)
    enrol(dan, chess, mara)


def test_of_two_who_take_the_last_place_at_once_one_gets_it(own_database):
    from tests.school import found_school

    school = found_school()
    Group.objects.update(capacity=3)
    chess = school.groups["chess"]
    clients = [school.client(name, chess.branch) for name in "AB"]
    gate = Barrier(2)

    def work(client):
        gate.wait()
        try:
            return bool(enrol(client, chess, operator("test")))
        except GroupFull:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as workers:
        assert sorted(workers.map(work, clients)) == [False, True]


def test_an_enrolment_ends_and_a_stale_end_is_refused(school, mara, chess):
    row = Enrolment.objects.get(client=school.clients()[0])
    groups.end_enrolment(enrolment_id=row.pk, until=NOVEMBER, seen=1, at=AT, by=mara)
    with pytest.raises(Stale):
        groups.end_enrolment(enrolment_id=row.pk, until=DECEMBER, seen=1, at=AT, by=mara)
    with pytest.raises(InvalidInput):
        groups.end_enrolment(enrolment_id=row.pk, until=row.since, seen=2, at=AT, by=mara)
    entry = Entry.objects.latest("pk")
    assert (entry.verb, entry.old, entry.new["until"]) == ("enrolment.ended", {"until": None}, "2026-11-01")


def test_a_later_end_takes_a_place_for_longer(school, mara, chess, dan):
    Group.objects.update(capacity=3)
    row = enrol(dan, chess, mara, until=NOVEMBER)
    school.enrol("Next", since=NOVEMBER)
    with pytest.raises(GroupFull):
        groups.end_enrolment(enrolment_id=row, until=DECEMBER, seen=None, at=AT, by=mara)
    groups.end_enrolment(enrolment_id=row, until=date(2026, 10, 20), seen=None, at=AT, by=mara)
    groups.end_enrolment(enrolment_id=row, until=NOVEMBER, seen=None, at=AT, by=mara)


def test_an_end_that_reaches_into_the_next_stay_is_refused(mara, chess, dan):
    first = enrol(dan, chess, mara, until=NOVEMBER)
    enrol(dan, chess, mara, since=NOVEMBER)
    with pytest.raises(EnrolledAlready):
        groups.end_enrolment(enrolment_id=first, until=DECEMBER, seen=None, at=AT, by=mara)


def test_the_weekdays_of_a_client_change(school, mara):
    row = Enrolment.objects.get(client=school.clients()[0])
    groups.change_weekdays(enrolment_id=row.pk, weekdays=[3, 1], seen=1, at=AT, by=mara)
    row.refresh_from_db()
    assert (row.weekdays, row.version) == ([1, 3], 2)
    groups.change_weekdays(enrolment_id=row.pk, weekdays=None, seen=2, at=AT, by=mara)
    row.refresh_from_db()
    assert row.weekdays is None
    with pytest.raises(InvalidInput):
        groups.change_weekdays(enrolment_id=row.pk, weekdays=[9], seen=None, at=AT, by=mara)


@pytest.mark.parametrize(
    ("who", "error"), [("anna", NotAllowed), ("rita", NotAllowed), ("boris", NotFound), ("dina", NotFound)]
)
def test_enrolments_are_changed_by_those_who_may(school, chess, dan, who, error):
    by, row = school.actor(who), Enrolment.objects.get(client=school.clients()[0])
    entries = Entry.objects.count()
    for call in (
        lambda: enrol(dan, chess, by),
        lambda: groups.end_enrolment(enrolment_id=row.pk, until=NOVEMBER, seen=None, at=AT, by=by),
        lambda: groups.change_weekdays(enrolment_id=row.pk, weekdays=[1], seen=None, at=AT, by=by),
    ):
        with pytest.raises(error):
            call()
    assert Entry.objects.count() == entries


def test_a_client_of_another_branch_is_not_found(school, mara, chess):
    with pytest.raises(NotFound):
        enrol(school.clients("judo")[0], chess, mara)


# ---- freezes


def freeze(client, by, since=OCTOBER, until=NOVEMBER):
    return groups.freeze(client_id=client.pk, since=since, until=until, reason="Sea", at=AT, by=by)


def test_the_journals_of_whoever_pauses_are_told(school, mara):
    ivan, chess = school.clients()[0], school.groups["chess"]
    with CaptureQueriesContext(connection) as statements:
        pk = freeze(ivan, mara)
        groups.unfreeze(freeze_id=pk, since=OCTOBER, at=AT, by=mara)
    assert str(statements.captured_queries).count(f"pg_notify('rollbook', 'group:{chess.pk}')") == 2


def test_a_freeze_ends_sooner_is_taken_back_or_stays(mara, dan):
    pk = freeze(dan, mara)
    groups.unfreeze(freeze_id=pk, since=DECEMBER, at=AT, by=mara)
    assert Freeze.objects.get().until == NOVEMBER
    groups.unfreeze(freeze_id=pk, since=date(2026, 10, 10), at=AT, by=mara)
    assert Freeze.objects.get().until == date(2026, 10, 10)
    groups.unfreeze(freeze_id=pk, since=OCTOBER, at=AT, by=mara)
    assert not Freeze.objects.exists()
    verbs = Entry.objects.filter(subject=f"client:{dan.pk}").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["client.frozen", "client.unfrozen", "client.unfrozen"]


def test_a_client_is_frozen_once_at_a_time(mara, dan):
    freeze(dan, mara)
    with pytest.raises(FrozenAlready):
        freeze(dan, mara, since=date(2026, 10, 31), until=DECEMBER)
    freeze(dan, mara, since=NOVEMBER, until=DECEMBER)
    with pytest.raises(InvalidInput):
        freeze(dan, mara, since=DECEMBER, until=DECEMBER)


@pytest.mark.parametrize(("who", "error"), [("rita", NotAllowed), ("kira", NotFound), ("dina", NotFound)])
def test_clients_are_frozen_by_those_who_may(school, dan, who, error):
    pk = freeze(dan, school.actor("mara"))
    with pytest.raises(error):
        freeze(dan, school.actor(who), since=DECEMBER, until=date(2027, 1, 1))
    with pytest.raises(error):
        groups.unfreeze(freeze_id=pk, since=OCTOBER, at=AT, by=school.actor(who))


# ---- groups and programmes


def test_a_group_is_made_where_one_may_with_teachers_one_sees(school, chess):
    boris = school.users["boris"].employee
    values = {"name": "New", "programme_id": chess.programme_id, "branch_id": chess.branch_id}
    for more, teachers, error in (
        ({"branch_id": school.branches["south"].pk}, (), NotFound),
        ({"programme_id": 999999}, (), InvalidInput),
        ({}, (boris.pk,), InvalidInput),
        ({}, (999999,), InvalidInput),
    ):
        with pytest.raises(error):
            groups.add_group(values=values | more, teacher_ids=teachers, at=AT, by=school.actor("mara"))
    assert not Group.objects.filter(name="New").exists()
    with pytest.raises(NotAllowed):
        groups.add_group(values=values, at=AT, by=school.actor("anna"))


def test_a_change_of_a_group_names_what_has_changed(school, mara, chess):
    anna = school.users["anna"].employee
    said = {"group_id": chess.pk, "seen": None, "at": AT, "by": mara}
    assert groups.change_group(values={"name": "Chess"}, teacher_ids=[anna.pk], **said) == frozenset()
    assert groups.change_group(values={"capacity": 5}, teacher_ids=[], **said) == {"capacity", "teachers"}
    chess.refresh_from_db()
    entry = Entry.objects.latest("pk")
    assert (chess.version, entry.old, entry.new) == (
        2, {"capacity": 12, "teachers": [anna.pk]}, {"capacity": 5, "teachers": []},
    )


def test_a_programme_is_named_once_and_stays_while_it_is_taught(school):
    vera = school.actor("vera")
    games = Programme.objects.get()
    with pytest.raises(NameTaken):
        groups.add_programme(values={"name": "games AND arts"}, at=AT, by=vera)
    with pytest.raises(StillTaught):
        groups.archive_programme(programme_id=games.pk, at=AT, by=vera)
    with pytest.raises(NotFound):
        groups.change_programme(programme_id=0, values={"name": "x"}, seen=None, at=AT, by=vera)


@pytest.mark.parametrize("who", ["oleg", "mara", "anna", "dina"])
def test_programmes_belong_to_the_whole(school, who):
    by, games = school.actor(who), Programme.objects.get()
    for call in (
        lambda: groups.add_programme(values={"name": "x"}, at=AT, by=by),
        lambda: groups.change_programme(programme_id=games.pk, values={"name": "x"}, seen=None, at=AT, by=by),
        lambda: groups.archive_programme(programme_id=games.pk, at=AT, by=by),
        lambda: groups.restore_programme(programme_id=games.pk, at=AT, by=by),
    ):
        with pytest.raises(NotAllowed):
            call()
