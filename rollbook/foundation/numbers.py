"""Sums and whole numbers as people type them."""

import re
from decimal import Decimal

_BLANKS = str.maketrans(dict.fromkeys("\u00a0\u202f\u2009\t", " "))
_SUM = re.compile(
    r"(?P<minus>[-−]?) ?(?P<whole>[0-9]{1,3}(?P<gap>[ .,'])[0-9]{3}(?:(?P=gap)[0-9]{3})*|[0-9]{1,12})"
    r"(?:(?P<mark>[.,])(?P<places>[0-9]{1,2}))?"
)


def parse_sum(text: str) -> Decimal | None:
    """A sum of money: "1 000,50", "1000.50", "1.000,50", "−600"; None where it is none.

    No exponents, no underscores, no digits of other scripts, no more than two places (spec 12, 16). Blanks, dots,
    commas or apostrophes part thousands, all the same one and not the decimal mark. "1.000" alone could be either, so
    it is none; "1.000.000" is a million.
    """
    match = _SUM.fullmatch(text.translate(_BLANKS).strip())
    if not match:
        return None
    gap, mark = match["gap"], match["mark"]
    groups = match["whole"].split(gap) if gap else [match["whole"]]
    if gap and (gap == mark or (gap in ".," and not mark and len(groups) == 2)):
        return None
    value = Decimal(f"{''.join(groups)}.{match['places'] or 0}")
    return -value if match["minus"] and value else value


def parse_whole(text: str) -> int | None:
    """A whole number in plain digits, no more than nine of them; None where it is none."""
    compact = text.translate(_BLANKS).strip().replace("−", "-")
    return int(compact) if re.fullmatch(r"-?[0-9]{1,9}", compact) else None
