from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.models import Pricing
from rollbook.foundation.periods import local
from rollbook.screens.settings import tariffs
from rollbook.web.forms import Form, NameField, SumField, VersionField, WholeField
from rollbook.web.settings.sections import Section


class TariffForm(Form):
    name = NameField(label=_("Name"))
    pricing = forms.ChoiceField(label=_("The price is"), choices=Pricing.choices)
    price = SumField(label=_("Price"))
    missed_share = WholeField(
        label=_("Charged for a missed lesson, %"), largest=100, initial=100, help_text=_("Of the price of a lesson.")
    )
    excused_share = WholeField(label=_("Charged for an excused lesson, %"), largest=100, initial=0)
    make_up_days = WholeField(
        label=_("Days to work off"), smallest=1, largest=366, required=False,
        help_text=_("Empty: as the organisation has it."),
    )
    make_ups_a_month = WholeField(
        label=_("Make-ups a month at most"), largest=31, required=False, help_text=_("Empty: as many as there are."),
    )
    version = VersionField()


def _card(*, pk: int, by: Actor) -> tariffs.Card:
    return tariffs.card(pk=pk, today=_day(timezone.now()), by=by)


def _archive(*, pk: int, at: datetime, by: Actor) -> None:
    billing.archive_tariff(tariff_id=pk, on=_day(at), at=at, by=by)


def _day(at: datetime) -> date:
    """Tariffs belong to the organisation as a whole: its clock counts."""
    return local(at, house().time_zone).date()


def _change(*, pk: int, **how: Any) -> None:
    billing.change_tariff(tariff_id=pk, **how)


TARIFFS = Section(
    name="tariffs", icon="receipt", permission=Permission.TARIFF_EDIT,
    title=_("Tariffs"), new=_("New tariff"), empty=_("There is no tariff yet. Without one, lessons cost nothing."),
    columns=(_("Name"), _("The price is"), (_("Price"), "num"), (_("Missed"), "num"), (_("Excused"), "num")),
    away=_("Archived"), put_away=_("Put away"), bring_back=_("Bring back"),
    form=TariffForm, rows=tariffs.rows, card=_card, blank=tariffs.blank,
    add=billing.add_tariff, change=_change, archive=_archive,
    restore=lambda pk, **how: billing.restore_tariff(tariff_id=pk, **how),
)  # fmt: skip
