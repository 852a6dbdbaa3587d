"""How contracts are numbered, as the organisation has begun to."""

import re

MANY = 100
"""How many numbers in a row may be taken already."""


def next_numbers(latest: str, *, year: int) -> tuple[str, ...]:
    """The numbers that follow upon the latest one, the nearest first: 17/2026, 18/2026; A-099, A-100. The first number
    in it that is no year counts; without one, or at the very beginning, it is counted from 1."""
    years = {str(year), str(year - 1)}
    counted = next((found for found in re.finditer(r"[0-9]{1,9}", latest) if found[0] not in years), None)
    if counted is None:
        return tuple(str(number) for number in range(1, MANY + 1))
    before, after = latest[: counted.start()], latest[counted.end() :].replace(str(year - 1), str(year))
    width, last = len(counted[0]), int(counted[0])
    return tuple(f"{before}{number:0{width}d}{after}" for number in range(last + 1, last + MANY + 1))
