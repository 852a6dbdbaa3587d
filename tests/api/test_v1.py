import json
from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.db import OperationalError

from rollbook.domains.access.models import Role
from rollbook.domains.billing.models import Account, Payment, Tariff
from rollbook.domains.groups.models import Enrolment
from rollbook.domains.journal.models import Mark
from rollbook.screens import clients
from tests.school import ANNAS_KEY, AT


@pytest.fixture(autouse=True)
def the_evening_of_the_lesson(time_machine):
    time_machine.move_to(AT, tick=False)


@pytest.fixture
def anna(client, school):
    return Caller(client, f"Bearer {ANNAS_KEY}")


@pytest.fixture
def mara(client, school):
    client.force_login(school.users["mara"])
    return Caller(client, "")


class Caller:
    def __init__(self, client, authorization):
        self.client = client
        self.headers = {"Authorization": authorization} if authorization else {}

    def get(self, address, **query):
        return self.client.get(f"/api/v1{address}", query, headers=self.headers)

    def post(self, address, body):
        text = body if isinstance(body, str) else json.dumps(body)
        return self.client.post(f"/api/v1{address}", text, content_type="application/json", headers=self.headers)

    def patch(self, address, body):
        return self.client.patch(
            f"/api/v1{address}", json.dumps(body), content_type="application/json", headers=self.headers
        )

    def delete(self, address):
        return self.client.delete(f"/api/v1{address}", headers=self.headers)


def test_a_lesson_is_marked_and_says_who_came(anna, school):
    lesson, ivan = school.lessons["chess"].pk, school.clients()[0].pk
    answer = anna.post(
        f"/lessons/{lesson}/marks", {"marks": [{"client_id": ivan, "status": "attended", "minutes_late": 5}]}
    )
    assert answer.status_code == 200
    row = answer.json()["rows"][0]
    assert (row["name"], row["cell"]["status"], row["cell"]["minutes_late"]) == ("Ivan", "attended", 5)
    back = anna.post(f"/lessons/{lesson}/marks", {"marks": [{"client_id": ivan, "status": None, "seen": 1}]})
    assert back.json()["rows"][0]["cell"]["status"] is None


def test_cells_of_several_lessons_are_marked_at_once_or_not_at_all(anna, school):
    group, ivan, today = school.groups["chess"].pk, school.clients()[0].pk, school.lessons["chess"].pk
    past = school.lesson(at=AT - timedelta(days=2)).pk

    def marks(status, seen, *lessons):
        return [{"lesson_id": pk, "client_id": ivan, "status": status, "seen": seen} for pk in lessons]

    done = anna.post(f"/groups/{group}/marks", {"marks": marks("excused", 0, past, today)})
    assert done.status_code == 200
    assert {(cell["lesson_id"], cell["state"], cell["cell"]["version"]) for cell in done.json()["cells"]} == {
        (past, "excused", 1), (today, "excused", 1),
    }
    stale = anna.post(f"/groups/{group}/marks", {"marks": marks("missed", 0, past, today)})
    assert stale.status_code == 409
    told = {(pair["lesson_id"], pair["day"], pair["yours"], pair["theirs"]) for pair in stale.json()["values"]}
    assert told == {(past, "2026-08-30", "missed", "excused"), (today, "2026-09-01", "missed", "excused")}
    twice = anna.post(f"/groups/{group}/marks", {"marks": marks("missed", 1, today, today)})
    many = anna.post(f"/groups/{group}/marks", {"marks": marks("missed", 0, *range(1, 33))})
    assert (twice.status_code, many.status_code) == (422, 422)
    assert set(Mark.objects.values_list("status", flat=True)) == {"excused"}


