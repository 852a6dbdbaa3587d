import json
from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.db import OperationalError

from rollbook.domains.access.models import Role
from rollbook.domains.billing.models import Account, Payment, Tariff
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
    ],
)
def test_whoever_may_change_something_is_told_how_it_stands(client, school, permission, address, body):
    """What was done is never answered as if it were not there."""
    Role.objects.filter(name="Clerk").update(permissions=[permission])
    client.force_login(school.users["dina"])
    where = address.format(
        client=school.clients()[0].pk, lesson=school.lessons["chess"].pk, group=school.groups["chess"].pk
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
    assert "data.reason" in " ".join(answer.json()["fields"])


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
