import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from rollbook.foundation.keys import Key
from rollbook.screens.comments import OF
from rollbook.web.forms import Form, TextField, VersionField, WholeField

NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


class WriteForm(Form):
    """Something new. `do` says what a form of this address wants."""

    text = TextField(label=_("Comment"), help_text=_("@ and the name of a colleague lets them know."))
    asks = forms.BooleanField(label=_("Asks to be resolved"), required=False)


class ChangeForm(WriteForm):
    """One's own, in other words."""

    comment = WholeField(largest=2**63 - 1, widget=forms.HiddenInput())
    version = VersionField()


class ActForm(Form):
    """What is done with a comment by one button."""

    do = forms.ChoiceField(choices=[(word, word) for word in ("resolve", "reopen", "take_back")])
    comment = WholeField(largest=2**63 - 1)


@dataclass(frozen=True, slots=True)
class CommentsAsked:
    """What the address of comments says; what makes no sense says nothing."""

    of: str
    only_open: bool
    branch_id: int | None
    after: Key | None

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        of, branch = query.get("of", ""), query.get("branch", "")
        return cls(
            of=of if of in OF else OF[0], only_open=query.get("open") == "1",
            branch_id=int(branch) if NUMBER.fullmatch(branch) else None, after=Key.read(query.get("after", "")),
        )

    def address(self, **other: object) -> str:
        """The query of the same comments but for `other`; on their first page, unless that is among them."""
        told = {
            "of": self.of if self.of != OF[0] else "", "open": "1" if self.only_open else "", "branch": self.branch_id,
        } | other
        return "?" + urlencode({name: value for name, value in told.items() if value})
