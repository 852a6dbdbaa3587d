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
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client, override_settings
from django.urls import get_resolver, resolve
from django.urls.resolvers import URLResolver

from rollbook.domains.billing.models import TariffUse
from rollbook.domains.people.models import Employee
from rollbook.domains.schedule.models import TimetableSlot
from tests.guards.access.bodies import (
    AFTER,
    BEFORE,
    BODIES,
    BRANCH_OF,
    IDLE,
    NAMES,
    PASSWORD,
    PHONES,
    SECRETS,
    SUMS,
    TAKES_MORE,
    WRONG,
    Things,
    new_member,
)
from tests.guards.headers import missing
from tests.school import AT, found_school

HERE = Path(__file__).parent
NOT_OURS = {"/api/v1/": "the root by which ninja reverses its own addresses; answers 404 to all"}
TAKES_ANYTHING = {"/api/v1/openapi.json": "ninja's own, which only tells"}

# What the words of roles.csv reach.
REACHES = {
    "everywhere": {"everywhere", "owner", "north", "south", "chess", "dance", "judo"},
    "north": {"north", "chess", "dance"},
    "south": {"south", "judo"},
}
GROUPS, BRANCHES, SHARED = ("chess", "dance", "judo"), ("north", "south"), ("shared",)
# Where the things of a kind lie.
PLACES = {
    **dict.fromkeys(
        (
            "group", "target", "lesson", "client", "payment", "payer", "announced", "newcomer", "contact", "relation",
            "enrolment", "freeze", "discount", "room", "employee", "mark", "host", "comment", "entry", "charge",
            "transfer", "subscription", "request",
        ),
        GROUPS,
    ),
    **dict.fromkeys(("branch", "closing day", "recruit"), BRANCHES),
    **dict.fromkeys(("user", "grant", "key"), ("everywhere", "owner", *BRANCHES)),
    "invitation": ("everywhere", *BRANCHES),
    **dict.fromkeys(("programme", "tariff", "role", "upload", "trial", "import"), SHARED),
    **dict.fromkeys(("passkey", "session"), ("paula",)),
}
# Whoever reaches a group of a branch sees the branch.
SEEN_IN_PART = {"branch", "closing day"}
# Ids of an address that are not of the kind which its row names.
IN_ADDRESS = {"user_id": "user", "guest_id": "newcomer", "client_id": "client"}
# Whoever has no second factor is told so, or led to another way of proving who they are; nothing is done.
ALIKE = {"nothing": {"done", "not found", "prove it", "422"}}
# Who is no member of a lesson is refused by the business, be they elsewhere or nowhere: 409 as for anybody else.
STRANGERS = {"client"}


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
    if extent in {"branch", "move"}:
        return bool(words & ({BRANCH_OF.get(place, place)} if place else set(BRANCHES)))
    if extent == "owners" and place == "owner":
        return "owners" in words
    if kind in SEEN_IN_PART or extent == "part":
        return bool(words & REACHES[BRANCH_OF.get(place, place)])
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
    if kind == "device":
        return "nothing"
    if kind in {"passkey", "session"}:  # of somebody else, whoever asks
        return "not found"
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
    bare: list[str]
    """The headers that are missing."""


