import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal as D

import pytest
from django.utils import timezone

from rollbook.domains.access.actor import Permission, Reach, operator
from rollbook.domains.access.models import Branch, Grant, Organisation, Role
from rollbook.domains.billing.models import LedgerEntry, Payment, Tariff, TariffUse
from rollbook.domains.groups.models import Group, Programme
from rollbook.domains.history.models import Entry
from rollbook.domains.people.models import Employee, Management
from rollbook.domains.schedule.actions import make_lessons
from rollbook.domains.schedule.models import ClosingDay, Lesson, Room
from rollbook.foundation.periods import local
from rollbook.screens.settings import employees
from tests.web.browsing import filled, signed_in

LISTS = ("branches", "rooms", "programmes", "employees", "tariffs")
MODELS = {"branches": Branch, "rooms": Room, "programmes": Programme, "employees": Employee, "tariffs": Tariff}
NEW = {
    "branches": {"name": "West", "address": "Main street 1", "opens": "08:30"},
    "rooms": {"name": "Blue", "capacity": "12"},
    "programmes": {"name": "Robots", "min_age": "7", "max_age": "9"},
    "employees": {"first_name": "Petra", "last_name": "Novak", "phone": "050 123 45 67"},
    "tariffs": {"name": "Evening", "price": "1 200,50"},
}
# Of each list: what may be typed wrong, and where it is said.
WRONG = [
    ("branches", {"name": ""}, "name"),
    ("branches", {"name": "\u200b"}, "name"),
    ("branches", {"name": "a" * 101}, "name"),
    ("branches", {"name": "a\x00"}, "name"),
    ("branches", {"time_zone": "Europe/Atlantis"}, "time_zone"),
    ("branches", {"opens": "21:00", "closes": "09:00"}, "closes"),
    ("branches", {"calls_from": "25:00"}, "calls_from"),
    ("rooms", {"name": " "}, "name"),
    ("rooms", {"name": "a" * 61}, "name"),
    ("rooms", {"capacity": "0"}, "capacity"),
    ("rooms", {"capacity": "1_2"}, "capacity"),
    ("rooms", {"branch_id": "999999"}, "branch_id"),
    ("rooms", {"branch_id": str(2**63)}, "branch_id"),
    ("programmes", {"name": ""}, "name"),
    ("programmes", {"min_age": "9", "max_age": "7"}, "max_age"),
    ("programmes", {"minutes": "0"}, "minutes"),
    ("programmes", {"minutes": "1500"}, "minutes"),
    ("programmes", {"capacity": "many"}, "capacity"),
    ("employees", {"first_name": "", "last_name": "\u200b"}, "first_name"),
    ("employees", {"phone": "112"}, "phone"),
    ("employees", {"phone": "0501234567 доб. 5"}, "phone"),
    ("employees", {"email": "anna"}, "email"),
    ("employees", {"branch_id": "x"}, "branch_id"),
    ("employees", {"manages": ["999999"]}, "manages"),
    ("employees", {"user_id": "999999"}, "user_id"),
    ("tariffs", {"name": ""}, "name"),
    ("tariffs", {"price": "-1"}, "price"),
    ("tariffs", {"price": "0.005"}, "price"),
    ("tariffs", {"price": "1e9"}, "price"),
    ("tariffs", {"price": "10000000000"}, "price"),
    ("tariffs", {"price": "NaN"}, "price"),
    ("tariffs", {"missed_share": "150"}, "missed_share"),
    ("tariffs", {"excused_share": "-5"}, "excused_share"),
    ("tariffs", {"make_up_days": "0"}, "make_up_days"),
    ("tariffs", {"pricing": "free"}, "pricing"),
    ("tariffs", {"kind": "gift"}, "kind"),
    ("tariffs", {"kind": "package", "lessons": ""}, "lessons"),
    ("tariffs", {"kind": "course", "lessons": "1001"}, "lessons"),
    ("tariffs", {"kind": "package", "lessons": "8", "instalments": "3"}, "instalments"),
    ("tariffs", {"kind": "lesson", "charged": "start"}, "charged"),
    ("tariffs", {"freezing": "extends"}, "freezing"),
    ("tariffs", {"round_to": "7"}, "round_to"),
    ("tariffs", {"sibling_discount": "101"}, "sibling_discount"),
    ("tariffs", {"lapsed_share": "x"}, "lapsed_share"),
]


