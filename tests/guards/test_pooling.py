"""Pages may go through a pooler that gives each transaction another connection: nothing may outlive one."""

import re

import pytest

from tests.databases import ROOT

OF_A_SESSION = re.compile(
    r"""pg_(?:try_)?advisory_(?:lock|unlock)|CREATE\s+(?:LOCAL\s+)?TEMP|WITH\s+HOLD"""
    r"""|["';]\s*SET\s+(?!LOCAL\b)(?:SESSION\s+)?[a-z_.]+\s*(?:=|\bTO\b)|set_config\([^)]*\bfalse\b"""
    r"""|["']\s*(?:(?:UN)?LISTEN|PREPARE|DISCARD|DECLARE)\b"""
)
# What operators run, migrations and the event stream go past the pooler.
PAST_IT = ("operations/", "web/live.py", "foundation/sql.py")
PACKAGE = ROOT / "rollbook"


def test_what_pages_say_to_the_database_ends_with_the_transaction():
    sources = {str(path.relative_to(PACKAGE)): path.read_text() for path in PACKAGE.rglob("*.py")}
    found = [
        f"{name}: {hit[0].strip()}" for name, text in sources.items()
        if not name.startswith(PAST_IT) and "/migrations/" not in name for hit in OF_A_SESSION.finditer(text)
    ]  # fmt: skip
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        'execute("SELECT pg_advisory_lock(1)")', 'execute("CREATE TEMP TABLE x ()")', 'execute("SET work_mem = 1")',
        "SELECT set_config('a.b', 'c', false)", 'execute("LISTEN rollbook")', 'execute("DECLARE x CURSOR WITH HOLD")',
    ],
)
def test_what_would_outlive_it_is_found(code):
    assert OF_A_SESSION.search(code)


@pytest.mark.parametrize(
    "code",
    ['"SELECT pg_advisory_xact_lock(1)"', '"SET LOCAL a = 1"', '"UPDATE x SET a = 1"', "set_config('a', 'b', true)"],
)
def test_what_ends_with_it_is_let_through(code):
    assert not OF_A_SESSION.search(code)
