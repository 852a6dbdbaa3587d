"""Sums as people type them."""

import re
from decimal import Decimal

_SUM = re.compile(r"[-−]?\d{1,12}(\.\d{1,2})?", re.ASCII)


def parse_sum(text: str) -> Decimal | None:
    """A sum of money: "1 000,50", "1000.50", "1.000,50", "−600"; None where it is none.

    No exponents, no underscores, no digits of other scripts, no more than two places (spec 12, 16). Where both a dot
    and a comma stand, the last one is the decimal mark; one alone is the decimal mark, too, unless three digits follow
    a comma-grouped or dot-grouped number of more than one group ("1.000.000").
    """
    compact = re.sub(r"[\s\u00a0\u202f\u2009']", "", text)
    last = max(compact.rfind("."), compact.rfind(","))
    if last >= 0:
        mark, other = compact[last], "," if compact[last] == "." else "."
        if compact.count(mark) > 1:
            if other in compact or any(len(part) != 3 for part in compact.split(mark)[1:]):
                return None
            compact = compact.replace(mark, "")
        else:
            whole, places = compact[:last].split(other), compact[last + 1 :]
            if len(whole) > 1 and any(len(part) != 3 for part in whole[1:]):
                return None
            compact = "".join(whole) + "." + places
    if not _SUM.fullmatch(compact):
        return None
    value = Decimal(compact.replace("−", "-"))
    return value if value else Decimal(0)
