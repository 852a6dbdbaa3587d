"""Who comes, from when until when, and their families."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, auto
from random import Random
from typing import Any

from rollbook.domains.fields.rules import DEFAULT_CHOICES, FINISHED
from rollbook.domains.groups import rules as churn
from rollbook.operations.demo import rows
from rollbook.operations.demo.book import Book, Who, compact
from rollbook.operations.demo.catalogue import ADULTS, Life
from rollbook.operations.demo.chain import Chain
from rollbook.operations.demo.scales import Window
from rollbook.operations.demo.timetable import Branch, Group

SHORTEST_STAY = 14
# Of the words that a language has for it, which choice of the list each is, and whether it says more than the choice.
FROZEN_FOR = (
    ("holiday", False), ("illness", False), ("away", True), ("other", True), ("away", True), ("illness", True),
)
LEFT_FOR = (
    ("no_time", True), ("moved", False), ("price", False), ("lost_interest", True), ("illness", False), ("other", True),
)
SECOND_GROUP = 0.09
"""How many more places are taken than there are clients enrolled, for some come to two groups."""


class Habit(Enum):
    """How a family pays."""

    MONTHLY = auto()
    EACH_VISIT = auto()
    AHEAD = auto()
    STOPPED = auto()


@dataclass(slots=True, eq=False)
class Family:
    surname: str
    father: int
    """Which of the men's names: children take the middle name from it."""
    contacts: list[tuple[int, str]]
    """(contact, what they are to the children), the payer first."""
    habit: Habit
    pay_day: int
    stops: date | None
    rounds: bool
    children: list["Client"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Client:
    id: int
    family: Family
    born: date
    diligence: float
    """How likely they come when nothing is in the way."""
    responsible: int | None = None
    stays: list["Stay"] = field(default_factory=list)
    ill: list[tuple[date, date]] = field(default_factory=list)
    frozen: list[tuple[date, date]] = field(default_factory=list)
    busy: set[date] = field(default_factory=set)
    """Days on which they have a lesson, or had."""
    charged: list[tuple[date, Decimal]] = field(default_factory=list)
    expected: list[tuple[date, Decimal]] = field(default_factory=list)
    """What the lessons to which they are expected cost, in whole."""
    bought: list[Any] = field(default_factory=list)
    """Their subscriptions."""

    def age_on(self, day: date) -> float:
        return (day - self.born).days / 365.25

    def is_frozen(self, day: date) -> bool:
        return any(since <= day < until for since, until in self.frozen)

    def is_ill(self, day: date) -> bool:
        return any(since <= day < until for since, until in self.ill)


@dataclass(slots=True, eq=False)
class Stay:
    """One enrolment."""

    group: Group
    since: date
    until: date | None
    client: Client = field(init=False)
    before: "Stay | None" = None
    """The one from which this is a transfer."""
    weekdays: list[int] | None = None
    ages: tuple[int, int] | None = None
    """Other ones than those of the group."""
    id: int = 0
    ended_at: datetime | None = None
    """When its last day was told, by whom, and why."""
    ended_by: Who | None = None
    left_for: tuple[str, str] = ("", "")
    """A choice of the list, and a note."""

    def covers(self, day: date, moved_from: date | None = None) -> bool:
        """Whether the client is expected on that day, at a lesson that may have been moved there from another one."""
        return (
            self.since <= day
            and (self.until is None or day < self.until)
            and (self.weekdays is None or (moved_from or day).isoweekday() in self.weekdays)
        )


def enrol(book: Book, chain: Chain, branch: Branch, enrolled: int, clients: int) -> "Crowd":
    """Fill the groups of a branch: `enrolled` clients come now, and some of the others up to `clients` did once."""
    window, random = chain.window, branch.random
    crowd = Crowd(book, chain, branch)
    stays = list(_stays(window, branch, enrolled, clients))
    stays += list(_transfer(branch, stays))
    current = [stay for stay in stays if stay.until is None]
    movers = [stay for stay in current if stay.before is None and stay.since <= window.anchor]
    seconds = {id(stay) for stay in random.sample(movers, max(0, min(len(movers), len(current) - enrolled)))}
    for stay in sorted((s for s in stays if id(s) not in seconds), key=lambda s: s.since):
        _seat(stay, stay.before.client if stay.before else crowd.come(stay))
    for stay in (s for s in stays if id(s) in seconds):
        _seat(stay, crowd.come_as_well(stay) or crowd.come(stay))
    moved = {id(stay.before): stay for stay in stays if stay.before}
    for stay in stays:
        _write_enrolment(book, chain, branch, stay, moved.get(id(stay)))
    for client in crowd.clients:
        _write_departures(book, chain, client, [stay for stay in client.stays if id(stay) not in moved])
        _plan_illness(window, random, client)
        _freeze(book, chain, branch, client)
    return crowd


def _seat(stay: Stay, client: Client) -> None:
    stay.client = client
    client.stays.append(stay)


def _stays(window: Window, branch: Branch, enrolled: int, clients: int) -> Iterator[Stay]:
    """Who sat where, seat by seat, so that no group ever has more than it has places for."""
    random = branch.random
    taken = _seats_taken(branch, round(enrolled * (1 + SECOND_GROUP)))
    left = (clients - enrolled) // 2
    former = Counter(random.choices(range(len(branch.groups)), [_leaving(group) for group in branch.groups], k=left))
    for index, group in enumerate(branch.groups):
        seats = list(range(group.subject.capacity))
        if group.offer.life is Life.RECRUITING:
            yield from (Stay(group, group.opens, None) for _ in range(taken[index]))
            continue
        gone = Counter(random.choice(seats) for _ in range(former[index]))
        last = min(group.ends or window.anchor, window.anchor)
        for seat in seats:
            yield from _tenants(random, group, last, gone[seat], is_taken=seat < taken[index])


def _leaving(group: Group) -> float:
    """Thin groups are thin because people left them; of one that is no more, all did."""
    if group.offer.life is Life.RECRUITING:
        return 0
    return 6 if group.ends else 0.4 + 2.2 * (1 - group.offer.fill)


def _seats_taken(branch: Branch, wanted: int) -> list[int]:
    """How many members each group has now, near its planned fill, `wanted` in all as far as there are places."""
    places = [0 if group.ends else group.subject.capacity for group in branch.groups]
    planned = sum(place * group.offer.fill for place, group in zip(places, branch.groups, strict=True))
    factor = min(1.15, wanted / planned)
    taken = [
        min(place, round(place * group.offer.fill * factor)) for place, group in zip(places, branch.groups, strict=True)
    ]
    # Thin groups stay thin and full ones full: the others take up the difference.
    middling = [i for i, group in enumerate(branch.groups) if places[i] and 0.5 < group.offer.fill < 1]
    for _ in range(4 * wanted):
        difference = wanted - sum(taken)
        if not difference:
            break
        index = branch.random.choice(middling)
        taken[index] = max(2, min(places[index], taken[index] + (1 if difference > 0 else -1)))
    return taken


def _tenants(random: Random, group: Group, last: date, gone: int, *, is_taken: bool) -> Iterator[Stay]:
    """Those who have sat on one seat, one after another."""
    days = (last - group.opens).days
    points = sorted(random.randrange(1, max(2, days - 2)) for _ in range(2 * gone + is_taken))
    if points and random.random() < (0.7 if days < 250 else 0.35):
        points[0] = 0
    earliest = group.opens
    for at in range(gone):
        since, until = (group.opens + timedelta(days=point) for point in points[2 * at : 2 * at + 2])
        since, until = max(since, earliest), _month_end(random, until, last)
        if group.ends and random.random() < 0.5:
            until = group.ends
        if (until - since).days >= SHORTEST_STAY:
            yield Stay(group, since, until)
            earliest = until
    if is_taken:
        yield Stay(group, max(earliest, group.opens + timedelta(days=points[-1])), None)


def _month_end(random: Random, day: date, last: date) -> date:
    """Most leave with the end of a month."""
    following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return following if random.random() < 0.7 and following <= last else day


def _transfer(branch: Branch, stays: list[Stay]) -> Iterator[Stay]:
    """Some of those who began were in another group of the programme until that very day: those earlier stays."""
    random = branch.random
    of_group: defaultdict[int, list[Stay]] = defaultdict(list)
    for stay in stays:
        of_group[stay.group.id].append(stay)
    for stay in stays:
        if stay.since > stay.group.opens + timedelta(days=30) and random.random() < 0.35:
            former = _former_stay(random, branch.groups, of_group, stay)
            if former:
                stay.before = former
                of_group[former.group.id].append(former)
                yield former


def _former_stay(
    random: Random, groups: list[Group], of_group: Mapping[int, list[Stay]], stay: Stay
) -> Stay | None:
    for group in groups:
        since = max(group.opens, stay.since - timedelta(days=random.randrange(40, 160)))
        is_possible = (
            group is not stay.group
            and group.subject.code == stay.group.subject.code
            and _common_ages(group, stay.group)
            and (stay.since - since).days >= SHORTEST_STAY
            and (group.ends is None or stay.since <= group.ends)
        )
        if is_possible:
            beside = [s for s in of_group[group.id] if s.since < stay.since and (s.until is None or s.until > since)]
            if len(beside) < group.subject.capacity:
                return Stay(group, since, stay.since, ages=_common_ages(group, stay.group))
    return None


def _common_ages(one: Group, other: Group) -> tuple[int, int] | None:
    youngest, oldest = max(one.offer.from_age, other.offer.from_age), min(one.offer.to_age, other.offer.to_age)
    return (youngest, oldest) if youngest <= oldest else None


class Crowd:
    """People as they come: children of new families and of known ones, and adults."""

    def __init__(self, book: Book, chain: Chain, branch: Branch) -> None:
        self._book, self._chain, self._branch = book, chain, branch
        self._random = branch.random
        self._families: list[Family] = []
        self.clients: list[Client] = []

    def come(self, stay: Stay) -> Client:
        """Somebody new, of an age that fits."""
        offer, anchor = stay.group.offer, self._chain.window.anchor
        middle = max(timedelta(), (stay.until or anchor) - stay.since) / 2
        ages = stay.ages or (offer.from_age, offer.to_age)
        # In the middle of their time they are of the right age, on its first day at least of the lowest.
        return self.of_age(ages, stay.since + min(middle, timedelta(days=100)), first=stay.since)

    def come_as_well(self, stay: Stay) -> Client | None:
        """Somebody who comes to another group already, and can to this one, too."""
        offer = stay.group.offer
        for client in self._random.sample(self.clients, min(60, len(self.clients))):
            fits = offer.from_age <= client.age_on(stay.since) < offer.to_age + 1
            if fits and client.stays and all(_goes_with(stay, other) for other in client.stays):
                stay.since = max(stay.since, min(other.since for other in client.stays))
                return client
        return None

    def of_age(self, ages: tuple[int, int], day: date, *, first: date, at: datetime | None = None) -> Client:
        """Somebody new of these ages on a day, who comes for the first time on the day `first`; written down `at`."""
        random, (youngest, oldest) = self._random, ages
        years = youngest + 0.35 + random.random() * (oldest - youngest + 0.55)
        born = day - timedelta(days=int(years * 365.25))
        if at is None:
            written = min(first - timedelta(days=random.randrange(13)), self._chain.window.days_back(1))
            at = self._branch.clock.at(written, random.randrange(10 * 60, 19 * 60))
        if youngest >= ADULTS[0]:
            return self._adult(born, at)
        family = self._known_family(born) if random.random() < 0.24 else None
        return self._child(family or self._new_family(at), born, at)

    def _known_family(self, born: date) -> Family | None:
        for family in self._random.sample(self._families, min(8, len(self._families))):
            if len(family.children) < 3 and all(abs((child.born - born).days) > 320 for child in family.children):
                return family
        return None

    def _new_family(self, at: datetime) -> Family:
        random, names = self._random, self._chain.names
        surname, father = random.choice(names.surnames), random.randrange(len(names.men))
        mothers = random.choice(names.surnames) if random.random() < 0.08 else surname
        parents = []
        if (chance := random.random()) < 0.95:
            parents.append((self._contact(names.of_woman(mothers), random.choice(names.women)), "mother"))
        if chance > 0.55:
            parents.append((self._contact(surname, names.men[father].name), "father"))
        if random.random() < 0.25:
            parents.reverse()
        if random.random() < 0.06:
            grandmother = names.of_woman(random.choice(names.surnames))
            parents.append((self._contact(grandmother, random.choice(names.women)), "grandparent"))
        family = self._family(surname, father, parents)
        self._families.append(family)
        return family

    def _family(self, surname: str, father: int, contacts: list[tuple[int, str]]) -> Family:
        random, window = self._random, self._chain.window
        habit = random.choices(list(Habit), [72, 16, 6, 6])[0]
        stops = window.days_back(random.randrange(12, 60)) if habit is Habit.STOPPED else None
        return Family(surname, father, contacts, habit, random.randrange(1, 10), stops, random.random() < 0.6)

    def _contact(self, last: str, first: str, middle: str = "") -> int:
        random, names = self._random, self._chain.names
        contact = self._book.id(rows.Contact)
        email = f"contact{contact}@example.org" if random.random() < 0.3 else ""
        telegram = f"contact_{contact}" if random.random() < 0.25 else ""
        self._book.add(rows.Contact(
            contact, last, first, middle, names.phone(compact(contact, 10_000)), email, telegram, names.language,
            random.random() < 0.01,
        ))
        return contact

    def _child(self, family: Family, born: date, at: datetime) -> Client:
        random, names = self._random, self._chain.names
        is_girl, father = random.random() < 0.52, names.men[family.father]
        first = random.choice(names.girls if is_girl else names.boys)
        last = names.of_woman(family.surname) if is_girl else family.surname
        middle = (father.of_daughter if is_girl else father.of_son) if random.random() < 0.6 else ""
        return self._client(family, last, first, middle, born, at)

    def _adult(self, born: date, at: datetime) -> Client:
        random, names = self._random, self._chain.names
        is_woman, father = random.random() < 0.75, random.choice(names.men)
        first = random.choice(names.women) if is_woman else random.choice(names.men).name
        surname = random.choice(names.surnames)
        last = names.of_woman(surname) if is_woman else surname
        middle = father.of_daughter if is_woman else father.of_son
        family = self._family(surname, 0, [(self._contact(last, first, middle), "self")])
        return self._client(family, last, first, middle, born, at)

    def _client(self, family: Family, last: str, first: str, middle: str, born: date, at: datetime) -> Client:
        random, book = self._random, self._book
        client = Client(book.id(rows.Client), family, born, 1 - random.betavariate(1.3, 14))
        by = random.choice(self._branch.administrators)
        note = random.choice(self._chain.names.client_notes) if random.random() < 0.07 else ""
        client.responsible = by.id if random.random() < 0.6 else None
        told_born = born if random.random() < 0.97 else None
        book.add(rows.Client(
            client.id, last, first, middle, self._branch.id, told_born, client.responsible, note, at
        ))
        book.tell("client.added", f"client:{client.id}", at, by.who, {"name": f"{last} {first}"})
        for place, (contact, kinship) in enumerate(family.contacts):
            pays, may_see = place == 0, kinship != "grandparent"
            is_written_to = pays or random.random() < 0.3
            book.add(rows.Relation(
                book.id(rows.Relation), client.id, contact, kinship, pays, is_written_to, may_see, True
            ))
            book.tell(
                "contact.added", f"contact:{contact}", at, by.who, {"kinship": kinship, "pays": pays},
                within=f"client:{client.id}",
            )
        family.children.append(client)
        self.clients.append(client)
        return client


def _goes_with(stay: Stay, other: Stay) -> bool:
    """Whether somebody who has the one can have the other: another group, and never two lessons at once."""
    if other.group is stay.group or other.until is not None:
        return False
    return not any(
        mine.weekday == theirs.weekday and _starts(mine) < _ends(theirs) and _starts(theirs) < _ends(mine)
        for mine in stay.group.slots
        for theirs in other.group.slots
    )


def _starts(slot: rows.Slot) -> int:
    return slot.starts.hour * 60 + slot.starts.minute


def _ends(slot: rows.Slot) -> int:
    return _starts(slot) + slot.minutes


def _write_enrolment(book: Book, chain: Chain, branch: Branch, stay: Stay, onward: Stay | None) -> None:
    """`onward` is the one to which it was transferred; that is told with this one."""
    random, window = branch.random, chain.window
    days = stay.group.weekdays
    if len(days) > 1 and stay.group.offer.life is not Life.MOVED and random.random() < 0.08:
        stay.weekdays = sorted(random.sample(days, len(days) - 1))
    stay.id = book.id(rows.Enrolment)
    book.add(rows.Enrolment(stay.id, stay.client.id, stay.group.id, stay.since, stay.until, stay.weekdays))
    by = random.choice(branch.administrators).who
    told = {"group": stay.group.name, "since": stay.since.isoformat(), "weekdays": stay.weekdays, "until": None}
    subject, within = f"client:{stay.client.id}", f"group:{stay.group.id}"
    added = branch.clock.at(min(stay.since, window.days_back(1)) - timedelta(days=random.randrange(3)), 19 * 60 + 30)
    if stay.before is None:
        book.tell("enrolment.added", subject, added, by, told, within=within)
    if stay.until is None:
        return
    ended = branch.clock.at(max(stay.since, stay.until - timedelta(days=random.randrange(1, 8))), 19 * 60 + 45)
    if onward:
        new, old = {**told, "group": onward.group.name, "since": onward.since.isoformat()}, {"group": stay.group.name}
        book.tell("enrolment.transferred", subject, ended, by, new, old=old, within=within)
        return
    stay.ended_at, stay.ended_by, stay.left_for = ended, by, _why_left(chain, stay)
    choice, note = stay.left_for
    new = {
        **told, "until": stay.until.isoformat(), "choice": DEFAULT_CHOICES["churn"][choice]._asdict(), "note": note
    }
    book.tell("enrolment.ended", subject, ended, by, new, old={"until": None}, within=within)


def _why_left(chain: Chain, stay: Stay) -> tuple[str, str]:
    if stay.until == stay.group.ends:
        return FINISHED, ""
    which = stay.id * 5 % len(LEFT_FOR)
    choice, says_more = LEFT_FOR[which]
    return choice, chain.names.left[which] if says_more else ""


def _write_departures(book: Book, chain: Chain, client: Client, ended: list[Stay]) -> None:
    """Who left their last group, as far as it was no transfer; who came back soon has not left."""
    all_of_them = [churn.Stay(stay.id, stay.since, stay.until) for stay in client.stays]
    known = {
        stay.id: stay for stay in ended
        if stay.until and not any(other.since < stay.until < (other.until or date.max) for other in client.stays)
    }
    for left in churn.departures(all_of_them, recorded=known, today=chain.window.first):
        stay = known[left.enrolment_id]
        choice, note = stay.left_for
        teacher = stay.group.teachers[0].id
        book.add(rows.ChurnRecord(
            book.id(rows.ChurnRecord), client.id, stay.id, stay.group.id, teacher, left.left_on,
            chain.choices["churn", choice], note, client.responsible or teacher, stay.ended_at,
            stay.ended_by.user_id if stay.ended_by else None, left.returned,
        ))


def _plan_illness(window: Window, random: Random, client: Client) -> None:
    """Every eleven weeks or so, for some days."""
    day = window.first + timedelta(days=int(random.expovariate(1 / 77)))
    while day <= window.anchor:
        well = day + timedelta(days=random.randrange(3, 11))
        client.ill.append((day, well))
        day = well + timedelta(days=int(random.expovariate(1 / 77)))


def _freeze(book: Book, chain: Chain, branch: Branch, client: Client) -> None:
    """A pause in the past, now, or to come."""
    window, random = chain.window, branch.random
    chance = random.random()
    if chance < 0.10:
        since = window.first + timedelta(days=random.randrange(14, max(15, (window.anchor - window.first).days - 40)))
    elif chance < 0.135:
        since = window.days_back(random.randrange(1, 12))
    elif chance < 0.15:
        since = window.anchor + timedelta(days=random.randrange(3, 20))
    else:
        return
    until = since + timedelta(days=random.choice((14, 14, 21, 28)))
    if not any(stay.since < since and (stay.until is None or stay.until > until) for stay in client.stays):
        return
    which = random.randrange(len(FROZEN_FOR))
    choice, says_more = FROZEN_FOR[which]
    reason = chain.names.frozen[which] if says_more else ""
    client.frozen.append((since, until))
    book.add(rows.Freeze(
        book.id(rows.Freeze), client.id, since, until, chain.choices["freeze", choice], reason
    ))
    told = {
        "since": since.isoformat(), "until": until.isoformat(), "reason": reason,
        "choice": DEFAULT_CHOICES["freeze"][choice]._asdict(),
    }
    by: Who = random.choice(branch.administrators).who
    at = branch.clock.at(min(since, window.anchor) - timedelta(days=1), 18 * 60 + 10)
    book.tell("client.frozen", f"client:{client.id}", at, by, told)
