import re
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations
from django.db import IntegrityError
from django.utils import timezone

from rollbook.domains.access.actor import operator
from rollbook.domains.imports.actions import NotImported
from rollbook.domains.schedule.actions import Overlap
from rollbook.foundation.errors import Declined
from rollbook.foundation.tables import MAX_BYTES
from rollbook.workflows import data_imported, import_undone
from rollbook.workflows.data_imported import Imported

MAPPINGS = Path(data_imported.__file__).parent.parent / "domains" / "imports" / "mappings"
SOURCE = re.compile("[a-z0-9][a-z0-9-]{0,29}")


class Command(BaseCommand):
    help = "Take in the files of another system by a mapping, or undo an import (docs/guides/import.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", nargs="?", help="the name of the mapping, and of what is imported: it-academy")
        parser.add_argument("folder", nargs="?", type=Path, help="where the files are")
        parser.add_argument("--mapping", type=Path, help="a mapping file of your own")
        parser.add_argument("--dry-run", action="store_true", help="do everything, say what was done, take it back")
        parser.add_argument("--undo", type=int, metavar="RUN", help="take an import back, by its number")

    @no_translations
    def handle(
        self, *, source: str | None, folder: Path | None, mapping: Path | None, dry_run: bool, undo: int | None,
        **_options: Any,
    ) -> None:
        if undo is not None:
            if source or folder or mapping or dry_run:
                raise CommandError("--undo stands alone, with the number of a run.")
            self._undo(undo)
            return
        if source is None or folder is None:
            raise CommandError("Say the name of the mapping and the folder of the files: import it-academy ./export")
        if not SOURCE.fullmatch(source):
            raise CommandError("A source is named by up to 30 small letters, digits and hyphens.")
        if not folder.is_dir():
            raise CommandError(f"There is no such folder: {folder}")
        try:
            done = data_imported.take_in(
                source=source, mapping=_mapping(mapping or MAPPINGS / f"{source}.toml"), dry_run=dry_run,
                fetch=lambda name: _content(folder / name), tell=self._progress(), at=timezone.now(),
                by=operator("rollbook import"),
            )
        except NotImported as refused:
            for problem in refused.problems:
                self.stderr.write(problem.told(str))
            if isinstance(refused.__cause__, IntegrityError):
                self.stderr.write(str(refused.__cause__))
            raise CommandError(f"{refused} ({len(refused.problems)})") from refused
        except Declined as declined:
            raise CommandError(str(declined)) from declined
        self._report(done, dry_run)

    def _undo(self, run_id: int) -> None:
        try:
            import_undone.undo(run_id=run_id, at=timezone.now(), by=operator("rollbook import"))
        except Declined as declined:
            for obstacle in declined.values:
                self.stderr.write(str(obstacle["text"]))
            raise CommandError(str(declined)) from declined
        self.stdout.write(f"Run {run_id} is undone: what it had added was taken away again.")

    def _progress(self) -> data_imported.Tell:
        begun = time.monotonic()

        def tell(stage: str, count: int) -> None:
            self.stderr.write(f"{time.monotonic() - begun:6.1f} s  {stage}: {count}")

        return tell

    def _report(self, done: Imported, dry_run: bool) -> None:
        for overlap in done.overlaps:
            self.stdout.write(_overlap(overlap))
        for origin in done.changed:
            self.stdout.write(f"{origin.place}: says something else by now; left as it was")
        for target, count in done.added.items():
            self.stdout.write(f"{target}: {count} added")
        self.stdout.write(
            f"{sum(done.added.values())} rows added, {done.unchanged} known already, {len(done.changed)} changed in the"
            f" source, {len(done.overlaps)} overlaps"
        )
        if done.run_id:
            self.stdout.write(f"Undone by: rollbook import --undo {done.run_id}")
        if dry_run:
            self.stdout.write("This was a dry run: nothing of it was kept.")


def _mapping(path: Path) -> str:
    data = _content(path)
    if data is None:
        raise CommandError(f"There is no mapping {path}.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"The mapping {path} is no text in UTF-8.") from error


def _content(path: Path) -> bytes | None:
    """One byte more than what may be taken is enough to see that it is too much."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError:
        return None


def _overlap(overlap: Overlap) -> str:
    other = overlap.other.place if overlap.other else "a lesson that was here before"
    what = f"room {overlap.room}" if overlap.room else f"teacher {overlap.teacher}"
    return f"{overlap.origin.place} overlaps {other}: {what}, {overlap.day.isoformat()} {overlap.starts:%H:%M}"
