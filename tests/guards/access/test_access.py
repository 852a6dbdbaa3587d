"""Every address x every person x every thing has one expected answer, told by three tables written by hand.

roles.csv says who holds what where, routes.csv what each address needs and which ids come with it, sentences.csv what
follows from both in plain words. Nothing of this is taken from the code under test: a mistake would have to be made
twice, in different words. What is sent stands in bodies.py.

The school is built once. Each request is made in a savepoint of its own and rolled back.
"""

import csv
import inspect
import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.urls import get_resolver, resolve
from django.urls.resolvers import URLResolver

from tests.guards.access.bodies import ABSENT, AFTER, BEFORE, BODIES, BRANCH_OF, NAMES, PHONES, SUMS, Things
from tests.school import AT, found_school

HERE = Path(__file__).parent
NOT_OURS = {"/api/v1/": "the root by which ninja reverses its own addresses; answers 404 to all"}

# What the words of roles.csv reach.
REACHES = {
    "everywhere": {"everywhere", "north", "south", "chess", "dance", "judo"},
    "north": {"north", "chess", "dance"},
    "south": {"south", "judo"},
}
GROUPS, BRANCHES, SHARED = ("chess", "dance", "judo"), ("north", "south"), ("shared",)
# Where the things of a kind lie.
PLACES = {
    **dict.fromkeys(
        ("group", "lesson", "client", "newcomer", "contact", "relation", "enrolment", "freeze", "room", "employee"),
        GROUPS,
    ),
    **dict.fromkeys(("branch", "closing day", "recruit"), BRANCHES),
    **dict.fromkeys(("user", "grant", "invitation"), ("everywhere", *BRANCHES)),
    **dict.fromkeys(("programme", "tariff", "role"), SHARED),
}
# Whoever reaches a group of a branch sees the branch.
SEEN_IN_PART = {"branch", "closing day"}
# Which ids stand in an address; any other name there is of the kind that the table says.
IN_ADDRESS = {"user_id": "user"}


def table(name):
    with (HERE / name).open(newline="") as file:
        return list(csv.DictReader(file))


ROLES = {row.pop("permission"): row for row in table("roles.csv")}
PERSONS = (*ROLES["who"], "nobody")
ROUTES = {(row["method"], row["route"]): row for row in table("routes.csv")}


# The table of answers -------------------------------------------------------------------------------------------------


def reached(person, permission):
    """Where somebody holds a permission: groups, branches as a whole, everywhere."""
    words = ROLES[permission].get(person, "").split() if permission else ()
    return set().union(*(REACHES.get(word, {word}) for word in words))


def holds(person, permission, extent, kind, place):
    """Whether somebody holds a permission on a thing of this kind in this place."""
    words = reached(person, permission)
    if extent == "everywhere":
        return "everywhere" in words
    if extent == "branch":
        return bool(words & ({BRANCH_OF.get(place, place)} if place else set(BRANCHES)))
    if kind in SEEN_IN_PART:
        return bool(words & REACHES[place])
    return bool(words) if place in ("", "shared") else place in words


def expected(person, method, route, place):
    row = ROUTES[method, route]
    kind, sees, needs, extent = row["of"], row["sees"], row["needs"], row["extent"]
    if kind == "all":
        return "done"
    if person == "nobody":
        return "sign in"
    if kind == "oneself":
        return "done"
    may = place != "absent" and holds(person, needs, extent, kind, place)
    if kind == "list" or (PLACES[kind] == SHARED and not holds(person, needs, extent, kind, "shared")):
        return "done" if may else "not allowed"
    if may:
        return "done"
    return "not allowed" if place != "absent" and holds(person, sees, "", kind, place) else "not found"


# What the product answers ---------------------------------------------------------------------------------------------


@dataclass
class Answer:
    word: str
    text: str
    written: bool
    status: int


