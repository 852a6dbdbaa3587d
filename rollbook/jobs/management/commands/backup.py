from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.utils import timezone

from rollbook.domains.access.actor import operator
from rollbook.foundation.errors import Declined
from rollbook.operations import house


class Command(BaseCommand):
    help = "Backs up database and files, as they stand at one moment, into one file. Others may go on working."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, metavar="FOLDER", help="elsewhere than in BACKUP_FOLDER")

    @no_translations
    def handle(self, *, to: Path | None, **options: Any) -> None:
        try:
            made = house.back_up(folder=to, at=timezone.now(), by=operator("rollbook backup"))
        except Declined as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            f"{made.path}: {len(made.manifest.tables)} tables, {made.manifest.rows} rows, {made.bytes} bytes,"
            f" in {made.seconds:.1f} s"
        )
