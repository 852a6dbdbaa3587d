from datetime import date
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from rollbook.operations.demo import load
from rollbook.operations.demo.names import NAMES
from rollbook.operations.demo.scales import SCALES


class Command(BaseCommand):
    help = "Fills an empty database with a lively school, made up around a day. The same day gives the same school."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scale", choices=sorted(SCALES), default="S", help="how large (default: S)")
        parser.add_argument("--language", choices=sorted(NAMES), default="ru", help="of the school (default: ru)")
        parser.add_argument("--anchor", type=date.fromisoformat, metavar="DAY", help="its today (default: today)")
        parser.add_argument("--if-empty", action="store_true", help="do nothing where the database is not empty")

    @no_translations
    def handle(self, *, scale: str, language: str, anchor: date | None, if_empty: bool, **options: Any) -> None:
        try:
            load.fill(scale=scale, language=language, anchor=anchor, tell=partial(self.stderr.write, style_func=str))
        except load.NotEmpty as refusal:
            if not if_empty:
                raise CommandError(str(refusal)) from refusal
        except load.Inhabited as refusal:
            raise CommandError(str(refusal)) from refusal