@dataclass
class Stage:
    things: Things
    browsers: dict[str, Client] = field(default_factory=dict)

    def ask(self, person, method, route, place, body=None, *, prepared=False, swapped=None):
        """Ask, and leave no trace. `swapped` puts another id into the body, by the kind of what it names."""
        browser = self.browsers[person]
        cookies = copy(browser.cookies)
        with transaction.atomic():
            if prepared:
                self.prepare(method, route, place)
            before = rows_written() if method != "GET" else 0
            response = self.send(browser, method, route, place, body, swapped or {})
            written = method != "GET" and rows_written() > before
            transaction.set_rollback(True)
        browser.cookies = cookies
        text = "" if response.streaming else response.content.decode(errors="replace")  # a PDF is no text
        return Answer(in_words(response), text, written, response.status_code, missing(response.headers))

    def prepare(self, method, route, place):
        """Make so what must be so before this can be done."""
        if before := BEFORE.get((method, route)):
            before(*(self.things.id(kind, place) for kind in parameters(before)))
        if earlier := AFTER.get((method, route)):
            self.prepare(*earlier, place)
            answer = self.send(self.browsers["vera"], *earlier, place, bodies(earlier)[0], {})
            assert in_words(answer) == "done"

    def send(self, browser, method, route, place, body, swapped):
        address = self.address(method, route, place)
        ids = {kind: self.things.id(kind, place) for kind in parameters(body)}
        data = body(**ids | swapped) if body else {}
        send = getattr(browser, method.lower())
        if method != "GET" and address.startswith("/api/"):
            return send(address, json.dumps(data), content_type="application/json")
        return send(address, data)

    def address(self, method, route, place):
        kind = ROUTES[method, route]["of"]
        for said, secret in SECRETS.items():
            route = route.replace(said, secret)
        return re.sub(r"<int:(\w+)>", lambda name: str(self.things.id(IN_ADDRESS.get(name[1], kind), place)), route)


def bodies(route):
    return BODIES.get(route, [None])


def parameters(body):
    """The kinds of the ids that a body carries."""
    return tuple(inspect.signature(body).parameters) if body else ()


def in_words(response):
    to = response.get("Location", "")
    if response.status_code == 401 or to.startswith("/account/login/"):
        return "sign in"
    if to.startswith("/account/reauthenticate/"):
        return "prove it"
    words = {200: "done", 201: "done", 204: "done", 302: "done", 303: "done", 403: "not allowed", 404: "not found"}
    return words.get(response.status_code, str(response.status_code))


