from datetime import UTC, datetime

import pytest

from rollbook.domains.schedule.rules import Span, overlaps

ROOM, TEACHER = ("room", 1), ("teacher", 1)


def span(place: int, first: int, last: int, holder: tuple[str, int] = ROOM) -> Span:
    """From one o'clock to another."""
    return Span(holder, place, datetime(2026, 3, 2, first, tzinfo=UTC), datetime(2026, 3, 2, last, tzinfo=UTC))


@pytest.mark.parametrize(
    ("spans", "pairs"),
    [
        ([], []),
        ([span(1, 9, 10)], []),
        ([span(1, 9, 10), span(2, 10, 11)], []),  # one ends as the other begins
        ([span(1, 9, 11), span(2, 10, 12)], [(ROOM, 1, 2)]),
        ([span(2, 9, 11), span(1, 10, 12)], [(ROOM, 1, 2)]),
        ([span(1, 9, 11), span(2, 9, 11)], [(ROOM, 1, 2)]),
        ([span(1, 9, 15), span(2, 10, 11), span(3, 12, 13)], [(ROOM, 1, 2), (ROOM, 1, 3)]),
        ([span(1, 9, 11), span(2, 10, 12, ("room", 2))], []),
        ([span(1, 9, 11), span(2, 10, 12, TEACHER)], []),
        ([span(1, 9, 11), span(1, 9, 11, TEACHER), span(2, 10, 12), span(2, 10, 12, TEACHER)], [
            (ROOM, 1, 2), (TEACHER, 1, 2),
        ]),
        ([span(1, 9, 11), span(1, 9, 11)], []),  # told twice, but one
    ],
)
def test_who_takes_the_same_at_the_same_time(spans: list[Span], pairs: list[tuple[tuple[str, int], int, int]]) -> None:
    assert overlaps(spans) == pairs
