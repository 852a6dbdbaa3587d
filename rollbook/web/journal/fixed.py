"""The parts of a journal that say the same to everybody who may do the same: made once for each language."""

from functools import lru_cache
from typing import NamedTuple, Self

from django.template import engines
from markupsafe import Markup

from rollbook.screens.journal import Sheet
from rollbook.web.journal.cells import Words, choices
from rollbook.web.pages import language


class May(NamedTuple):
    """What is offered in a journal."""

    mark: bool
    book: bool
    open_cells: bool
    edit_lessons: bool
    edit_group: bool
    edit_clients: bool
    take_payment: bool
    see_comments: bool
    comment: bool
    sell: bool

    @classmethod
    def of(cls, sheet: Sheet) -> Self:
        return cls(*(getattr(sheet, f"may_{name}") for name in cls._fields))


def fixed(part: str, sheet: Sheet) -> Markup:
    """`legend` or `menus`, as they are for whoever looks at this sheet."""
    return _made(part, language(), May.of(sheet))


@lru_cache(maxsize=500)
def _made(part: str, _language: str, may: May) -> Markup:
    template = engines["jinja2"].env.get_template(f"journal/{part}.html")
    return Markup(template.render(may=may, words=Words(), choices=choices()))  # noqa: S704 (a template escapes)
