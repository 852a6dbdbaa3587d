"""What an open page may listen to. It hears only that something changed, and fetches what under its own right."""

import re
from collections.abc import Collection

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups.models import Group
from rollbook.domains.schedule.models import Lesson

TOPIC = re.compile(r"(group|lesson):([1-9][0-9]{0,17})", re.ASCII)


def may_hear(*, topics: Collection[str], by: Actor) -> bool:
    """Whether this person sees every row of `group:7`, `lesson:12`; topics that do not exist nobody hears."""
    by.must(Permission.JOURNAL_SEE)
    parsed = [TOPIC.fullmatch(topic) for topic in topics]
    known = {match.groups() for match in parsed if match}
    groups = {int(pk) for kind, pk in known if kind == "group"}
    lessons = {int(pk) for kind, pk in known if kind == "lesson"}
    return (
        all(parsed)
        and Group.objects.visible_to(by, Permission.JOURNAL_SEE).filter(pk__in=groups).count() == len(groups)
        and Lesson.objects.visible_to(by, Permission.JOURNAL_SEE).filter(pk__in=lessons).count() == len(lessons)
    )
