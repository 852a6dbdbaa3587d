from datetime import date, datetime, time, timedelta
from decimal import Decimal as D

import pytest
from django.utils import timezone

from rollbook.domains.access.actor import operator
from rollbook.domains.access.models import Grant, Role, User
from rollbook.domains.billing.models import Tariff, TariffUse
from rollbook.domains.groups.models import Enrolment, Group
from rollbook.domains.history.models import Entry
from rollbook.domains.journal.models import Mark
from rollbook.domains.people.models import Client, Contact, Employee
from rollbook.domains.schedule.actions import make_lessons
from rollbook.domains.schedule.models import Lesson, TimetableSlot
from rollbook.domains.schedule.rules import HORIZON
from rollbook.foundation.periods import local
from tests.web.browsing import filled, signed_in

NEW = "/groups/new/"


def today():
    return local(timezone.now(), "Europe/Kyiv").date()


@pytest.fixture
def mara(school):
    """The administrator of North."""
    return signed_in(school, "mara")


@pytest.fixture
def vera(school):
    return signed_in(school, "vera")


def typed(school, **more):
    """A group that meets on Wednesdays at ten."""
    return {
        "name": "Chess for the small",
        "programme_id": str(school.groups["chess"].programme_id),
        "branch_id": str(school.branches["north"].pk),
        "teachers": [str(school.users["anna"].employee.pk)],
        "slots-0-weekday": "3",
        "slots-0-starts": "10:00",
        "slots-0-room": str(school.groups["chess"].slots.get().room_id),
        **more,
    }


def create(browser, school, **more):
    return browser.post(NEW, filled(browser.get(NEW), **typed(school, **more)))


# ---- a new group


def test_a_group_is_made_with_its_timetable_and_its_lessons(mara, school):
    answer = create(mara, school, capacity="8", minimum="3")
    group = Group.objects.latest("pk")
    assert (answer.status_code, answer["Location"]) == (303, f"/groups/{group.pk}/")
    assert (group.name, group.capacity, group.minimum, group.state) == ("Chess for the small", 8, 3, "running")
    [slot] = group.slots.all()
    assert (slot.weekday, slot.starts, slot.minutes, slot.valid_from) == (3, time(10), 60, today())
    lessons = list(group.lessons.order_by("day"))
    assert len(lessons) == sum(1 for n in range(HORIZON.days + 1) if (today() + timedelta(days=n)).isoweekday() == 3)
    assert {local(lesson.starts_at, "Europe/Kyiv").time() for lesson in lessons} == {time(10)}
    assert {teacher.first_name for lesson in lessons for teacher in lesson.teachers.all()} == {"Anna"}
    verbs = {entry.verb for entry in Entry.objects.filter(by_name="Mara")}
    assert verbs == {"group.added", "slot.added", "lessons.made"}


def test_a_group_without_a_timetable_has_no_lessons(mara, school):
    assert create(mara, school, **{"slots-0-weekday": "", "slots-0-starts": ""}).status_code == 303
    assert not Group.objects.latest("pk").lessons.exists()


def test_a_timetable_that_began_in_the_past_gives_the_lessons_since_then(mara, school):
    create(mara, school, since=(today() - timedelta(days=28)).isoformat())
    assert Group.objects.latest("pk").lessons.filter(day__lt=today()).count() == 4


