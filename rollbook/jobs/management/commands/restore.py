import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.utils import timezone

from rollbook.domains.access.actor import operator
from rollbook.foundation.errors import Declined
from rollbook.operations import house
from rollbook.operations.backup import Restored, standing


class Command(BaseCommand):
    help = "Brings a backup back. What lives is kept under another name, and only replaced once all was compared."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="what `rollbook backup` has written")
        parser.add_argument("--over", metavar="NAME", help="the name of the organisation whose database is replaced")

    @no_translations
    def handle(self, *, file: Path, over: str | None, **options: Any) -> None:
        try:
            over = over or _ask(standing().organisation)
            done = house.restore(
                file, over=over, at=timezone.now(), by=operator("rollbook restore"), tell=self.stderr.write
            )
        except Declined as refusal:
            raise CommandError(str(refusal)) from refusal
        self._say(done)

    def _say(self, done: Restored) -> None:
        proof = done.proof
        for finding in proof.broken:
            self.stdout.write(f"was broken already: {finding.promise.name} ({finding.broken})")
        self.stdout.write(
            f"Restored as of {proof.manifest.made_at:%Y-%m-%d %H:%M} UTC: {len(proof.manifest.tables)} tables,"
            f" {proof.manifest.rows} rows, in {proof.seconds:.1f} s. Everybody signs in anew."
        )
        if done.missing_keys:
            self.stdout.write(
                f"It was made under {done.missing_keys} keys that are not known here: add them to"
                " SECRET_KEY_FALLBACKS, or whoever set up a second factor under one of them cannot sign in."
            )
        if done.kept_as:
            self.stdout.write(f"What was there before is the database {done.kept_as}; drop it when it is not needed.")


def _ask(organisation: str) -> str:
    if not organisation:
        return ""
    lives = f"Here lives {organisation}: all that was done since that backup would not be seen any more."
    if not sys.stdin.isatty():
        raise CommandError(f"{lives} To replace it, say --over with its name.")
    return input(f"{lives}\nTo replace it, type its name: ")
