from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from rollbook.domains.access.actor import Permission
from rollbook.screens.settings import Row
from rollbook.web.forms import Form

Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A list of things that can be added, changed and put away. Its pages are the same for all (see views)."""

    name: str
    """As it stands in addresses, and begins the names of them."""
    title: Text
    new: Text
    empty: Text
    columns: Sequence[Text | tuple[Text, str]]
    form: type[Form]
    rows: Callable[..., tuple[Row, ...]]
    card: Callable[..., Any]
    blank: Callable[..., None]
    """Declines whoever may add none."""
    add: Callable[..., int]
    change: Callable[..., None]
    archive: Callable[..., None]
    restore: Callable[..., None]
    permission: Permission
    icon: str
    away: Text
    """The word for those put away."""
    put_away: Text
    bring_back: Text

    @property
    def heads(self) -> list[tuple[str, str]]:
        """What stands above each column, and of which kind it is."""
        return [(str(head[0]), head[1]) if isinstance(head, tuple) else (str(head), "") for head in self.columns]
