from datetime import datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.history import actions as history
from rollbook.domains.schedule.models import LessonType

# Code and minutes; their names are translated until somebody renames them.
DEFAULTS = {"group": 60, "individual": 45, "trial": 60}


@transaction.atomic
def add_default_lesson_types(*, at: datetime, by: Actor) -> None:
    """The lesson types that every organisation begins with; those that are there stay as they are."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    standing = set(LessonType.objects.values_list("code", flat=True))
    made = LessonType.objects.bulk_create(
        LessonType(code=code, minutes=minutes) for code, minutes in DEFAULTS.items() if code not in standing
    )
    history.record_many(
        verb="lesson_type.added", at=at, by=by,
        changes=[history.Change(f"lesson_type:{one.pk}", {"code": one.code, "minutes": one.minutes}) for one in made],
    )