@pytest.fixture
def vera(school):
    return signed_in(school, "vera")


def placed(school, name, typed):
    """Rooms and employees are put into a branch."""
    return {"branch_id": str(school.branches["north"].pk), **typed} if name in {"rooms", "employees"} else typed


def add(browser, school, name, /, **typed):
    address = f"/settings/{name}/new/"
    return browser.post(address, filled(browser.get(address), **placed(school, name, {**NEW[name], **typed})))


@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_what_stands_and_what_is_put_away(vera, school, name):
    add(vera, school, name)
    shown = "Novak Petra" if name == "employees" else NEW[name]["name"]
    assert shown in vera.get(f"/settings/{name}/").content.decode()
    assert shown not in vera.get(f"/settings/{name}/?archived=1").content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_something_is_added_once_and_written_down(vera, school, name):
    answer = add(vera, school, name)
    assert (answer.status_code, answer["Location"]) == (303, f"/settings/{name}/")
    entry = Entry.objects.latest("pk")
    assert (entry.by_name, entry.via, entry.verb.partition(".")[2]) == ("Vera", "web", "added")
    assert entry.subject == f"{entry.verb.partition('.')[0]}:{MODELS[name].objects.latest('pk').pk}"


@pytest.mark.parametrize(("name", "typed", "where"), WRONG)
def test_what_is_wrong_stands_at_its_field_and_the_rest_is_kept(vera, school, name, typed, where):
    count = MODELS[name].objects.count()
    answer = add(vera, school, name, **typed)
    text = answer.content.decode()
    assert answer.status_code == 422, text
    assert f'id="id_{where}_error"' in text
    assert text.count('_error"><svg') == 1
    kept = filled(answer)
    assert all(kept[other] == [value] for other, value in NEW[name].items() if other not in {*typed, "price", "phone"})
    assert MODELS[name].objects.count() == count


@pytest.mark.parametrize("name", LISTS)
def test_saving_what_stands_changes_nothing(vera, school, name):
    add(vera, school, name)
    address = f"/settings/{name}/{MODELS[name].objects.latest('pk').pk}/edit/"
    entries = Entry.objects.count()
    assert vera.post(address, filled(vera.get(address))).status_code == 303
    row = MODELS[name].objects.latest("pk")
    assert (Entry.objects.count(), row.version) == (entries, 1)


@pytest.mark.parametrize("name", LISTS)
def test_a_change_is_written_down_with_what_was_before(vera, school, name):
    add(vera, school, name)
    field = "last_name" if name == "employees" else "name"
    address = f"/settings/{name}/{MODELS[name].objects.latest('pk').pk}/edit/"
    vera.post(address, filled(vera.get(address), **{field: "Else"}))
    row, entry = MODELS[name].objects.latest("pk"), Entry.objects.latest("pk")
    assert (getattr(row, field), row.version) == ("Else", 2)
    assert (entry.old, entry.new) == ({field: NEW[name][field]}, {field: "Else"})


