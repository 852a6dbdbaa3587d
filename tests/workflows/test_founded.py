import pytest
from django.db import transaction

from rollbook.domains.access.actions import FoundedAlready
from rollbook.domains.access.actor import Actor, Grant, Permission, Reach, operator
from rollbook.domains.access.models import Branch, Organisation, Role
from rollbook.domains.access.rules import DEFAULT_ROLES
from rollbook.domains.history.models import Entry
from rollbook.domains.schedule.models import LessonType
from rollbook.foundation.errors import InvalidInput, NotAllowed
from rollbook.workflows import founded
from tests.imports.academy import NOW

pytestmark = pytest.mark.django_db

TOLD = {
    "name": " Школа  «Ё» ", "currency": "UAH", "time_zone": "Europe/Kyiv", "phone_region": "UA", "language": "uk",
    "branch": "Центр",
}


def found(by: Actor = operator("test"), **told: str) -> int:  # noqa: B008 - a frozen value
    return founded.found(**TOLD | told, at=NOW, by=by)


def test_an_organisation_begins_with_roles_lesson_types_and_a_branch() -> None:
    branch = Branch.objects.get(pk=found())
    assert Organisation.objects.get().name == "Школа «Ё»"
    assert (branch.name, branch.time_zone) == ("Центр", "Europe/Kyiv")
    assert {role.code: role.known_permissions() for role in Role.objects.all()} == DEFAULT_ROLES
    assert set(LessonType.objects.values_list("code", flat=True)) == {"group", "individual", "trial"}
    assert Entry.objects.filter(verb="organisation.founded").count() == 1


def test_there_is_one_organisation() -> None:
    found()
    with pytest.raises(FoundedAlready), transaction.atomic():
        found()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "\u200b "), ("name", "x" * 101), ("currency", "грн"), ("currency", "uah"), ("time_zone", "Mars/Base"),
        ("phone_region", "UKR"), ("phone_region", "xx"), ("language", "tlh"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(field: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        found(**{field: value})
    assert set(refused.value.fields) == {field}
    assert not Organisation.objects.exists()


def test_it_takes_the_right_to_settle_everything() -> None:
    nobody = Actor(1, "Nina", "page", (Grant(frozenset({Permission.JOURNAL_SEE}), Reach.EVERYTHING),))
    with pytest.raises(NotAllowed):
        found(nobody)
