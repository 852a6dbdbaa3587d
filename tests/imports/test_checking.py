"""What must hold between rows of one target."""

from dataclasses import dataclass
from datetime import date

from rollbook.domains.imports.rules import Origin, Problem, overlapping


@dataclass(frozen=True)
class Lasting:
    line: int
    since: date
    until: date | None = None

    def refused(self, field: str, reason: str, **values: object) -> Problem:
        return Problem(Origin("a.csv", self.line), field, reason, values)


def refused(*rows: Lasting) -> list[int]:
    return [problem.origin.line for problem in overlapping(rows, of=lambda row: 1)]


def month(line: int, number: int) -> Lasting:
    return Lasting(line, date(2026, number, 1), date(2026, number + 1, 1))


def test_all_that_share_days_with_one_are_found_at_once():
    months = [month(number, number) for number in range(2, 12)]
    assert refused(Lasting(1, date(2026, 1, 1)), *months) == list(range(2, 12))
    assert refused(Lasting(1, date(2026, 1, 1), date(2026, 5, 1)), *months) == [2, 3, 4]


def test_who_shares_days_only_with_one_that_is_refused_stays():
    assert refused(month(1, 1), Lasting(2, date(2026, 1, 15)), month(3, 2), month(4, 3)) == [2]
    assert refused(month(1, 2), month(2, 1), month(3, 2)) == [3]