@pytest.mark.parametrize("name", LISTS)
def test_a_card_shows_what_was_done_to_it_to_those_who_may_see_that(vera, school, name):
    add(vera, school, name)
    field = "last_name" if name == "employees" else "name"
    address = f"/settings/{name}/{MODELS[name].objects.latest('pk').pk}/edit/"
    vera.post(address, filled(vera.get(address), **{field: "Else"}))
    assert f"{NEW[name][field]} → Else" in vera.get(address).content.decode()
    role = Role.objects.create(name="Without history", permissions=sorted({*Permission} - {Permission.HISTORY_SEE}))
    Grant.objects.filter(user=school.users["vera"]).update(role=role)
    assert "→ Else" not in vera.get(address).content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_a_stale_edit_shows_both_values_and_is_kept_by_saving_again(vera, school, name):
    add(vera, school, name)
    field = "last_name" if name == "employees" else "name"
    address = f"/settings/{name}/{MODELS[name].objects.latest('pk').pk}/edit/"
    mine = filled(vera.get(address), **{field: "Mine"})
    vera.post(address, filled(vera.get(address), **{field: "Theirs"}))
    answer = vera.post(address, mine)
    assert answer.status_code == 409
    assert "yours: Mine, now: Theirs" in answer.content.decode()
    assert getattr(MODELS[name].objects.latest("pk"), field) == "Theirs"
    assert vera.post(address, filled(answer)).status_code == 303
    assert getattr(MODELS[name].objects.latest("pk"), field) == "Mine"


@pytest.mark.parametrize("name", LISTS)
def test_put_away_and_brought_back(vera, school, name):
    add(vera, school, name)
    pk = MODELS[name].objects.latest("pk").pk
    shown = "Novak Petra" if name == "employees" else NEW[name]["name"]
    for step in ("archive", "archive", "archive/undo", "archive/undo", "archive"):
        assert vera.post(f"/settings/{name}/{pk}/{step}/").status_code == 303
    assert shown in vera.get(f"/settings/{name}/?archived=1").content.decode()
    assert vera.get(f"/settings/{name}/{pk}/edit/").status_code == 200
    assert Entry.objects.filter(subject__endswith=f":{pk}").count() >= 4


@pytest.mark.parametrize("name", ["branches", "rooms", "programmes"])
def test_a_name_is_taken_once_whatever_its_case(vera, school, name):
    add(vera, school, name)
    answer = add(vera, school, name, name=NEW[name]["name"].upper())
    assert answer.status_code == 409
    assert "There is one of this name already." in answer.content.decode()
    assert filled(answer)["name"] == [NEW[name]["name"].upper()]


@pytest.mark.parametrize("name", ["branches", "rooms", "programmes"])
def test_the_name_of_what_is_put_away_is_free_until_it_is_brought_back(vera, school, name):
    add(vera, school, name)
    pk = MODELS[name].objects.latest("pk").pk
    vera.post(f"/settings/{name}/{pk}/archive/")
    assert add(vera, school, name).status_code == 303
    assert vera.post(f"/settings/{name}/{pk}/archive/undo/").status_code == 409


@pytest.mark.parametrize("name", LISTS)
def test_what_is_not_there_is_not_found(vera, name):
    for pk in ("0", "999999", str(2**31), str(2**63), str(2**70)):
        for step in ("edit", "archive", "archive/undo"):
            assert vera.post(f"/settings/{name}/{pk}/{step}/").status_code == 404


@pytest.mark.parametrize("name", LISTS)
def test_fields_of_ones_own_making_are_ignored(vera, school, name):
    extra = {"id": "1", "version": "77", "archived_at": "2020-01-01", "created_by": "1", "is_staff": "on"}
    assert add(vera, school, name, **extra).status_code == 303
    row = MODELS[name].objects.latest("pk")
    assert row.version == 1
    assert getattr(row, "archived_at", None) is None


# ---- who may


@pytest.mark.parametrize(
    ("who", "answers"),
    [
        ("oleg", {"branches": 200, "rooms": 200, "programmes": 200, "employees": 200, "tariffs": 200}),
        ("mara", {"branches": 403, "rooms": 403, "programmes": 403, "employees": 200, "tariffs": 403}),
        ("anna", {"branches": 403, "rooms": 403, "programmes": 403, "employees": 200, "tariffs": 403}),
        ("kira", {"branches": 403, "rooms": 403, "programmes": 403, "employees": 200, "tariffs": 200}),
        ("dina", {"branches": 403, "rooms": 403, "programmes": 403, "employees": 403, "tariffs": 403}),
    ],
)
def test_lists_are_for_those_who_may_set_something(school, who, answers):
    browser = signed_in(school, who)
    assert {name: browser.get(f"/settings/{name}/").status_code for name in LISTS} == answers


