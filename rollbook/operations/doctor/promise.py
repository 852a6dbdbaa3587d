from typing import NamedTuple


class Promise(NamedTuple):
    name: str
    sentence: str
    """What is promised."""
    broken: str
    """SQL: one column of words, a row for each thing that breaks it."""
