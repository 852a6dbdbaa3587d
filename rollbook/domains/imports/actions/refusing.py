from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from rollbook.domains.imports.rules import Problem
from rollbook.foundation.errors import Refused


class NotImported(Refused):
    """Something in the files makes no sense, so nothing of them was taken; `problems` says what, by line."""

    sentence = _("Nothing was imported: please correct what is named.")

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__()
        self.problems = tuple(problems)


class TooManyWrong(NotImported):
    """Of a file of which all but what is wrong would be taken; `problems` are the first."""

    sentence = _("Too many lines are wrong, so nothing was kept. Look whether each column is what it is said to be.")


def refuse(problems: Sequence[Problem]) -> None:
    """NotImported, where there are any."""
    if problems:
        raise NotImported(problems)