def test_the_manager_of_a_branch_sets_what_is_in_it_and_nothing_of_the_whole(school):
    oleg, south = signed_in(school, "oleg"), school.branches["south"]
    assert oleg.get("/settings/").headers["Location"] == "/settings/branches/"
    assert "South" not in oleg.get("/settings/branches/").content.decode()
    assert add(oleg, school, "rooms").status_code == 303
    assert add(oleg, school, "rooms", branch_id=str(south.pk), name="Red").status_code == 422
    assert oleg.get(f"/settings/rooms/{south.rooms.get().pk}/edit/").status_code == 404
    assert oleg.get(f"/settings/branches/{south.pk}/edit/").status_code == 404
    assert oleg.get(f"/settings/branches/{school.branches['north'].pk}/edit/").status_code == 200
    for address in ("branches/new/", "programmes/new/", "tariffs/new/", "organisation/"):
        assert oleg.get(f"/settings/{address}").status_code == 403
    assert oleg.get("/settings/programmes/").status_code == 200
    assert "New programme" not in oleg.get("/settings/programmes/").content.decode()


def test_a_right_in_groups_is_none_in_their_branch(school):
    """Nina sees chess and marks dance; were she to set something there, the branch would not be hers to set."""
    role = Role.objects.create(name="All of a group", permissions=sorted(Permission))
    Grant.objects.create(user=school.users["nina"], role=role, reach=Reach.GROUPS).groups.add(school.groups["chess"])
    nina, branch = signed_in(school, "nina"), school.branches["north"]
    room = school.groups["chess"].slots.get().room
    for address in ("branches/", "rooms/", "rooms/new/", f"branches/{branch.pk}/edit/", f"rooms/{room.pk}/edit/"):
        assert nina.get(f"/settings/{address}").status_code == 403
    assert nina.post(f"/settings/rooms/{room.pk}/archive/").status_code == 403
    assert nina.get(f"/groups/{school.groups['chess'].pk}/edit/").status_code == 200
    assert nina.get("/groups/new/").status_code == nina.get("/clients/new/").status_code == 403


def test_whoever_may_set_nothing_is_told_so_and_a_stranger_signs_in(school, client):
    assert signed_in(school, "dina").get("/settings/").status_code == 403
    assert client.get("/settings/rooms/")["Location"] == "/account/login/?next=/settings/rooms/"


# ---- branches, rooms, employees, tariffs in particular


def test_a_branch_in_which_groups_meet_is_not_closed(vera, school):
    answer = vera.post(f"/settings/branches/{school.branches['north'].pk}/archive/")
    assert answer.status_code == 409
    assert "Chess, Dance" in answer.content.decode()


def test_a_branch_that_moves_to_another_zone_keeps_the_local_time_of_its_lessons(vera, school):
    now = timezone.now()
    make_lessons(until=now.date() + timedelta(days=14), at=now, by=operator("night"))
    north = school.branches["north"]
    address = f"/settings/branches/{north.pk}/edit/"
    assert vera.post(address, filled(vera.get(address), time_zone="Europe/Lisbon")).status_code == 303
    lessons = Lesson.objects.filter(branch=north, starts_at__gt=now)
    assert {local(lesson.starts_at, "Europe/Lisbon").time() for lesson in lessons} == {time(18)}


def test_a_room_in_which_groups_meet_is_not_put_away(vera, school):
    answer = vera.post(f"/settings/rooms/{school.groups['chess'].slots.get().room_id}/archive/")
    assert answer.status_code == 409
    assert "Chess" in answer.content.decode()


def test_a_room_stays_in_its_branch(vera, school):
    room = school.groups["chess"].slots.get().room
    address = f"/settings/rooms/{room.pk}/edit/"
    vera.post(address, filled(vera.get(address), branch_id=str(school.branches["south"].pk)))
    room.refresh_from_db()
    assert room.branch == school.branches["north"]


