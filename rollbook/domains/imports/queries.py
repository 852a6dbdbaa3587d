from collections import defaultdict
from collections.abc import Mapping

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.imports.models import ImportedRow
from rollbook.domains.imports.rules import Known


def known(*, source: str, by: Actor) -> Mapping[str, Mapping[str, Known]]:
    """What was imported from this source before, by target and key there."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    found: dict[str, dict[str, Known]] = defaultdict(dict)
    rows = ImportedRow.objects.filter(source=source).values_list("target", "key", "subject_id", "digest")
    for target, key, subject_id, digest in rows.iterator(chunk_size=10_000):
        found[target][key] = Known(subject_id, digest)
    return found
