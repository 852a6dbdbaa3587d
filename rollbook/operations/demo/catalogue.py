"""What the schools of the demo teach: the same in every language but for names and money."""

from enum import Enum, auto
from typing import NamedTuple


class Subject(NamedTuple):
    """A programme. The price is in roubles: of a month, or of a lesson."""

    code: str
    min_age: int
    max_age: int | None
    minutes: int
    capacity: int
    weekly: int
    """How many times a week its groups meet."""
    in_hall: bool
    by_month: bool
    price: int
    missed_share: int = 100
    make_up_days: int | None = None
    at_start: bool = False
    """A month is written off when it begins."""


SUBJECTS = {
    subject.code: subject
    for subject in (
        Subject("english", 5, 14, 60, 14, 3, False, True, 6200),
        Subject("painting", 4, 12, 60, 16, 2, False, False, 600),
        Subject("robotics", 7, 14, 90, 14, 2, False, True, 6400, make_up_days=45),
        Subject("dance", 4, 14, 60, 22, 3, True, True, 4500),
        Subject("chess", 5, 14, 60, 16, 2, False, False, 550, missed_share=50),
        Subject("school", 5, 7, 90, 18, 3, False, True, 7200),
        Subject("football", 5, 12, 60, 24, 3, True, True, 4200),
        Subject("vocal", 6, 16, 45, 14, 2, False, False, 700),
        Subject("adults", 18, None, 90, 14, 2, False, True, 6800, at_start=True),
        Subject("yoga", 18, None, 60, 20, 3, True, False, 500, missed_share=0),
    )
}


class Life(Enum):
    RUNNING = auto()
    YOUNG = auto()
    """Opened some months ago."""
    MOVED = auto()
    """Its timetable has changed once."""
    DISBANDED = auto()
    RECRUITING = auto()
    """Begins next month."""


class Offer(NamedTuple):
    """A group as it is opened: for whom, how full it is on the anchor day, and what becomes of it."""

    subject: str
    from_age: int
    to_age: int
    fill: float
    life: Life = Life.RUNNING
    own_price: int | None = None
    weekly: int | None = None
    """How often it meets, where not as often as its programme does."""
    capacity: int | None = None

    @property
    def taught(self) -> Subject:
        """The programme as this group has it."""
        subject = SUBJECTS[self.subject]
        return subject._replace(weekly=self.weekly or subject.weekly, capacity=self.capacity or subject.capacity)


ADULTS = 20, 55

OFFERS = (
    Offer("english", 7, 8, 1.0),
    Offer("dance", 6, 8, 1.0),
    Offer("painting", 6, 8, 0.95),
    Offer("english", 8, 9, 0.85, own_price=7900, weekly=4),
    Offer("school", 5, 6, 0.9),
    Offer("robotics", 7, 9, 0.95),
    Offer("football", 5, 7, 0.9),
    Offer("painting", 7, 9, 0.4),
    Offer("dance", 7, 9, 0.85, Life.MOVED),
    Offer("school", 6, 7, 0.75, Life.YOUNG),
    Offer("chess", 6, 8, 0.5, Life.DISBANDED),
    Offer("adults", *ADULTS, 0.7),
    Offer("english", 5, 6, 0.9),
    Offer("football", 7, 9, 1.0),
    Offer("painting", 4, 6, 1.0),
    Offer("robotics", 7, 9, 0.85),
    Offer("english", 9, 11, 0.65, Life.MOVED),
    Offer("robotics", 8, 11, 0.3),
    Offer("dance", 4, 6, 0.85, Life.YOUNG),
    Offer("vocal", 6, 9, 0.95, own_price=850),
    Offer("football", 8, 10, 0.6),
    Offer("chess", 7, 9, 0.8),
    Offer("english", 10, 12, 0.35, Life.RECRUITING),
    Offer("yoga", *ADULTS, 0.55),
)

# Open every day of the year, and more ask for it than there are places: the largest journal there is.
DAILY = Offer("yoga", *ADULTS, 1.3, own_price=400, weekly=7, capacity=30)


def offers_of(index: int, groups: int) -> list[Offer]:
    """What branch `index` (from 0) offers: as many as it has groups; the next one goes on where it stopped."""
    offers = [OFFERS[(index * groups + n) % len(OFFERS)] for n in range(groups)]
    return [*offers[:-1], DAILY] if index == 0 and groups > len(OFFERS) else offers
