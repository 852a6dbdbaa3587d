"""What can be imported here. The names of fields are those of a mapping (docs/guides/import.md)."""

from dataclasses import dataclass
from datetime import date

from rollbook.domains.access.models import Language
from rollbook.domains.imports.rules import Row, birthday, choice, day, email, flag, line, phone, ref, text
from rollbook.domains.people.models import Kinship


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow(Row):
    """At least one of last and first name is there."""

    last_name: str = line(100, "")
    first_name: str = line(100, "")
    middle_name: str = line(100, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmployeeRow(PersonRow):
    phone: str = phone("")
    email: str = email("")
    teaches: bool = flag(True)
    left_on: date | None = day(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRow(PersonRow):
    """`since`: the day on which the client became known."""

    birth_date: date | None = birthday(None)
    since: date | None = day(None)
    note: str = text(2000, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRow(PersonRow):
    """Without `language` it is that of the organisation."""

    phone: str = phone("")
    email: str = email("")
    telegram: str = line(64, "")
    language: str = choice(Language.values, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationRow(Row):
    client: int = ref("clients")
    contact: int = ref("contacts")
    kinship: str = choice(Kinship.values, Kinship.OTHER)
    pays: bool = flag(False)
    is_written_to: bool = flag(True)
    may_see: bool = flag(True)
    may_collect: bool = flag(True)
