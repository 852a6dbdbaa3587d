from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rollbook.foundation.errors import Refused


class Unkept(Refused):
    """No backup was made, or it was not brought back; nothing that lives was changed.

    The sentence is marked for translation and filled with `details` when it is told; both are kept as they are, so that
    the history can be read in any language.
    """

    sentence = _("This backup cannot be used.")

    def __init__(self, said: str = "", **details: object) -> None:
        self.said = said or "This backup cannot be used."
        self.details = {name: str(value).strip() for name, value in details.items()}
        super().__init__(gettext(self.said).format(**self.details))


class NotTried(Unkept):
    """Nothing is known of this backup: here it cannot be restored beside what lives."""


class NotConfirmed(Unkept):
    """A live database is overwritten only by who types the name of its organisation."""
