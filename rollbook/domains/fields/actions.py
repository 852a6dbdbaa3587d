from datetime import datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.fields.models import Choice, ChoiceList
from rollbook.domains.fields.rules import DEFAULT_CHOICES
from rollbook.foundation.errors import InvalidInput


@transaction.atomic
def add_default_choices(*, at: datetime, by: Actor) -> None:
    """The choices that a new installation begins with; those that are there stay as they are."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    Choice.objects.bulk_create(
        [
            Choice(of=of, code=code, name_ru=names.ru, name_uk=names.uk, name_en=names.en, position=position)
            for of, choices in DEFAULT_CHOICES.items() for position, (code, names) in enumerate(choices.items(), 1)
        ],
        ignore_conflicts=True,
    )


def chosen(*, choice_id: int | None, of: ChoiceList, field: str, sentence: str, by: Actor) -> Choice | None:
    """The choice of a list that a form names; InvalidInput at `field` where there is none, or it is offered no more."""
    if choice_id is None:
        return None
    if choice := Choice.objects.filter(pk=choice_id, of=of, archived_at=None).first():
        return choice
    raise InvalidInput({field: sentence})
