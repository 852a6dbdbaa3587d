from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.utils import timezone

from rollbook.domains.access import actions as access
from rollbook.domains.access import queries
from rollbook.domains.access.actor import operator
from rollbook.foundation.errors import InvalidInput


class Command(BaseCommand):
    help = "An API key that acts with the rights of a user. It is printed once; only its digest is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", metavar="LOGIN", required=True, help="login or e-mail")
        parser.add_argument("--name", required=True, help="what it is for")
        parser.add_argument("--days", type=int, default=90, help="how long it lives (90)")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        user = queries.user_of_login(login=options["user"])
        if user is None or not user.is_active:
            raise CommandError(f"There is no active user {options['user']!r}.")
        try:
            key = access.make_key(
                user_id=user.pk, name=options["name"], days=options["days"], at=timezone.now(),
                by=operator("rollbook createkey"),
            )
        except InvalidInput as error:
            raise CommandError(" ".join(error.fields.values())) from error
        self.stdout.write(key)