@pytest.mark.parametrize(
    ("permission", "address", "body"),
    [
        (
            "payment.take", "/clients/{client}/payments",
            {"amount": "5", "method": "cash", "on": "2026-09-01", "key": "a" * 32},
        ),
        ("journal.mark", "/lessons/{lesson}/everyone", {}),
        ("journal.mark", "/lessons/{lesson}/marks", {"marks": []}),
        ("journal.mark", "/groups/{group}/marks", {"marks": []}),
        ("lesson.edit", "/lessons/{lesson}/cancellation", {"reason": "Flu"}),
        ("group.edit", "/enrolments/{enrolment}/weekdays", {"weekdays": [2]}),
    ],
)
def test_whoever_may_change_something_is_told_how_it_stands(client, school, permission, address, body):
    """What was done is never answered as if it were not there."""
    Role.objects.filter(name="Clerk").update(permissions=[permission])
    client.force_login(school.users["dina"])
    where = address.format(
        client=school.clients()[0].pk, lesson=school.lessons["chess"].pk, group=school.groups["chess"].pk,
        enrolment=Enrolment.objects.first().pk,
    )
    assert Caller(client, "").post(where, body).status_code in {200, 201}


def test_a_stale_mark_is_a_conflict_with_both_values(anna, school):
    lesson, ivan = school.lessons["chess"].pk, school.clients()[0].pk
    anna.post(f"/lessons/{lesson}/everyone", {})
    body = {"marks": [{"client_id": ivan, "status": "missed", "seen": 0}]}
    answer = anna.post(f"/lessons/{lesson}/marks", body)
    assert answer.status_code == 409
    [told] = answer.json()["values"]
    assert told == {"client_id": ivan, "name": "Ivan", "yours": "missed", "theirs": "attended", "version": 1}


def test_the_journal_of_a_group_and_the_list_of_groups(mara, school):
    shown = mara.get(f"/groups/{school.groups['chess'].pk}/journal", first="2026-09-01", last="2026-09-30").json()
    assert [row["name"] for row in shown["rows"]] == ["Ivan", "Olga"]
    assert shown["rows"][0]["squares"][0]["state"] == "unmarked"
    assert [group["name"] for group in mara.get("/groups/").json()["groups"]] == ["Chess", "Dance"]


