"""Every column that may hold something about a person has its class in docs/security/data-map.md, and no other stands
there."""

import re

from django.db import connection

from tests.databases import ROOT

MAP = ROOT / "docs" / "security" / "data-map.md"
CLASSES = {"identity", "contact", "child", "words", "trace", "secret"}
# Numbers, moments and yes or no tell of nobody by themselves. Everything else may.
TELLS_NOTHING = (
    "bigint", "integer", "smallint", "numeric", "boolean", "timestamp with time zone", "time without time zone",
    "daterange", "tstzrange", "procrastinate_job_status",
)  # fmt: skip
DAYS_OF_PERSONS = {"people_client.birth_date"}


def columns():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name || '.' || column_name,"
            " CASE data_type WHEN 'USER-DEFINED' THEN udt_name ELSE data_type END"
            " FROM information_schema.columns WHERE table_schema = 'public'"
        )
        return dict(cursor.fetchall())


def classified():
    """Each column on the page, with its class; "none" in the list at the end."""
    found = {}
    for line in MAP.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("| `") else []
        names = re.findall(r"`(\w+\.\w+)`", cells[0] if cells else line if line.startswith("- ") else "")
        for name in names:
            assert name not in found, f"{name} stands there twice"
            found[name] = cells[1] if cells else "none"
    return found


def test_every_column_that_may_tell_of_a_person_has_its_class(db):
    there, said = columns(), classified()
    tell = {name for name, kind in there.items() if kind not in (*TELLS_NOTHING, "date")} | DAYS_OF_PERSONS
    assert not sorted(tell - set(said)), "say on docs/security/data-map.md what they are, and who sees them"
    assert not sorted(set(said) - set(there)), "these are no columns any more"
    assert set(said.values()) <= CLASSES | {"none"}


def test_what_is_called_like_something_of_a_person_is_not_waved_through(db):
    """Names, phones and notes of a table of people are never "none"."""
    about = re.compile(r"^people_\w+\.|\.(phone|email|telegram|address|browser|note|birth_date|by_name|password)$")
    waved = [name for name, kind in classified().items() if kind == "none" and about.search(name)]
    assert waved == ["access_branch.address"]  # of a house
