"""The small academy: its files, and how they are taken in."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import rollbook
from rollbook.domains.access.actor import Actor, operator
from rollbook.workflows import data_imported
from rollbook.workflows.data_imported import Imported

SMALL = Path(__file__).parent.parent / "data" / "academy-small"
MAPPING = (Path(rollbook.__path__[0]) / "domains/imports/mappings/it-academy.toml").read_text("utf-8")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OPERATOR = operator("import")

Files = Mapping[str, bytes]


def small() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in SMALL.iterdir() if path.suffix in {".json", ".csv"}}


def changed(file: str, old: str, new: str) -> dict[str, bytes]:
    """The small academy with one thing in one file written otherwise."""
    files = small()
    text = files[file].decode()
    assert old in text, f"{old!r} is not in {file}"
    return files | {file: text.replace(old, new, 1).encode("utf-8", "surrogatepass")}


def take_in(files: Files, *, mapping: str = MAPPING, dry_run: bool = False, by: Actor = OPERATOR) -> Imported:
    return data_imported.take_in(
        source="it-academy", mapping=mapping, fetch=files.get, dry_run=dry_run, at=NOW, by=by
    )