@dataclass
class Stage:
    things: Things
    browsers: dict[str, Client] = field(default_factory=dict)

    def ask(self, person, method, route, place, body=None, *, prepared=False, swapped=None):
        """Ask, and leave no trace. `swapped` puts another id into the body, by the kind of what it names."""
        with transaction.atomic():
            if prepared:
                self.prepare(method, route, place)
            before = rows_written()
            response = self.send(person, method, route, place, body, swapped or {})
            written = rows_written() > before
            transaction.set_rollback(True)
        text = response.content.decode() if not response.streaming else ""
        return Answer(in_words(response), text, written, response.status_code)

    def prepare(self, method, route, place):
        if (before := BEFORE.get((method, route))) is not None:
            before(*(self.things.id(kind, place) for kind in inspect.signature(before).parameters))
        if earlier := AFTER.get((method, route)):
            self.prepare(*earlier, place)
            assert in_words(self.send("vera", *earlier, place, next(iter(BODIES.get(earlier, [None]))), {})) == "done"

    def send(self, person, method, route, place, body, swapped):
        kind = ROUTES[method, route]["of"]
        address = re.sub(
            r"<int:(\w+)>", lambda name: str(self.things.id(IN_ADDRESS.get(name[1], kind), place)), route
        )
        ids = {name: self.things.id(name, place) for name in inspect.signature(body).parameters} if body else {}
        data = body(**ids | swapped) if body else {}
        send = getattr(self.browsers[person], method.lower())
        if method != "GET" and address.startswith("/api/"):
            return send(address, json.dumps(data), content_type="application/json")
        return send(address, data)


def in_words(response):
    to = response.get("Location", "")
    if response.status_code == 401 or to.startswith("/account/login/"):
        return "sign in"
    if to.startswith("/account/reauthenticate/"):
        return "prove it"
    words = {200: "done", 201: "done", 204: "done", 302: "done", 303: "done", 403: "not allowed", 404: "not found"}
    return words.get(response.status_code, str(response.status_code))


def rows_written():
    """So far in this transaction, what was rolled back included: a refusal must not have written even that. The cache
    counts how often somebody tries, and counts refusals, too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables WHERE relname <> 'cache'"
        )
        return cursor.fetchone()[0]


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), time_machine.travel(AT, tick=False), transaction.atomic():
        stage = Stage(Things(found_school()), {"nobody": Client()})
        for person in ROLES["who"]:
            stage.browsers[person] = Client()
            stage.browsers[person].force_login(stage.things.school.users[person])
            session = stage.browsers[person].session
            session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
            session.save()
        yield stage
        transaction.set_rollback(True)


def own_place(person, row):
    """A place where somebody may do what this address does, for what picks nothing by its address."""
    words = reached(person, row["needs"])
    return next((place for place in (*GROUPS, *BRANCHES) if place in words), "chess")


def places(row):
    return (*PLACES[row["of"]], "absent") if row["of"] in PLACES else ("",)


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
@pytest.mark.parametrize("person", PERSONS)
def test_everyone_gets_the_expected_answer_and_a_refused_write_writes_nothing(stage, person, route):
    row, wrong, refusals = ROUTES[route], [], set()
    for place in places(row):
        answer = expected(person, *route, place)
        for body in BODIES.get(route, [None]):
            got = stage.ask(person, *route, place or own_place(person, row), body, prepared=answer == "done")
            if got.word != answer:
                wrong.append(f"{place}: {got.word} instead of {answer} {got.text if got.status == 422 else ''}")
            may_write = route[0] != "GET" and answer == "done" and row["of"] != "all"
            if got.written != may_write:
                wrong.append(f"{place}: {'wrote' if got.written else 'wrote nothing'}")
            if got.word == "not found":
                refusals.add(same(got.text))
    assert not wrong, "\n".join(wrong)
    assert len(refusals) <= 1, "what is hidden and what is absent must answer alike"


def same(text):
    """Without what differs from one answer to the next by chance."""
    return re.sub(r'(name="csrfmiddlewaretoken" value|hx-headers)="[^"]*"', "", text)