def test_who_may_say_what_costs_what_gives_a_tariff(vera, mara, school):
    tariff = Tariff.objects.create(name="Dear", price=D(50))
    assert create(vera, school, tariff_id=str(tariff.pk)).status_code == 303
    assert TariffUse.objects.get(group=Group.objects.latest("pk")).since == today()
    assert b"tariff_id" not in mara.get(NEW).content
    create(mara, school, tariff_id=str(tariff.pk), **{"slots-0-starts": "14:00"})
    assert not TariffUse.objects.filter(group=Group.objects.latest("pk")).exists()


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"name": "\u200b"}, "name"),
        ({"name": "a" * 101}, "name"),
        ({"programme_id": "999999"}, "programme_id"),
        ({"branch_id": "south"}, "branch_id"),
        ({"teachers": ["999999"]}, "teachers"),
        ({"teachers": ["1_0"]}, "teachers"),
        ({"capacity": "0"}, "capacity"),
        ({"capacity": "1e3"}, "capacity"),
        ({"minimum": "9", "capacity": "8"}, "minimum"),
        ({"state": "sleeping"}, "state"),
        ({"since": "1999-01-01"}, "since"),
        ({"since": "31.02.2026"}, "since"),
        ({"since": ""}, "since"),
        ({"slots-0-weekday": "8"}, "slots-0-weekday"),
        ({"slots-0-weekday": ""}, "slots-0-weekday"),
        ({"slots-0-starts": ""}, "slots-0-starts"),
        ({"slots-0-starts": "25:00"}, "slots-0-starts"),
        ({"slots-0-minutes": "0"}, "slots-0-minutes"),
        ({"slots-0-minutes": "1500"}, "slots-0-minutes"),
        ({"slots-0-minutes": ""}, "slots-0-minutes"),
        ({"slots-0-room": "999999"}, "slots-0-room"),
        ({"slots-0-room": "south"}, "slots-0-room"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_made(mara, school, wrong, where):
    south = {"branch_id": school.branches["south"].pk, "slots-0-room": school.groups["judo"].slots.get().room_id}
    wrong = {name: str(south[name]) if value == "south" else value for name, value in wrong.items()}
    counts = [model.objects.count() for model in (Group, TimetableSlot, Lesson, Entry)]
    answer = create(mara, school, **wrong)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="id_{where}_error"' in text
    kept = filled(answer)
    assert kept["slots-0-room" if where != "slots-0-room" else "slots-0-starts"] != [""]
    assert [model.objects.count() for model in (Group, TimetableSlot, Lesson, Entry)] == counts


@pytest.mark.parametrize("total", ["1000000", "x", "", "15"])
def test_a_form_that_was_tampered_with_is_refused(mara, school, total):
    assert create(mara, school, **{"slots-TOTAL_FORMS": total}).status_code == 422


def test_a_room_of_another_branch_is_refused_in_words(vera, school):
    answer = create(vera, school, **{"slots-0-room": str(school.groups["judo"].slots.get().room_id)})
    assert answer.status_code == 422
    assert "Choose a room of the group" in answer.content.decode()
    assert not Group.objects.filter(name="Chess for the small").exists()


def test_a_group_meets_once_at_a_time(mara, school):
    twice = {"slots-1-weekday": "3", "slots-1-starts": "10:30", "slots-1-minutes": "60"}
    answer = create(mara, school, **twice)
    assert answer.status_code == 409
    assert "meets at that time already" in answer.content.decode()


def test_lessons_that_collide_are_listed_and_left_out_when_that_is_meant(mara, school):
    on_tuesday = {"slots-0-weekday": "2", "slots-0-starts": "18:30"}
    night = operator("night")
    make_lessons(until=today() + timedelta(days=14), at=timezone.now(), by=night)
    answer = create(mara, school, **on_tuesday)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert text.count("Room 0 is taken by Chess") == 2
    assert not Group.objects.filter(name="Chess for the small").exists()
    assert mara.post(NEW, filled(answer, skip_collisions="on")).status_code == 303
    group = Group.objects.get(name="Chess for the small")
    assert group.lessons.exists()
    assert not group.lessons.filter(day__lte=today() + timedelta(days=14)).exists()


# ---- a group that is there


def edit(browser, group, **more):
    address = f"/groups/{group.pk}/edit/"
    return browser.post(address, filled(browser.get(address), **more))


@pytest.fixture
def chess(school):
    make_lessons(until=today() + timedelta(days=28), at=timezone.now(), by=operator("night"))
    return school.groups["chess"]


def coming(group, since):
    return list(Lesson.objects.filter(group=group, day__gte=since).order_by("day").values_list("pk", "day"))


def test_saving_what_stands_changes_nothing(mara, chess):
    before, entries = coming(chess, today()), Entry.objects.count()
    assert edit(mara, chess).status_code == 303
    chess.refresh_from_db()
    assert (coming(chess, today()), Entry.objects.count(), chess.version) == (before, entries, 1)


def test_a_name_changes_and_no_lesson_is_touched(mara, chess):
    before = coming(chess, today())
    edit(mara, chess, name="Chess II")
    chess.refresh_from_db()
    assert (chess.name, chess.version, coming(chess, today())) == ("Chess II", 2, before)


def test_a_slot_that_moves_from_a_day_leaves_the_past_and_the_touched(mara, chess):
    since = today() + timedelta(days=10)
    before = coming(chess, today())
    [kept] = [pk for pk, day in before if since <= day < since + timedelta(days=7)]
    Lesson.objects.filter(pk=kept).update(touched_at=timezone.now())
    edit(mara, chess, since=since.isoformat(), **{"slots-0-weekday": "5", "slots-0-starts": "16:00"})
    old, new = chess.slots.order_by("pk")
    assert (old.weekday, old.valid_until, new.weekday, new.valid_from) == (2, since, 5, since)
    after = coming(chess, today())
    assert [row for row in after if row[1] < since] == [row for row in before if row[1] < since]
    assert {day.isoweekday() for pk, day in after if day >= since and pk != kept} == {5}
    assert Lesson.objects.filter(pk=kept).exists()
    assert Lesson.objects.get(group=chess, day__lt=today()).starts_at == datetime.fromisoformat("2026-09-01T15:00Z")


def test_a_marked_lesson_stays_whatever_becomes_of_the_timetable(mara, chess, school):
    since = today() + timedelta(days=1)
    marked = coming(chess, since)[0][0]
    Mark.objects.create(client=school.clients()[0], lesson_id=marked, status="planned", marked_at=timezone.now())
    edit(mara, chess, since=since.isoformat(), **{"slots-0-DELETE": "on"})
    assert [pk for pk, _day in coming(chess, since)] == [marked]
    assert chess.slots.get().valid_until == since


def test_new_teachers_teach_the_lessons_to_come(mara, chess, school):
    boris = school.users["boris"].employee
    chess.teachers.add(boris)
    since = today() + timedelta(days=7)
    edit(mara, chess, since=since.isoformat(), teachers=[str(boris.pk)])
    for lesson in Lesson.objects.filter(group=chess, day__gt=date(2026, 9, 1)):
        assert [teacher.first_name for teacher in lesson.teachers.all()] == ["Anna" if lesson.day < since else "Boris"]


def test_a_group_that_is_finished_has_no_lessons_to_come(mara, chess):
    edit(mara, chess, state="finished", since=today().isoformat())
    assert not Lesson.objects.filter(group=chess, starts_at__gt=timezone.now()).exists()
    edit(mara, chess, state="running", since=today().isoformat())
    assert Lesson.objects.filter(group=chess, starts_at__gt=timezone.now()).exists()


def test_a_group_with_lessons_stays_in_its_branch(vera, chess, school):
    room = {"slots-0-room": ""}
    answer = edit(vera, chess, branch_id=str(school.branches["south"].pk), **room)
    assert answer.status_code == 409
    assert "lessons in its branch" in answer.content.decode()


def test_a_tariff_changes_from_a_day(vera, chess):
    since, tariff = today() + timedelta(days=5), Tariff.objects.create(name="Dear", price=D(50))
    edit(vera, chess, tariff_id=str(tariff.pk), since=since.isoformat())
    assert TariffUse.objects.get(group=chess).since == since
    assert Tariff.objects.get(uses__programme=chess.programme).name == "Standard"


def test_a_change_begins_today_at_the_earliest(mara, chess):
    answer = edit(mara, chess, since=(today() - timedelta(days=1)).isoformat())
    assert answer.status_code == 422
    assert 'id="id_since_error"' in answer.content.decode()


def test_two_who_change_a_group_meet_both_values(mara, chess, school):
    address = f"/groups/{chess.pk}/edit/"
    mine = filled(mara.get(address), name="Mine", programme_id=str(chess.programme_id))
    edit(mara, chess, name="Theirs")
    answer = mara.post(address, mine)
    assert answer.status_code == 409
    assert "Name: yours: Mine, now: Theirs" in answer.content.decode()
    assert mara.post(address, filled(answer)).status_code == 303


def test_two_who_change_the_teachers_meet_their_names(mara, chess, school):
    address = f"/groups/{chess.pk}/edit/"
    mine = filled(mara.get(address), teachers=[])
    edit(mara, chess, name="Theirs")
    answer = mara.post(address, mine | {"name": ["Theirs"]})
    assert answer.status_code == 409
    assert "now: Anna" in answer.content.decode()


def test_a_slot_of_another_group_is_not_taken_over(mara, chess, school):
    other = school.groups["dance"].slots.get()
    edit(mara, chess, **{"slots-0-slot_id": str(other.pk)})
    other.refresh_from_db()
    assert (other.group, other.valid_until) == (school.groups["dance"], None)
    assert chess.slots.count() == 2  # the former one ended, a new one of its own began


@pytest.mark.parametrize(("who", "status"), [("anna", 403), ("kira", 404), ("nina", 403), ("dina", 404)])
def test_a_group_is_changed_by_those_who_may(school, who, status):
    browser, chess = signed_in(school, who), school.groups["chess"]
    assert browser.get(f"/groups/{chess.pk}/edit/").status_code == status
    assert browser.post(f"/groups/{chess.pk}/enrolments/", {}).status_code == status
    assert browser.get(NEW).status_code == 403
    assert browser.get("/groups/999999/edit/").status_code == 404


# ---- a copy


def copied(group):
    return f"/groups/{group.pk}/copy/"


def test_a_copy_has_all_but_those_who_come(mara, school):
    chess = school.groups["chess"]
    chess.minimum, chess.capacity = 3, 8
    chess.save()
    page = mara.get(copied(chess))
    said = filled(page)
    assert (said["name"], said["minimum"], said["capacity"]) == (["Chess (copy)"], ["3"], ["8"])
    answer = mara.post(copied(chess), filled(page, **{"slots-0-weekday": "3"}))
    group = Group.objects.latest("pk")
    assert (answer.status_code, answer["Location"]) == (303, f"/groups/{group.pk}/")
    assert (group.programme, group.branch, group.minimum, group.capacity) == (chess.programme, chess.branch, 3, 8)
    assert [teacher.name for teacher in group.teachers.all()] == ["Anna"]
    [slot] = group.slots.all()
    assert (slot.weekday, slot.starts, slot.room, slot.valid_from) == (3, time(18), chess.slots.get().room, today())
    assert group.lessons.filter(day__gte=today()).exists()
    assert not group.enrolments.exists()
    chess.refresh_from_db()
    assert (chess.version, chess.slots.get().valid_until) == (1, None)


def test_a_copy_of_what_is_over_begins_with_what_there_still_is(mara, school):
    chess, slot = school.groups["chess"], school.groups["chess"].slots.get()
    chess.state = "finished"
    chess.save()
    Employee.objects.filter(user=school.users["anna"]).update(left_on=date(2026, 8, 1))
    slot.room.archived_at = timezone.now()
    slot.room.save()
    said = filled(mara.get(copied(chess)))
    assert (said["state"], said["slots-0-starts"]) == (["running"], ["18:00"])
    assert said["slots-0-room"] == [""]
    assert "teachers" not in said
    assert mara.post(copied(chess), said).status_code == 303
    assert Group.objects.latest("pk").state == "running"


def test_the_price_of_a_copy_is_that_of_the_group_for_those_who_say_prices(vera, school):
    chess, tariff = school.groups["chess"], Tariff.objects.create(name="Dear", price=D(50))
    TariffUse.objects.create(group=chess, tariff=tariff, since=date(2026, 1, 1))
    said = filled(vera.get(copied(chess)), **{"slots-0-weekday": "3"})
    assert vera.post(copied(chess), said).status_code == 303
    assert TariffUse.objects.get(group=Group.objects.latest("pk")).tariff == tariff


def test_a_copy_that_meets_at_the_same_time_is_told_what_it_runs_into(mara, chess):
    answer = mara.post(copied(chess), filled(mara.get(copied(chess))))
    assert answer.status_code == 409
    assert "Room 0 is taken by Chess" in answer.content.decode()
    assert not Group.objects.filter(name="Chess (copy)").exists()


# ---- coming and going


def enrolments(group):
    return f"/groups/{group.pk}/enrolments/"


def test_a_client_who_is_here_is_found_and_enrolled(mara, school):
    chess, dan = school.groups["chess"], school.clients("dance")[0]
    page = mara.get(f"{enrolments(chess)}?who=dan")
    assert "Dan" in page.content.decode()
    answer = mara.post(enrolments(chess), {"client": str(dan.pk), "since": "2026-10-01"})
    assert (answer.status_code, answer["Location"]) == (303, f"/groups/{chess.pk}/")
    row = Enrolment.objects.get(client=dan, group=chess)
    assert (row.since, row.until, row.weekdays) == (date(2026, 10, 1), None, None)
    entry = Entry.objects.latest("pk")
    assert (entry.verb, entry.subject, entry.within) == ("enrolment.added", f"client:{dan.pk}", f"group:{chess.pk}")


def test_a_client_comes_on_some_of_the_days_on_which_the_group_meets(mara, school):
    chess, dan = school.groups["chess"], school.clients("dance")[0]
    TimetableSlot.objects.create(group=chess, weekday=4, starts=time(18), valid_from=date(2026, 1, 1))
    said = {"client": str(dan.pk), "since": "2026-10-01"}
    assert mara.post(enrolments(chess), said | {"weekdays": ["4", "5"]}).status_code == 422
    assert mara.post(enrolments(chess), said | {"weekdays": ["4"]}).status_code == 303
    assert Enrolment.objects.get(client=dan, group=chess).weekdays == [4]


def test_a_new_client_is_added_and_enrolled_in_one_step(mara, school):
    chess = school.groups["chess"]
    said = {
        "first_name": " Max ", "birth_date": "05.06.2019", "contact_first_name": "Olga", "phone": "067 123 45 67",
        "since": "2026-10-01",
    }  # fmt: skip
    address = enrolments(chess)
    assert mara.post(address, filled(mara.get(address), **said)).status_code == 303
    max_ = Client.objects.latest("pk")
    assert (max_.first_name, max_.birth_date, max_.branch) == ("Max", date(2019, 6, 5), school.branches["north"])
    relation = max_.relations.get()
    assert (relation.contact.first_name, relation.contact.phone, relation.pays) == ("Olga", "+380671234567", True)
    assert Enrolment.objects.get(client=max_).since == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"first_name": "\u200b"}, "first_name"),
        ({"birth_date": "2100-01-01"}, "birth_date"),
        ({"birth_date": "31.02.2019"}, "birth_date"),
        ({"phone": "067"}, "phone"),
        ({"since": ""}, "since"),
        ({"since": "0001-01-01"}, "since"),
        ({"kinship": "boss"}, "kinship"),
        ({"email": "x"}, "email"),
    ],
)
def test_what_is_wrong_with_a_new_client_stands_at_its_field(mara, school, wrong, where):
    address, counts = enrolments(school.groups["chess"]), (Client.objects.count(), Contact.objects.count())
    said = {"first_name": "Max", "since": "2026-10-01"} | wrong
    answer = mara.post(address, filled(mara.get(address), **said))
    assert answer.status_code == 422
    assert f'id="new_{where}_error"' in answer.content.decode()
    assert (Client.objects.count(), Contact.objects.count()) == counts