def test_a_programme_by_which_groups_teach_is_not_put_away(vera, school):
    answer = vera.post(f"/settings/programmes/{Programme.objects.get().pk}/archive/")
    assert answer.status_code == 409
    Group.objects.update(state="finished")
    assert vera.post(f"/settings/programmes/{Programme.objects.get().pk}/archive/").status_code == 303


def test_an_employee_manages_branches_and_signs_in(vera, school):
    north, dina = school.branches["north"], school.users["dina"]
    add(vera, school, "employees", manages=[str(north.pk)], user_id=str(dina.pk))
    petra = Employee.objects.latest("pk")
    assert (petra.user, petra.phone, Management.objects.get().employee) == (dina, "+380501234567", petra)
    add(vera, school, "employees", last_name="Next", manages=[str(north.pk)])
    assert Management.objects.get().employee == Employee.objects.latest("pk")
    address = f"/settings/employees/{petra.pk}/edit/"
    vera.post(address, filled(vera.get(address), user_id="", manages=[]))
    petra.refresh_from_db()
    assert petra.user is None


def test_only_who_manages_access_everywhere_says_who_signs_in(school):
    oleg, dina = signed_in(school, "oleg"), school.users["dina"]
    assert b"user_id" not in oleg.get("/settings/employees/new/").content
    add(oleg, school, "employees", user_id=str(dina.pk))
    assert Employee.objects.latest("pk").user is None


def test_phones_of_employees_are_hidden_from_whoever_may_not_see_phones(vera, school):
    """And stay as they are when such a person saves the form."""
    anna = school.users["anna"].employee
    address = f"/settings/employees/{anna.pk}/edit/"
    vera.post(address, filled(vera.get(address), phone="+380501234567", email="anna@home.example"))
    Role.objects.filter(name="Clerk").update(permissions=["staff.edit", "history.see"])
    dina = signed_in(school, "dina")
    page = dina.get(address)
    said = page.content.decode()
    assert "Anna" in said
    assert "home.example" not in said
    assert "1234567" not in re.sub(r"\D", "", said)
    assert dina.post(address, filled(page, first_name="Ann")).status_code == 303
    anna.refresh_from_db()
    assert (anna.first_name, anna.phone, anna.email) == ("Ann", "+380501234567", "anna@home.example")
    assert "anna@home.example" in vera.get(address).content.decode()


def test_a_sign_in_belongs_to_one_employee(vera, school):
    answer = add(vera, school, "employees", user_id=str(school.users["anna"].pk))
    assert answer.status_code == 422
    assert Employee.objects.filter(user=school.users["anna"]).count() == 1


def test_a_teacher_of_groups_that_meet_does_not_leave(vera, school, time_machine):
    boris = school.users["boris"].employee
    answer = vera.post(f"/settings/employees/{boris.pk}/archive/")
    assert answer.status_code == 409
    assert "Judo" in answer.content.decode()
    school.groups["judo"].teachers.clear()
    time_machine.move_to(datetime(2026, 9, 1, 20, tzinfo=UTC))  # in Almaty the day is over
    assert vera.post(f"/settings/employees/{boris.pk}/archive/").status_code == 303
    boris.refresh_from_db()
    assert boris.left_on == date(2026, 9, 2)


def test_by_which_login_somebody_signs_in_is_told_to_those_who_may_change_them(school):
    told = {
        who: {row.name: row.cells[-1] for row in employees.rows(archived=False, by=school.actor(who))}
        for who in ("vera", "oleg", "mara", "anna")
    }
    whole, hers, hidden = {"Anna": "anna", "Boris": "boris"}, {"Anna": "anna"}, {"Anna": ""}
    assert told == {"vera": whole, "oleg": hers, "mara": hidden, "anna": hidden}