def test_clients_their_account_and_a_payment_that_is_booked_once(mara, school):
    ivan = school.clients()[0].pk
    found = mara.get("/clients/", q="iv").json()["clients"]
    assert [(c["client_id"], c["groups"], D(c["balance"])) for c in found] == [(ivan, ["Chess"], 0)]
    body = {"amount": "30.00", "method": "cash", "on": "2026-09-01", "key": "a-key-of-mine"}
    answers = [mara.post(f"/clients/{ivan}/payments", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert (Payment.objects.count(), Account.objects.get().balance) == (1, D(30))
    card = mara.get(f"/clients/{ivan}").json()
    assert [line["amount"] for line in card["statement"]["lines"]] == ["30.00"]


def test_a_lesson_is_cancelled_and_restored(mara, school):
    address = f"/lessons/{school.lessons['chess'].pk}/cancellation"
    assert mara.post(address, {"reason": "Snow"}).json()["cancel_reason"] == "Snow"
    assert mara.delete(address).json()["cancelled_at"] is None


@pytest.mark.parametrize(
    "body",
    [
        "", "{", "[]", "null", "[" * 100_000, '{"marks": {}}', '{"marks": [{}]}', '{"marks": [{"client_id": "x"}]}',
        {"marks": [{"client_id": 1, "status": "asleep"}]}, {"marks": [{"client_id": 0, "status": "attended"}]},
        {"marks": [{"client_id": 2**63, "status": "attended"}]},
        {"marks": [{"client_id": 1, "status": "attended"}] * 2},
        {"marks": [{"client_id": 1, "status": "attended", "charge": 0}]}, {"marks": [{"client_id": 1}]},
        {"marks": [{"client_id": 1, "status": "attended", "seen": -1}]},
        {"marks": [{"client_id": 1, "status": "attended", "minutes_late": 601}]},
        '{"marks": [{"client_id": NaN, "status": "attended"}]}', '{"marks": [{"client_id": 1, "status": "\\u0000"}]}',
    ],
    ids=lambda body: str(body)[:60],
)
def test_a_body_that_makes_no_sense_is_refused_and_writes_nothing(anna, school, body):
    answer = anna.post(f"/lessons/{school.lessons['chess'].pk}/marks", body)
    assert answer.status_code in (400, 422), answer.content
    assert answer.json()["detail"]
    assert not Mark.objects.exists()


@pytest.mark.parametrize(
    "told",
    [
        {"amount": "0"}, {"amount": "-1"}, {"amount": "1e9"}, {"amount": "NaN"}, {"amount": "0.001"}, {"amount": True},
        {"method": "gold"}, {"on": "2026-02-30"}, {"on": "2027-01-01"}, {"note": "a\u0000b"}, {"note": "x" * 201},
        {"key": "short"}, {"key": ""}, {"client_id": 5},
    ],
    ids=lambda body: str(body)[:60],
)
def test_a_payment_that_makes_no_sense_is_refused_at_its_field(mara, school, told):
    body = {"amount": "30.00", "method": "cash", "on": "2026-09-01", "key": "a-key-of-mine"} | told
    answer = mara.post(f"/clients/{school.clients()[0].pk}/payments", body)
    assert answer.status_code == 422, answer.content
    assert any(name.endswith(next(iter(told))) for name in answer.json()["fields"]), answer.json()
    assert not Payment.objects.exists()


@pytest.mark.parametrize("query", [{"after": "nonsense"}, {"q": "x" * 201}, {"branch_id": "x"}])
def test_a_list_says_what_is_wrong_with_its_address(mara, query):
    assert mara.get("/groups/", **query).status_code == 422


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2101-01-01", "2026-02-30", "x"])
def test_a_day_is_one_that_can_be_reckoned_with(mara, school, day):
    Tariff.objects.update(pricing="month")
    group, client = school.groups["chess"].pk, school.clients()[0].pk
    journal, card = f"/groups/{group}/journal", f"/clients/{client}"
    for path, name in ((journal, "first"), (journal, "last"), (card, "month")):
        assert mara.get(path, **{name: day}).status_code == 422
        assert mara.get(path, **{name: "2100-12-31"}).status_code == 200


def test_signs_that_cannot_be_seen_are_no_reason(mara, school):
    answer = mara.post(f"/lessons/{school.lessons['chess'].pk}/cancellation", {"reason": "\u200b \u202e"})
    assert answer.status_code == 422
    assert "reason" in answer.json()["fields"]


@pytest.mark.parametrize("key", ["wrong", "", "ä"])
def test_a_wrong_key_is_refused_and_never_falls_back_on_the_session(client, school, key):
    client.force_login(school.users["mara"])
    answer = client.get("/api/v1/groups/", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 401


def test_the_interface_describes_itself(client, school):
    told = client.get("/api/v1/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    assert {"/api/v1/groups/", "/api/v1/clients/{client_id}/payments"} <= set(told["paths"])
    for path in told["paths"].values():
        for operation in path.values():
            assert {"401", "403", "404", "409", "422"} <= set(operation["responses"])


def test_without_the_database_it_is_said_to_come_back_later(anna, monkeypatch):
    def falls(**_):
        raise OperationalError("cut off")

    monkeypatch.setattr(clients, "listed", falls)
    answer = anna.get("/clients/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert "База данных" in answer.json()["detail"]


def test_a_miss_is_worked_off_by_the_api(mara, school):
    lesson, ivan = school.lessons["chess"].pk, school.clients()[0].pk
    there = school.lesson("dance", at=AT + timedelta(days=2))
    mara.post(f"/lessons/{lesson}/marks", {"marks": [{"client_id": ivan, "status": "excused"}]})
    cell = mara.get(f"/lessons/{lesson}/clients/{ivan}").json()
    miss = f"/marks/{cell['mark_id']}"
    assert (cell["gives_right"], cell["visit"], cell["square"]["state"]) == (True, None, "excused")
    assert [each["lesson_id"] for each in mara.get(f"{miss}/proposals").json()] == [there.pk]
    booked = mara.post(f"{miss}/make-up", {"lesson_id": there.pk}).json()
    assert (booked["visit"]["status"], booked["visit"]["group"]) == ("planned", "Dance")
    assert [row["booked_on"] for row in mara.get("/make-ups/", show="booked").json()["make_ups"]] == [str(there.day)]
    marked = mara.post(f"/lessons/{lesson}/marks", {"marks": [{"client_id": ivan, "status": "attended"}]}).json()
    assert marked["withdrawn"] == [
        {"client_id": ivan, "lesson_id": there.pk, "day": str(there.day), "group": "Dance"}
    ]
    assert mara.delete(f"{miss}/make-up").status_code == 409


def test_by_hand_and_charges_by_the_api(client, school):
    client.force_login(school.users["oleg"])
    oleg = Caller(client, "")
    lesson, ivan = school.lessons["chess"].pk, school.clients()[0].pk
    oleg.post(f"/lessons/{lesson}/marks", {"marks": [{"client_id": ivan, "status": "excused"}]})
    miss = f"/marks/{Mark.objects.get().pk}"
    assert oleg.post(f"{miss}/charge", {"charged": True, "seen": 1}).json()["square"]["cell"]["charged"] is True
    assert Account.objects.get().balance == D("-12.50")
    assert oleg.post(f"{miss}/charge", {"charged": None, "seen": 1}).status_code == 409
    assert oleg.post(f"{miss}/by-hand", {"on": "2026-09-01", "note": ""}).status_code == 422
    done = oleg.post(f"{miss}/by-hand", {"on": "2026-09-01", "note": "at home"}).json()
    assert done["square"]["state"] == "workedoff"
    assert oleg.delete(f"{miss}/by-hand").json()["square"]["state"] == "excused"


def test_something_is_said_changed_resolved_and_taken_back(anna, school):
    lesson, ivan = school.lessons["chess"].pk, school.clients()[0].pk
    cell = f"/lessons/{lesson}/clients/{ivan}/comments"
    answer = anna.post(cell, {"text": "Call @Mara", "asks": True})
    assert answer.status_code == 201
    said = answer.json()
    assert (said["text"], said["author"], said["client"], said["lesson_id"]) == ("Call @Mara", "Anna", "Ivan", lesson)
    address = f"/comments/{said['comment_id']}"
    changed = anna.patch(address, {"text": "Call @Oleg", "asks": True, "seen": 1})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    stale = anna.patch(address, {"text": "Call nobody", "asks": True, "seen": 1})
    assert (stale.status_code, stale.json()["values"][0]["theirs"]) == (409, "Call @Oleg")
    assert anna.post(f"{address}/resolution", {}).json()["resolved_by"] == "Anna"
    assert anna.delete(f"{address}/resolution").json()["resolved_at"] is None
    assert [row["text"] for row in anna.get("/comments/").json()["comments"]] == ["Call @Oleg"]
    assert anna.delete(address).status_code == 204
    for where in (cell, f"/lessons/{lesson}/comments", f"/clients/{ivan}/comments", "/comments/"):
        assert anna.get(where).json() == {"comments": [], "next": None}


def test_a_mention_is_new_until_it_was_asked_for(mara, anna, school):
    anna.post(f"/clients/{school.clients()[0].pk}/comments", {"text": "@mara, please"})
    new = [[row["is_new"] for row in mara.get("/comments/", of="mentions").json()["comments"]] for _ in range(2)]
    assert new == [[True], [False]]


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": "x" * 2001}, {"text": "\u200b"}, {"text": "a\x00"}, {"text": "@boris"},
             {"text": "x", "asks": "perhaps"}, {"text": "x", "at": "now"}, {"text": 5}],
)  # fmt: skip
def test_a_comment_that_makes_no_sense_is_refused_at_its_field(anna, school, body):
    answer = anna.post(f"/groups/{school.groups['chess'].pk}/comments", body)
    assert answer.status_code == 422
    assert answer.json()["fields"]


def test_a_journal_tells_its_corners(anna, school):
    lesson, ivan = school.lessons["chess"].pk, school.clients()[0].pk
    anna.post(f"/lessons/{lesson}/clients/{ivan}/comments", {"text": "Was late", "asks": True})
    rows = anna.get(f"/groups/{school.groups['chess'].pk}/journal").json()["rows"]
    assert [row["squares"][0]["comment"] for row in rows] == ["ask", ""]


# ---- coming and going


def of_list(api, name, code):
    [pk] = [each["choice_id"] for each in api.get(f"/choices/{name}").json()["choices"] if each["code"] == code]
    return pk


def test_a_client_comes_goes_on_elsewhere_and_leaves(mara, school):
    chess, dance = school.groups["chess"].pk, school.groups["dance"].pk
    pupil = school.client("Ada", school.branches["north"]).pk
    answer = mara.post(f"/groups/{chess}/enrolments", {"client_id": pupil, "since": "2026-09-01"})
    assert answer.status_code == 201
    row = answer.json()
    assert (row["group"], row["since"], row["until"], row["weekdays"], row["version"]) == (
        "Chess", "2026-09-01", None, [], 1,
    )
    here = f"/enrolments/{row['enrolment_id']}"
    assert mara.post(f"{here}/weekdays", {"weekdays": [2], "seen": 1}).json()["weekdays"] == [2]
    stale = mara.post(f"{here}/transfer", {"group_id": dance, "since": "2026-09-15", "seen": 1})
    assert (stale.status_code, stale.json()["values"][0]["field"]) == (409, "until")
    there = mara.post(f"{here}/transfer", {"group_id": dance, "since": "2026-09-15", "weekdays": [2], "seen": 2}).json()
    assert (there["group"], there["since"], there["weekdays"]) == ("Dance", "2026-09-15", [2])
    assert mara.get(here).json()["until"] == "2026-09-15"
    said = {"until": "2026-10-01", "choice_id": of_list(mara, "churn", "moved"), "note": "Lviv", "seen": 1}
    ended = mara.post(f"/enrolments/{there['enrolment_id']}/end", said).json()
    assert (ended["until"], ended["choice"]["en"], ended["note"]) == ("2026-10-01", "Moved away", "Lviv")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"until": "2026-10-01"}, "choice_id"), ({"choice_id": 1}, "until"),
        ({"until": "2026-10-01", "choice_id": 999_999}, "choice_id"),
        ({"until": "2025-01-01", "choice_id": "churn"}, "until"),
        ({"until": "2026-10-01", "choice_id": "freeze"}, "choice_id"),
    ],
)
def test_an_end_that_makes_no_sense_says_where(mara, school, body, field):
    if body.get("choice_id") in {"churn", "freeze"}:
        body = body | {"choice_id": of_list(mara, body["choice_id"], "illness")}
    stay = Enrolment.objects.get(client=school.clients()[0]).pk
    answer = mara.post(f"/enrolments/{stay}/end", body)
    assert answer.status_code == 422
    assert [name for name in answer.json()["fields"] if name.endswith(field)]


