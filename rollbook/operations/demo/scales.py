"""How large a demo is. The figures are those of the performance targets; what follows by chance is near them."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Scale:
    code: str
    branches: int
    groups: int
    """In all branches together, like the figures below."""
    clients: int
    enrolled: int
    """Clients with a place in a group on the anchor day."""
    weeks_back: int
    weeks_ahead: int = 8

    def of_branch(self, total: int, index: int) -> int:
        """The share of branch `index` (from 0) in `total`, so that all shares add up to it."""
        return total * (index + 1) // self.branches - total * index // self.branches


SCALES = {
    scale.code: scale
    for scale in (
        Scale("S", branches=2, groups=24, clients=400, enrolled=300, weeks_back=29),
        Scale("M", branches=30, groups=900, clients=20_000, enrolled=10_400, weeks_back=102),
        Scale("L", branches=200, groups=6_000, clients=150_000, enrolled=71_000, weeks_back=89),
    )
}


@dataclass(frozen=True)
class Window:
    """The days of a demo: lessons from `first` to `last`; what is before `anchor` has happened."""

    first: date
    anchor: date
    last: date

    @classmethod
    def around(cls, anchor: date, scale: Scale) -> "Window":
        """It begins with the month whose first day is nearest to the scale's beginning, so that months are whole."""
        about = anchor - timedelta(weeks=scale.weeks_back)
        this = about.replace(day=1)
        following = (this + timedelta(days=32)).replace(day=1)
        first = this if about - this <= following - about else following
        return cls(first, anchor, anchor + timedelta(weeks=scale.weeks_ahead))

    def days_back(self, days: int) -> date:
        return self.anchor - timedelta(days=days)