def rows_written():
    """So far in this transaction, what was rolled back included: a refusal must not have written even that. Tries are
    counted in the cache, refused ones, too; a session keeps what a browser wants to do after signing in; and whoever
    opens the form of a client has seen the card, whatever becomes of the form."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"
            " WHERE relname NOT IN ('cache', 'access_session', 'history_reading')"
        )
        return cursor.fetchone()[0]


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    cheap = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with django_db_blocker.unblock(), cheap, time_machine.travel(AT, tick=False), transaction.atomic():
        stage = Stage(Things(found_school()), {"nobody": Client()})
        for person in ROLES["who"]:
            stage.browsers[person] = signed_in(stage.things.school.users[person], proved=True)
        yield stage
        transaction.set_rollback(True)


def signed_in(user, *, proved):
    """A browser; `proved` where the person has just typed their password once more."""
    browser = Client()
    browser.force_login(user)
    if proved:
        assert browser.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return browser


def places(person, route):
    """Where this person is to ask: of the places that answer alike the first stands for all."""
    row = ROUTES[route]
    if row["of"] not in PLACES:
        return ("",)
    first = {expected(person, *route, place): place for place in reversed(PLACES[row["of"]])}
    return (*first.values(), "absent")


def own_place(person, permission):
    """A place where somebody holds a permission: there lies what is sent to an address that picks nothing."""
    words = reached(person, permission)
    return next((place for place in (*GROUPS, *BRANCHES) if place in words), "chess")


def asking(route):
    """Who asks: everybody; where nothing is looked at but who signed in, those who may all, nothing, and a stranger."""
    return PERSONS if ROUTES[route]["of"] in {*PLACES, "list"} else ("vera", "dina", "nobody")


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_everyone_gets_the_expected_answer_and_a_refused_write_writes_nothing(stage, route):
    wrong = []
    for person in asking(route):
        refusals = set()
        for place in places(person, route):
            where = place or own_place(person, ROUTES[route]["needs"])
            may = expected(person, *route, place) == "done"
            for body in sent(person, route, where) if may else bodies(route)[:1]:
                got, told = asked(stage, person, route, place, body)
                wrong += [f"{person}, {place or 'nowhere'}: {what}" for what in told]
                refusals |= {without_tokens(got.text)} if got.word == "not found" else set()
        if len(refusals) > 1:
            wrong.append(f"{person}: what is hidden and what is absent must answer alike")
    assert not wrong, "\n".join(wrong)


def asked(stage, person, route, place, body):
    """The answer, and what is wrong with it."""
    row, answer = ROUTES[route], expected(person, *route, place)
    wanted = "422" if body in WRONG and answer == "done" else answer
    where = place or own_place(person, row["needs"])
    got = stage.ask(person, *route, where, body, prepared=answer == "done")
    wrong = [f"tells {secret}" for secret in betrayed(person, got.text)] + [f"bare of {name}" for name in got.bare]
    if got.word not in ALIKE.get(wanted, {wanted}):
        wrong.append(f"{got.word} instead of {wanted} {got.text if got.status == 422 else ''}")
    if route[0] != "GET" and row["of"] != "all" and got.written != (wanted == "done" and route not in IDLE):
        wrong.append("wrote" if got.written else "wrote nothing")
    return got, wrong


def without_tokens(text):
    """An answer without what is another each time."""
    return re.sub(r'("csrfmiddlewaretoken" value|hx-headers)=(["\']).*?\2', "", text)


def betrayed(person, text):
    """What this answer says that this person may not know: names, phones and sums of people, names of places."""
    seen = reached(person, "client.see") | reached(person, "journal.see")
    digits = re.sub(r"\D", "", text)
    for group in GROUPS:
        if NAMES[group] in text and group not in seen:
            yield NAMES[group]
        if PHONES[group].lstrip("+") in digits and group not in reached(person, "phone.see"):
            yield PHONES[group]
        if SUMS[group] in text.replace(",", ".") and group not in reached(person, "money.see"):
            yield SUMS[group]
        if re.search(rf"\b{group.title()}\b", text) and group not in seen:
            yield group
    for branch in BRANCHES:
        if re.search(rf"(?<!/)\b{branch.title()}\b", text) and not seen & REACHES[branch]:
            yield branch


# Ids that come in a body ----------------------------------------------------------------------------------------------


def ids_in_bodies():
    """Each id that a body carries: its route, its kind, and what it takes to choose it."""
    for route, row in ROUTES.items():
        for said in row["body"].split():
            kind, permission, extent = (said + "::").split(":")[:3]
            yield route, kind, permission, extent


SWAPS = list(ids_in_bodies())


def test_each_id_of_a_body_stands_in_the_table():
    carried = {(route, kind) for route in BODIES for body in bodies(route) for kind in parameters(body)}
    assert carried == {(route, kind) for route, kind, *_needs in SWAPS}
    assert set(BODIES) | set(AFTER) | set(BEFORE) <= set(ROUTES)


@pytest.mark.parametrize("swap", SWAPS, ids=lambda swap: f"{' '.join(swap[0])} {swap[1]}")
def test_an_id_from_elsewhere_in_a_body_is_refused_like_an_absent_one(stage, swap):
    route, kind, *_needs = swap
    asked, wrong = 0, []
    for person in ROLES["who"]:
        place = where_done(person, route)
        if place is None:
            continue
        for body in [body for body in sent(person, route, place) if kind in parameters(body)]:
            absent = stage.ask(person, *route, place, body, swapped={kind: stage.things.id(kind, "absent")})
            hidden = [other for other in PLACES[kind] if not chooses(person, route, kind, place, other)]
            answers = [stage.ask(person, *route, place, body, swapped={kind: stage.things.id(kind, o)}) for o in hidden]
            for got in (absent, *answers):
                asked += 1
                if got.written or got.status != absent.status or got.status not in refusals_of(kind, route):
                    wrong.append(f"{person}, {place}: {got.status}, wrote {got.written}; absent: {absent.status}")
                if got.status == 422 and not names_a_field(got.text):
                    wrong.append(f"{person}, {place}: no field is named")
    assert not wrong, "\n".join(wrong)
    assert asked


def chooses(person, route, kind, place, other):
    """Whether somebody who is in one place may choose what lies in another one; "move" lets stay what stands."""
    permission, extent = next(needs for at, said, *needs in SWAPS if (at, said) == (route, kind))
    stays = extent == "move" and BRANCH_OF.get(place, place) == BRANCH_OF.get(other, other)
    return stays or holds(person, permission, extent, kind, other)


def sent(person, route, place):
    """The bodies that this person may send: they may choose the ids, and do what else it does."""
    return [
        body for body in bodies(route)
        if all(chooses(person, route, kind, place, place) for kind in parameters(body))
        and (body not in TAKES_MORE or holds(person, *TAKES_MORE[body], "", place))
    ]


def where_done(person, route):
    """A place where this person may do this, or None."""
    row = ROUTES[route]
    if row["of"] in PLACES:
        return next((place for place in PLACES[row["of"]] if expected(person, *route, place) == "done"), None)
    return own_place(person, row["needs"]) if expected(person, *route, "") == "done" else None


def refusals_of(kind, route):
    if route == ("GET", "/live/"):
        return {403}
    return {404, 409, 422} if kind in STRANGERS else {404, 422}


def names_a_field(text):
    if text.startswith("{"):
        return bool(json.loads(text)["fields"])
    return 'aria-invalid="true"' in text or 'class="errors"' in text


def test_what_does_two_things_at_once_takes_the_right_of_both(stage):
    answer = stage.ask("zlata", "POST", "/groups/<int:group_id>/enrolments/", "chess", new_member)
    assert (answer.word, answer.written) == ("not allowed", False)


def test_a_second_id_in_an_address_must_belong_to_the_first(stage):
    things = stage.things
    mara, boris = things.id("user", "north"), things.id("grant", "south")
    answer = stage.browsers["vera"].post(f"/settings/access/{mara}/grants/{boris}/undo/")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("person", "route", "field", "kind", "of"),
    [
        ("oleg", "/settings/employees/<int:pk>/edit/", "user_id", "user", "everywhere"),
        ("mara", "/groups/<int:group_id>/edit/", "tariff_id", "tariff", "shared"),
        ("oleg", "/groups/<int:group_id>/edit/", "slots-0-slot_id", "slot", "judo"),
    ],
)
def test_what_somebody_is_not_asked_is_not_looked_at(stage, person, route, field, kind, of):
    """A sign-in and a price sent by whoever may not give them; a rule of the timetable of another group."""
    other = stage.things.id(kind, of)
    body = bodies(("POST", route))[0]
    data = body(**{name: stage.things.id(name, "chess") for name in parameters(body)}) | {field: other}
    with transaction.atomic():
        answer = stage.browsers[person].post(stage.address("POST", route, "chess"), data)
        taken = {
            "user_id": Employee.objects.filter(user=other), "tariff_id": TariffUse.objects.filter(tariff=other),
            "slots-0-slot_id": TimetableSlot.objects.filter(pk=other, valid_until__isnull=False),
        }[field].exists()
        transaction.set_rollback(True)
    assert (answer.status_code, taken) == (303, False)


@pytest.mark.parametrize("route", ["/settings/access/invite/", "/settings/access/<int:user_id>/grants/"])
def test_nobody_gives_a_role_further_than_they_hold_it(stage, route):
    data = {"name": "Guest", "role_id": stage.things.id("role", "shared"), "reach": "everything"}
    with transaction.atomic():
        before = rows_written()
        answer = stage.browsers["oleg"].post(stage.address("POST", route, "north"), data)
        written = rows_written() > before
        transaction.set_rollback(True)
    assert (answer.status_code, written) == (422, False)


# Addresses that are missing in the table ------------------------------------------------------------------------------


def addresses(resolver, prefix="/"):
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        yield from addresses(pattern, path) if isinstance(pattern, URLResolver) else [path]


def readable(pattern):
    """A regular expression as the other addresses are written: its names in brackets."""
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", pattern).replace("^", "").rstrip("$")


def sample(route):
    """An address of a route, where nothing is."""
    for said, secret in SECRETS.items():
        route = route.replace(said, secret)
    return re.sub(r"<int:\w+>", "999999", route)


def methods(stage, route):
    """A view says itself which methods it takes, when asked by one that it does not know; one that is a class says it
    by its class, for allauth looks first who asks. PUT is what Django's forms take for POST."""
    view = getattr(resolve(sample(route)).func, "view_class", None)
    said = view()._allowed_methods() if view else allowed(stage, route)
    return {method for method in said if method not in {"", "HEAD", "OPTIONS", "PUT"}}