def test_a_full_group_takes_another_one_only_if_that_is_meant(mara, school):
    Group.objects.update(capacity=2)
    chess, dan = school.groups["chess"], school.clients("dance")[0]
    answer = mara.post(enrolments(chess), {"client": str(dan.pk), "since": "2026-10-01"})
    assert answer.status_code == 409
    assert "2 of 2 places are taken" in answer.content.decode()
    assert filled(answer)["client"] == [str(dan.pk)]
    assert mara.post(enrolments(chess), filled(answer, over_capacity="on")).status_code == 303


def test_a_new_client_who_finds_the_group_full_is_not_added_either(mara, school):
    Group.objects.update(capacity=2)
    address, count = enrolments(school.groups["chess"]), Client.objects.count()
    answer = mara.post(address, filled(mara.get(address), first_name="Max"))
    assert answer.status_code == 409
    assert Client.objects.count() == count
    assert mara.post(address, filled(answer, over_capacity="on")).status_code == 303


def test_nobody_is_twice_in_a_group_at_a_time(mara, school):
    ivan = school.clients()[0]
    answer = mara.post(enrolments(school.groups["chess"]), {"client": str(ivan.pk), "since": "2026-10-01"})
    assert answer.status_code == 409
    assert "in this group already" in answer.content.decode()