def test_marks_that_stand_in_the_way_are_listed(mara, school):
    lesson, ivan = school.lessons["chess"].pk, school.clients()[0].pk
    mara.post(f"/lessons/{lesson}/everyone", {})
    stay = Enrolment.objects.get(client=ivan).pk
    body = {"group_id": school.groups["dance"].pk, "since": "2026-09-01"}
    answer = mara.post(f"/enrolments/{stay}/transfer", body)
    assert (answer.status_code, [value["lesson_id"] for value in answer.json()["values"]]) == (409, [lesson])


def test_a_client_pauses_and_comes_again(mara, school):
    address = f"/clients/{school.clients()[0].pk}/freezes"
    said = {"since": "2026-10-01", "until": "2026-10-08", "choice_id": of_list(mara, "freeze", "away"), "reason": "Sea"}
    answer = mara.post(address, said)
    [pause] = answer.json()["freezes"]
    assert answer.status_code == 201
    assert (pause["since"], pause["until"], pause["choice"]["uk"], pause["reason"]) == (
        "2026-10-01", "2026-10-08", "Від’їзд", "Sea",
    )
    assert mara.get(address).json()["freezes"] == [pause]
    assert mara.post(address, said).status_code == 409
    assert mara.delete(f"/freezes/{pause['freeze_id']}").json()["freezes"] == []


def test_a_list_that_is_not_known_has_no_choices(mara):
    assert mara.get("/choices/colours").status_code == 422


def test_the_journal_says_why_somebody_left(mara, school):
    stay = Enrolment.objects.get(client=school.clients()[0])
    body = {"until": "2026-09-01", "choice_id": of_list(mara, "churn", "price"), "note": "Dear"}
    assert mara.post(f"/enrolments/{stay.pk}/end", body).status_code == 200
    sheet = mara.get(f"/groups/{stay.group_id}/journal", first="2026-08-01", last="2026-09-30").json()
    [row] = [row for row in sheet["rows"] if row["client_id"] == stay.client_id]
    assert (row["left_on"], row["left_for"]["en"], row["left_note"]) == ("2026-09-01", "Price", "Dear")