def allowed(stage, route):
    with transaction.atomic():
        answer = stage.browsers["vera"].generic("PURGE", sample(route))
        transaction.set_rollback(True)
    return answer.get("Allow", "").split(", ")


def test_every_address_stands_in_the_table(stage):
    ours = {readable(pattern) for pattern in addresses(get_resolver())} - set(NOT_OURS)
    takes = {route: methods(stage, route) for route in ours}
    anything = {route for route, said in takes.items() if not said}
    assert anything == set(TAKES_ANYTHING), "these take any method: say which, by require_http_methods"
    found = {(method, route) for route, said in takes.items() for method in said or {"GET"}}
    missing, gone = sorted(found - set(ROUTES)), sorted(set(ROUTES) - found)
    assert not missing, (
        "add to tests/guards/access/routes.csv what each needs and what its ids pick, to bodies.py what is sent:\n"
        + "\n".join(",".join(route) for route in missing)
    )
    assert not gone, "remove from tests/guards/access/routes.csv: " + ", ".join(map(str, gone))


# What holds for all ---------------------------------------------------------------------------------------------------


WRITING = [route for route in ROUTES if route[0] != "GET"]


@pytest.mark.parametrize("route", WRITING, ids=" ".join)
def test_nothing_is_done_for_a_page_of_somebody_else(stage, route):
    """A form without the token of this browser is refused, whatever the person may do."""
    browser = Client(enforce_csrf_checks=True)
    browser.cookies = copy(stage.browsers["vera"].cookies)
    place = next(iter(PLACES.get(ROUTES[route]["of"], ["chess"])))
    with transaction.atomic():
        before = rows_written()
        answer = stage.send(browser, *route, place, bodies(route)[0], {})
        written = rows_written() > before
        transaction.set_rollback(True)
    assert (answer.status_code, written) == (403, False)


PROVED = [route for route in ROUTES if route[1].startswith(("/account/sign-in/", "/account/factors/keys/add/"))]


@pytest.mark.parametrize("route", PROVED, ids=" ".join)
def test_how_one_signs_in_is_changed_by_whoever_has_just_proved_who_they_are(stage, route):
    with transaction.atomic():
        browser = signed_in(stage.things.school.users["anna"], proved=False)
        answer = stage.send(browser, *route, "chess", bodies(route)[0], {})
        transaction.set_rollback(True)
    assert in_words(answer) == "prove it"


# The same in plain words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", table("sentences.csv"), ids=lambda row: row["sentence"])
def test_the_sentences_agree_with_the_tables(row):
    route = row["method"], row["route"]
    if not row["with"]:
        assert expected(row["person"], *route, row["place"]) == row["answer"]
        return
    kind, place = row["with"].split(" of ")
    needs = {said: how for at, said, *how in SWAPS if at == route}[kind]
    may = expected(row["person"], *route, row["place"]) == "done" and holds(row["person"], *needs, kind, place)
    assert ("done" if may else "refused") == row["answer"]
