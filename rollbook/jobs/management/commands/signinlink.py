from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.utils import timezone

from rollbook.domains.access import actions as access
from rollbook.domains.access import queries
from rollbook.domains.access.actor import operator
from rollbook.jobs.links import sign_in_link


class Command(BaseCommand):
    help = "A link that signs a user in, once and within an hour: the first owner, or whom --user names."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", metavar="LOGIN", help="login or e-mail")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        if login := options["user"]:
            user = queries.user_of_login(login=login)
            user_id = user.pk if user and user.is_active else None
        else:
            user_id = queries.first_owner()
        if user_id is None:
            raise CommandError(
                f"There is no active user {login!r}." if login else "Nobody owns this yet: `rollbook createowner`."
            )
        secret = access.make_link(user_id=user_id, at=timezone.now(), by=operator("rollbook signinlink"))
        self.stdout.write(sign_in_link(secret))