def test_a_tariff_that_prices_something_is_not_put_away_and_says_what(vera, school):
    tariff = Tariff.objects.get()
    assert "Games and arts" in vera.get(f"/settings/tariffs/{tariff.pk}/edit/").content.decode()
    answer = vera.post(f"/settings/tariffs/{tariff.pk}/archive/")
    assert answer.status_code == 409
    assert "Games and arts" in answer.content.decode()
    TariffUse.objects.update(until=date(2026, 2, 1))
    assert vera.post(f"/settings/tariffs/{tariff.pk}/archive/").status_code == 303


def test_the_price_of_a_tariff_is_read_as_it_is_written(vera, school):
    add(vera, school, "tariffs")
    assert Tariff.objects.latest("pk").price == D("1200.50")


def test_a_tariff_of_each_kind_is_set_by_what_is_asked_for_it(vera):
    """Whatever else a form without a script sends along is left out; what is not sent is as in a new tariff."""
    address = "/settings/tariffs/new/"
    said = {"name": "Course", "kind": "course", "price": "40000", "missed_share": "100", "excused_share": "0"}
    asked = {"lessons": "40", "charged": "start", "instalments": "4", "month_from": "first", "pricing": "fixed"}
    assert vera.post(address, said | asked).status_code == 303
    row = Tariff.objects.latest("pk")
    assert (row.pricing, row.lessons, row.instalments, row.month_from) == ("whole", 40, 4, "calendar")
    text = vera.get("/settings/tariffs/").content.decode()
    assert "whole course" in text
    assert "40 lessons" in text
    edit = f"/settings/tariffs/{row.pk}/edit/"
    assert vera.post(edit, filled(vera.get(edit), kind="lesson", charged="lesson")).status_code == 303
    row.refresh_from_db()
    assert (row.pricing, row.lessons, row.instalments, row.version) == ("fixed", None, 1, 2)
    text = vera.get(edit).content.decode()
    assert "kind: whole course → lesson by lesson; written off: at the start → as lessons happen; lessons: 40" in text


# ---- organisation


RULES = "/settings/organisation/"


def test_the_organisation_and_its_rules_are_changed(vera):
    typed = {"name": "Academy", "time_zone": "Europe/Berlin", "phone_region": "DE", "make_up_days": "45"}
    answer = vera.post(RULES, filled(vera.get(RULES), **typed))
    assert (answer.status_code, answer["Location"]) == (303, RULES)
    row, entry = Organisation.objects.get(), Entry.objects.latest("pk")
    assert (row.name, row.time_zone, row.phone_region, row.make_up_days, row.version) == (
        "Academy", "Europe/Berlin", "DE", 45, 2,
    )
    assert entry.old == {"name": "Test school", "time_zone": "Europe/Kyiv", "phone_region": "UA", "make_up_days": 30}


def test_the_rules_of_money_are_changed_and_told(vera):
    typed = {"discount_limit": "35", "contracts": "on", "renewal_day": "25"}
    assert vera.post(RULES, filled(vera.get(RULES), **typed)).status_code == 303
    row = Organisation.objects.get()
    assert (row.discount_limit, row.contracts, row.renewal_day) == (35, True, 25)
    text = vera.get(RULES).content.decode()
    assert "discounts up to, %: 20 → 35" in text
    assert "day on which the next month is sold by itself: 25" in text
    assert vera.post(RULES, filled(vera.get(RULES), renewal_day="", contracts=[])).status_code == 303
    row.refresh_from_db()
    assert (row.contracts, row.renewal_day) == (False, None)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", "\u200b"), ("currency", "XXQ"), ("currency", ""), ("time_zone", "Mars/Base"), ("phone_region", "ZZ"),
        ("phone_region", "ua"), ("language", "de"), ("make_up_days", "0"), ("make_up_days", "367"),
        ("mark_edit_days", "-1"), ("mark_edit_days", "1_0"), ("discount_limit", "101"), ("discount_limit", ""),
        ("renewal_day", "0"), ("renewal_day", "29"),
    ],
)  # fmt: skip
def test_rules_that_make_no_sense_are_refused_at_their_field(vera, field, typed):
    answer = vera.post(RULES, filled(vera.get(RULES), **{field: typed}))
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert Organisation.objects.get().version == 1


