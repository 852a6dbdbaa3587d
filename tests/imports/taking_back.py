"""A small import into the school of the tests, and what a database holds."""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from rollbook.domains.access.actor import Actor, operator
from rollbook.domains.imports.models import Run
from rollbook.workflows import data_imported
from tests.school import AT

BY = operator("import")
HEAD = """
[organisation]
name = "Ours"
currency = "UAH"
time_zone = "Europe/Kyiv"
phone_region = "UA"
language = "uk"
branch = "North"
"""
PEOPLE = """
[[rows]]
become = "clients"
given = [{ n = "1", name = "Ada" }, { n = "2", name = "Ben" }]
key = "{n}"
fields = { first_name = "name" }

[[rows]]
become = "contacts"
given = [{ n = "1", name = "Cara" }, { n = "2", name = "Dora" }]
key = "{n}"
fields = { first_name = "name" }

[[rows]]
become = "relations"
given = [{ n = "1" }, { n = "2" }]
key = "{n}"
fields = { client = "n", contact = "n", pays = { value = true } }
"""
GROUPS = """
[[rows]]
become = "employees"
given = [{ n = "t", name = "Eva" }]
key = "{n}"
fields = { first_name = "name" }

[[rows]]
become = "programmes"
given = [{ n = "p", name = "Painting" }]
key = "{n}"
fields = { name = "name" }

[[rows]]
become = "rooms"
given = [{ n = "r", name = "Attic" }]
key = "{n}"
fields = { name = "name" }

[[rows]]
become = "groups"
given = [{ n = "g", name = "Painters" }]
key = "{n}"
fields = { name = "name", programme = { value = "p" }, teachers = { value = "t" } }

[[rows]]
become = "slots"
given = [{ n = "s" }]
key = "{n}"
[rows.fields]
group = { value = "g" }
weekday = { value = 2 }
starts = { value = 10:00:00 }
ends = { value = 11:00:00 }
room = { value = "r" }
valid_from = { value = 2026-08-01 }

[[rows]]
become = "enrolments"
given = [{ n = "1" }, { n = "2" }]
key = "{n}"
fields = { client = "n", group = { value = "g" }, since = { value = 2026-08-01 } }

[[rows]]
become = "lessons"
given = [{ n = "l1", day = "2026-08-25" }, { n = "l2", day = "2026-09-01" }]
key = "{n}"
[rows.fields]
day = "day"
starts = { value = 10:00:00 }
ends = { value = 11:00:00 }
group = { value = "g" }
room = { value = "r" }
teachers = { value = "t" }
"""
MARKS = """
[[rows]]
become = "marks"
given = [{ n = "m1", client = "1", said = "attended" }, { n = "m2", client = "2", said = "missed" }]
key = "{n}"
fields = { client = "client", lesson = { value = "l1" }, status = "said" }
"""
MONEY = """
[[rows]]
become = "tariffs"
given = [{ n = "t", name = "Painting", price = "80" }]
key = "{n}"
fields = { name = "name", price = "price" }

[[rows]]
become = "tariff_uses"
given = [{ n = "u" }]
key = "{n}"
fields = { tariff = { value = "t" }, group = { value = "g" }, since = { value = 2026-08-01 } }

[[rows]]
become = "payments"
given = [{ n = "1", amount = "500" }]
key = "{n}"
fields = { client = "n", amount = "amount", day = { value = 2026-08-20 } }
"""


def take_in(*parts: str, source: str = "ours", by: Actor = BY) -> Run:
    """Import these parts of a small school; the run."""
    data_imported.take_in(
        source=source, mapping="\n".join([HEAD, *parts]), fetch=lambda name: None, at=AT, by=by
    )
    return Run.objects.latest("pk")


def checksums() -> Mapping[str, Any]:
    """What stands in each table, but for what tells of imports, of history and of jobs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND relname !~ '^(imports|history|procrastinate|django)_' ORDER BY 1"
        )
        tables = [table for (table,) in cursor.fetchall()]
        found = {}
        for table in tables:
            cursor.execute(f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{table}\" t")
            found[table] = cursor.fetchone()
    return found
