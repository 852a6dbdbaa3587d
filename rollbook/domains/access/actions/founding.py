import re
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from phonenumbers import SUPPORTED_REGIONS

from rollbook.domains.access.actions.branches import refuse_unknown_zone
from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Language, Organisation, Role
from rollbook.domains.access.rules import DEFAULT_ROLES
from rollbook.domains.history import actions as history
from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.foundation.texts import clean_line

_ONLY_ONE = 1


class FoundedAlready(Refused):
    """An installation serves one organisation, and it is there."""


@transaction.atomic
def found_organisation(
    *, name: str, currency: str, time_zone: str, phone_region: str, language: str, at: datetime, by: Actor
) -> None:
    """The one organisation of this installation, and the roles it begins with. InvalidInput names what is wrong."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    name = clean_line(name)
    refuse_nonsense(
        name=name, currency=currency, time_zone=time_zone, phone_region=phone_region, language=language
    )
    _organisation, is_new = Organisation.objects.get_or_create(
        pk=_ONLY_ONE,
        defaults={
            "name": name, "currency": currency, "time_zone": time_zone, "phone_region": phone_region,
            "language": language,
        },
    )
    if not is_new:
        raise FoundedAlready(_("There is an organisation here already."))
    standing = set(Role.objects.values_list("code", flat=True))
    roles = Role.objects.bulk_create(
        Role(code=code, permissions=sorted(permissions))
        for code, permissions in DEFAULT_ROLES.items() if code not in standing
    )
    history.record(verb="organisation.founded", subject=f"organisation:{_ONLY_ONE}", new={"name": name}, at=at, by=by)
    history.record_many(
        verb="role.added", at=at, by=by,
        changes=[history.Change(f"role:{role.pk}", {"code": role.code}) for role in roles],
    )


def refuse_nonsense(*, name: str, currency: str, time_zone: str, phone_region: str, language: str) -> None:
    """InvalidInput names what an organisation cannot be like."""
    refuse_unknown_zone(time_zone)
    fields = {}
    if not 0 < len(name) <= 100:
        fields["name"] = _("A name has 1 to 100 signs.")
    if not re.fullmatch("[A-Z]{3}", currency):
        fields["currency"] = _("A currency is three capital letters, like UAH.")
    if phone_region not in SUPPORTED_REGIONS:
        fields["phone_region"] = _("A country is two capital letters, like UA.")
    if language not in Language.values:
        fields["language"] = _("Choose a language of the list.")
    if fields:
        raise InvalidInput(fields)
