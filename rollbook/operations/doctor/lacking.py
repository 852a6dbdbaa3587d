"""What is not broken, and may cost the data one day: settings of the installation and of the server, and backups."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_noop as _

from rollbook.operations.backup import Unkept, databases, programs

DUTIES = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")
DONE = "SELECT DISTINCT verb FROM history_entry WHERE subject = 'house'"

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "mailer": _("No letters can be sent (EMAIL_URL): whoever forgets their password needs somebody else."),
        "debug": _("DEBUG is on: errors show strangers how all of this is made."),
        "durable": _("The server is told to be careless ({names} off): what was confirmed may be lost or damaged."),
        "program": _("There is no pg_dump here that knows this server: nothing can be backed up."),
        "scratch": _("Backups cannot be tried: the role of DATABASE_OWNER_URL may not create databases."),
        "copies": _("Backups lie on one machine alone. Have them copied elsewhere, and say BACKUPS_ARE_COPIED=1."),
        "backup": _("No backup was ever made."),
        "proof": _("No backup was ever tried."),
    }
)


class Lack(NamedTuple):
    name: str
    details: Mapping[str, str] = MappingProxyType({})

    @property
    def sentence(self) -> str:
        return SENTENCES[self.name].format(**self.details)


def lacking() -> Iterator[Lack]:
    if settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend"):
        yield Lack("mailer")
    if settings.DEBUG:
        yield Lack("debug")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_settings WHERE name = ANY(%s) AND setting = 'off'", [list(DUTIES)])
        if off := sorted(name for (name,) in cursor.fetchall()):
            yield Lack("durable", {"names": ", ".join(off)})
        cursor.execute(DONE)
        done = {verb for (verb,) in cursor.fetchall()}
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        yield from _of_backups(done, server=cursor.fetchone()[0])


def _of_backups(done: set[str], *, server: int) -> Iterator[Lack]:
    try:
        programs.fitting(server)
    except Unkept:
        yield Lack("program")
    if not databases.may_create():
        yield Lack("scratch")
    if not settings.BACKUPS_ARE_COPIED:
        yield Lack("copies")
    if "house.backed_up" not in done:
        yield Lack("backup")
    elif "house.proven" not in done:
        yield Lack("proof")