def test_two_who_change_the_rules_meet_both_values(vera):
    mine = filled(vera.get(RULES), name="Mine")
    vera.post(RULES, filled(vera.get(RULES), name="Theirs"))
    answer = vera.post(RULES, mine)
    assert answer.status_code == 409
    assert "yours: Mine, now: Theirs" in answer.content.decode()


def test_the_currency_changes_only_while_no_money_is_booked(vera, school):
    assert vera.post(RULES, filled(vera.get(RULES), currency="EUR")).status_code == 303
    payment = Payment.objects.create(amount=10, received_on=date(2026, 9, 1))
    LedgerEntry.objects.create(
        client=school.clients()[0], branch=school.branches["north"], kind="payment", amount=10, payment=payment,
        day=date(2026, 9, 1), made_at=timezone.now(),
    )
    answer = vera.post(RULES, filled(vera.get(RULES), currency="UAH"))
    assert answer.status_code == 409
    assert Organisation.objects.get().currency == "EUR"


# ---- closing days


CLOSING = "/settings/closing-days/"


def test_a_branch_is_closed_and_its_untouched_lessons_go_and_come_again(vera, school):
    now = timezone.now()
    make_lessons(until=now.date() + timedelta(days=21), at=now, by=operator("night"))
    first, second = Lesson.objects.filter(group=school.groups["chess"], starts_at__gt=now).order_by("day")[:2]
    touched = Lesson.objects.get(group=school.groups["dance"], day=first.day)
    Lesson.objects.filter(pk=touched.pk).update(touched_at=now)
    typed = {"branch": str(school.branches["north"].pk), "first": first.day.isoformat(), "reason": "Snow"}
    assert vera.post(CLOSING, filled(vera.get(CLOSING), **typed)).status_code == 303
    assert not Lesson.objects.filter(pk=first.pk).exists()
    assert Lesson.objects.filter(pk__in=[second.pk, touched.pk]).count() == 2
    assert "Snow" in vera.get(CLOSING).content.decode()
    closed = ClosingDay.objects.get()
    assert vera.post(f"{CLOSING}{closed.pk}/undo/").status_code == 303
    assert Lesson.objects.filter(group=school.groups["chess"], day=first.day).count() == 1
    assert vera.post(f"{CLOSING}{closed.pk}/undo/").status_code == 404


def test_days_that_are_closed_already_are_not_closed_twice(vera, school):
    typed = {"branch": str(school.branches["north"].pk), "first": "2026-12-30", "last": "2027-01-02"}
    for _time in range(2):
        assert vera.post(CLOSING, filled(vera.get(CLOSING), **typed)).status_code == 303
    assert ClosingDay.objects.count() == 4
    assert Entry.objects.filter(verb="branch.closed").count() == 1


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("first", {"first": ""}), ("first", {"first": "31.02.2026"}), ("branch", {"branch": "999999"}),
        ("last", {"last": "2026-12-29"}), ("last", {"last": "2028-12-30"}), ("reason", {"reason": "a" * 101}),
    ],
)  # fmt: skip
def test_closing_days_that_make_no_sense_are_refused_at_their_field(vera, school, field, typed):
    said = {"branch": str(school.branches["north"].pk), "first": "2026-12-30"} | typed
    answer = vera.post(CLOSING, filled(vera.get(CLOSING), **said))
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not ClosingDay.objects.exists()


def test_days_of_another_branch_are_not_closed(school):
    oleg, south = signed_in(school, "oleg"), school.branches["south"]
    assert oleg.post(CLOSING, {"branch": str(south.pk), "first": "2026-12-30"}).status_code == 422
    closed = ClosingDay.objects.create(branch=south, day=date(2026, 12, 30))
    assert oleg.post(f"{CLOSING}{closed.pk}/undo/").status_code == 404
