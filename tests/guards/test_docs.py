"""The documentation says what the code does: tables of rights, letters, calls and commands, and what it points at."""

import re
from itertools import pairwise

import pytest
from django.utils import translation

from rollbook.api.v1 import api
from rollbook.domains.access.rules import DEFAULT_ROLES, IMPLIES, Permission
from rollbook.foundation.errors import STATUS
from rollbook.operations.launch.cli import USAGE
from rollbook.screens.journal import State
from rollbook.screens.settings.access import PERMISSIONS
from rollbook.web.journal.cells import Words, choices
from tests.databases import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
COMMANDS = ROOT / "rollbook/jobs/management/commands"
LANGUAGES = ("en", "ru", "uk")
STATES = {
    "was there": State.ATTENDED, "was not there": State.MISSED, "excused": State.EXCUSED, "expected": State.PLANNED,
    "worked off": State.WORKED_OFF, "frozen": State.FROZEN, "not marked": State.UNMARKED, "to come": State.FUTURE,
    "cancelled": State.CANCELLED,
}


def read(page):
    return (DOCS / page).read_text("utf-8")


def rows(page, *, under):
    """The cells of a table, by its rows; `under` begins its heading row."""
    lines = read(page).splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith(under))
    table = []
    for line in lines[begin + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return table


def test_each_permission_is_told_in_the_words_of_the_page_of_roles():
    with translation.override("en"):
        words = {each.permission.value: f"{each.label}. {each.hint}" for _, group in PERMISSIONS for each in group}
    assert dict(rows("reference/rights.md", under="| permission | what it allows |")) == words
    assert words.keys() == {permission.value for permission in Permission}


def test_the_table_of_rights_is_that_of_a_new_installation():
    heads = " | ".join(code.replace("_", " ") for code in DEFAULT_ROLES)
    told = {row[0]: row[1:] for row in rows("reference/rights.md", under=f"| permission | {heads} |")}
    assert told == {
        permission.value: ["✓" if permission in held else "" for held in DEFAULT_ROLES.values()]
        for permission in Permission
    }


def test_what_permissions_bring_along_is_told():
    told = {
        permission: set(re.findall(r"[a-z.]+", brings))
        for those, brings in rows("reference/rights.md", under="| permission | brings along |")
        for permission in re.findall(r"[a-z.]+", those)
    }
    assert told == {permission: set(brings) for permission, brings in IMPLIES.items()}


def test_the_letters_of_the_journal_are_those_of_its_cells():
    told = {row[0]: row[2:5] for row in rows("reference/journal.md", under="| state | colour |") if row[0] in STATES}
    assert told.keys() == STATES.keys()
    for place, language in enumerate(LANGUAGES):
        with translation.override(language):
            words = Words()
        assert {STATES[name]: letters[place] for name, letters in told.items()} == {
            state: words.letters.get(state, "") for state in STATES.values()
        }


def test_the_keys_of_the_journal_are_those_that_are_offered():
    told = {row[0].partition(",")[0]: row[1] for row in rows("reference/journal.md", under="| key | |")}
    with translation.override("en"):
        for choice in choices():
            assert told[choice.key].startswith(choice.text if choice.value else "take")


def test_the_calls_are_those_of_the_description_for_machines():
    schema = api.get_openapi_schema()
    known = {(verb.upper(), address) for address, verbs in schema["paths"].items() for verb in verbs}
    assert {(verb, address) for verb, address, _ in rows("reference/api.md", under="| | | answers with |")} == known


def test_the_errors_are_those_of_the_one_table():
    assert {int(status) for status, _ in rows("reference/api.md", under="| status | when |")} == set(STATUS.values())


def test_the_commands_are_those_that_there_are():
    told = {row[0].removeprefix("rollbook ") for row in rows("reference/commands.md", under="| command | |")}
    assert told == {line.split()[1] for line in USAGE.splitlines()}
    assert {file.stem for file in COMMANDS.glob("[a-z]*.py")} <= told


ASKED = re.compile(r'(?:environ(?:\.\w+)?[\[(]|_(?:flag|number|one_of)\()\s*"([A-Z_]+)"')


def test_the_settings_are_those_that_are_asked_for():
    lines = read("reference/settings.md").splitlines()
    told = [line.split("`")[1] for line in lines if line.startswith("| `")]
    asked = {name for file in (ROOT / "rollbook").rglob("*.py") for name in ASKED.findall(file.read_text("utf-8"))}
    assert len(asked) > 25
    assert set(told) == asked
    assert len(told) == len(set(told))


def test_what_make_can_do_is_told():
    told = {row[0].removeprefix("make ") for row in rows("reference/commands.md", under="| | |")}
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets
    assert told == set(targets[1].split()) - {"browser"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_headings_go_down_one_step_at_a_time(page):
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    levels = [len(marks) for marks in re.findall(r"^(#+) ", text, flags=re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_every_page_stands_in_the_contents_and_every_picture_in_a_page():
    contents = (ROOT / "mkdocs.yml").read_text("utf-8")
    for page in PAGES:
        assert str(page.relative_to(DOCS)) in contents, page
    shown = "".join(page.read_text("utf-8") for page in PAGES)
    for picture in (DOCS / "screenshots").iterdir():
        assert f"screenshots/{picture.name}" in shown, picture
        assert picture.stat().st_size < 150_000, picture


def test_each_guide_for_people_is_there_in_russian():
    guides = {page.name for page in (DOCS / "guides").glob("*.md")} - {"import.md"}
    assert {page.name for page in (DOCS / "ru").glob("*.md")} == guides | {"index.md"}
