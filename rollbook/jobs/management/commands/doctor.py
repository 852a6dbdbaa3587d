import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from rollbook.foundation import replica
from rollbook.operations.doctor import Finding, examine
from rollbook.operations.doctor.lacking import Lack, lacking


class Command(BaseCommand):
    help = (
        "Checks every promise over the whole database; ends with 1 where one is broken. Says what the settings lack."
        " Changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one object a line, for programs")
        parser.add_argument("--replica", action="store_true", help="ask the standby, where there is one that keeps up")

    @no_translations
    def handle(self, **options: Any) -> None:
        broken = 0
        examined = replica.a_moment_old(_by_replica) if options["replica"] else examine()
        for finding in examined:
            broken += bool(finding.broken)
            self.stdout.write(_as_json(finding) if options["json"] else _as_text(finding))
        for lack in lacking():
            self.stdout.write(_lack_as_json(lack) if options["json"] else f"lacks   {lack.name}: {lack.sentence}")
        if broken:
            raise CommandError(f"{broken} promises are broken.", returncode=1)


def _by_replica() -> list[Finding]:
    return list(examine(db=replica.connection()))


def _as_text(finding: Finding) -> str:
    if not finding.broken:
        return f"kept    {finding.promise.name}"
    more = "" if finding.broken == len(finding.rows) else f" and {finding.broken - len(finding.rows)} more"
    return (
        f"BROKEN  {finding.promise.name}: {finding.promise.sentence}\n"
        f"        {finding.broken}: {', '.join(finding.rows)}{more}"
    )


def _as_json(finding: Finding) -> str:
    told = {"promise": finding.promise.name, "broken": finding.broken, "rows": finding.rows}
    return json.dumps(told, ensure_ascii=False)


def _lack_as_json(lack: Lack) -> str:
    return json.dumps({"lacks": lack.name, "sentence": lack.sentence, "broken": 0}, ensure_ascii=False)
