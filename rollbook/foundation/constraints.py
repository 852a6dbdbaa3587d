"""What the database refuses, said in words. The constraint is the rule; this only translates."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from rollbook.foundation.errors import Refused


class NameTaken(Refused):
    sentence = _("There is one of this name already.")


@contextmanager
def refusing(sentences: Mapping[str, type[Refused]]) -> Iterator[None]:
    """Answer the breach of a named constraint inside by its refusal, whoever was first; any other breach is a fault."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if refusal := sentences.get(name or ""):
            raise refusal() from error
        raise
