from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.utils import timezone

from rollbook.domains.access.actor import operator
from rollbook.foundation.errors import Declined
from rollbook.operations import house
from rollbook.operations.backup import newest


class Command(BaseCommand):
    help = "Restores a backup into a scratch database, compares all of it, examines it, and drops it again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="another one than the newest")

    @no_translations
    def handle(self, *, file: Path | None, **options: Any) -> None:
        try:
            proof = house.prove(
                file or newest(), at=timezone.now(), by=operator("rollbook prove"), tell=self.stderr.write
            )
        except Declined as refusal:
            raise CommandError(str(refusal)) from refusal
        for finding in proof.broken:
            self.stdout.write(f"was broken already: {finding.promise.name} ({finding.broken})")
        self.stdout.write(
            f"{proof.path} comes back whole: {len(proof.manifest.tables)} tables, {proof.manifest.rows} rows,"
            f" in {proof.seconds:.1f} s"
        )
