"""What can be set: one file for each list of settings, with its rows and the card that its form begins with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list: its name, what else stands in it, and whether whoever asks may change it."""

    pk: int
    name: str
    cells: tuple[object, ...]
    may_edit: bool