@pytest.mark.parametrize("pk", ["0", "999999", str(2**63), "x", "1_0", ""])
def test_a_client_who_may_not_be_seen_is_not_enrolled(mara, school, pk):
    address, jan = enrolments(school.groups["chess"]), school.clients("judo")[0]
    assert mara.post(address, {"client": pk, "since": "2026-10-01"}).status_code in {404, 422}
    assert mara.post(address, {"client": str(jan.pk), "since": "2026-10-01"}).status_code == 404


def test_a_group_is_changed_by_whoever_sees_no_employees_and_its_teachers_stay(school):
    user = User.objects.create(username="zoe", name="Zoe", language="en")
    role = Role.objects.create(name="Plans", permissions=["journal.see", "group.edit"])
    Grant.objects.create(user=user, role=role, reach="everything")
    school.users["zoe"], chess = user, school.groups["chess"]
    zoe, page = signed_in(school, "zoe"), f"/groups/{school.groups['chess'].pk}/edit/"
    assert zoe.post(page, filled(zoe.get(page), name="Chess for all")).status_code == 303
    chess.refresh_from_db()
    assert (chess.name, [teacher.name for teacher in chess.teachers.all()]) == ("Chess for all", ["Anna"])


def test_two_who_change_a_timetable_meet_both(mara, chess):
    page = f"/groups/{chess.pk}/edit/"
    mine = filled(mara.get(page), **{"slots-0-starts": "19:00"})
    theirs = filled(mara.get(page), **{"slots-1-weekday": "4", "slots-1-starts": "17:00"})
    assert mara.post(page, theirs).status_code == 303
    answer = mara.post(page, mine)
    assert answer.status_code == 409
    told = answer.content.decode()
    assert "Tue 19:00–20:00, Room 0" in told
    assert "Tue 18:00–19:00, Room 0; Thu 17:00–18:00" in told
    assert mara.post(page, filled(answer)).status_code == 303
