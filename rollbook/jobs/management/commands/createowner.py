import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.utils import timezone

from rollbook.domains.access.actor import operator
from rollbook.domains.access.rules import suggested_login
from rollbook.foundation.errors import Declined, InvalidInput
from rollbook.jobs.links import sign_in_link
from rollbook.workflows import owner_created
from rollbook.workflows.owner_created import House, Owner

# What an organisation begins with where the command says nothing else: currency, time zone, country of phones.
WHERE = {
    "ru": ("RUB", "Europe/Moscow", "RU"),
    "uk": ("UAH", "Europe/Kyiv", "UA"),
    "en": ("EUR", "Europe/Berlin", "DE"),
}
NAMES = {"ru": ("Наша школа", "Главный филиал"), "uk": ("Наша школа", "Головна філія"), "en": ("Our school", "Main")}


class Command(BaseCommand):
    help = "The first person who may do everything, and the organisation where there is none; prints a sign-in link."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", help="of the person")
        parser.add_argument("--email", help="where a new password is sent to, if it is ever forgotten")
        parser.add_argument("--login", help="without it: the beginning of the e-mail")
        parser.add_argument("--organisation", help="its name")
        parser.add_argument("--branch", help="name of the first branch")
        parser.add_argument("--language", choices=sorted(WHERE), default="ru")
        parser.add_argument("--currency", help="three letters")
        parser.add_argument("--time-zone", help="like Europe/Kyiv")
        parser.add_argument("--phone-region", help="two letters")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        name, email = options["name"] or _ask("Name"), options["email"] or _ask("E-mail")
        language = options["language"]
        currency, time_zone, phone_region = WHERE[language]
        organisation, branch = NAMES[language]
        house = House(
            options["organisation"] or organisation, options["currency"] or currency,
            options["time_zone"] or time_zone, options["phone_region"] or phone_region, language,
            options["branch"] or branch,
        )
        owner = Owner(name, options["login"] or suggested_login(email), email)
        try:
            secret = owner_created.create(
                owner=owner, house=house, at=timezone.now(), by=operator("rollbook createowner")
            )
        except InvalidInput as error:
            raise CommandError(", ".join(f"{field}: {why}" for field, why in error.fields.items())) from error
        except Declined as error:
            raise CommandError(str(error)) from error
        self.stdout.write(sign_in_link(secret))


def _ask(what: str) -> str:
    if not sys.stdin.isatty():
        raise CommandError(f"Say --{what.lower().replace('-', '')}.")
    return input(f"{what}: ")
