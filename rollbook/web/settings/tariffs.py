from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.models import Charged, Freezing, MonthFrom, Pricing, ProRata, TariffKind
from rollbook.domains.billing.rules import OF_KINDS, ROUND_TO
from rollbook.foundation.periods import local
from rollbook.screens.settings import tariffs
from rollbook.web.forms import Form, NameField, SumField, VersionField, WholeField
from rollbook.web.settings.sections import Section


def _of_kinds() -> dict[str, str]:
    """Each field that not every kind has is shown for those that have it."""
    shown = {name: f"kind:{','.join(kinds)}" for name, (kinds, _otherwise) in OF_KINDS.items()}
    bought = f"kind:{','.join(kind for kind in TariffKind.values if kind != TariffKind.LESSON)}"
    return shown | {
        "pricing": "kind:month", "charged": bought,
        "instalments": f"{shown['instalments']} charged:{Charged.START}",
        "round_to": f"{shown['round_to']} pro_rata:{ProRata.LESSONS},{ProRata.DAYS}",
        "freeze_days": f"{shown['freeze_days']} freezing:{Freezing.GIVES_BACK},{Freezing.EXTENDS}",
    }


class TariffForm(Form):
    """What is not asked for is not sent, and becomes what a new tariff has."""

    name = NameField(label=_("Name"))
    kind = forms.ChoiceField(label=_("What is bought"), choices=TariffKind.choices, initial=TariffKind.MONTH)
    price = SumField(label=_("Price"))
    pricing = forms.ChoiceField(
        label=_("The price is"), required=False, initial=Pricing.MONTH,
        choices=[(Pricing.MONTH, _("of a month")), (Pricing.FIXED, _("of a lesson"))],
        help_text=_("Of a month: shared by the lessons that the timetable gives in it."),
    )
    lessons = WholeField(label=_("Lessons"), smallest=1, largest=1000, required=False)
    days = WholeField(
        label=_("Days it lasts"), smallest=1, largest=3660, required=False,
        help_text=_("Empty: until its lessons are used up."),
    )
    charged = forms.ChoiceField(
        label=_("Written off"), choices=Charged.choices, required=False, initial=Charged.LESSON,
        help_text=_("At the start: all at once, when it is sold."),
    )
    instalments = WholeField(
        label=_("Instalments"), smallest=1, largest=24, required=False, initial=1,
        help_text=_("Equal parts, a month apart."),
    )
    month_from = forms.ChoiceField(
        label=_("The month is"), choices=MonthFrom.choices, required=False, initial=MonthFrom.CALENDAR
    )
    pro_rata = forms.ChoiceField(
        label=_("A part of a month costs"), choices=ProRata.choices, required=False, initial=ProRata.LESSONS
    )
    round_to = forms.TypedChoiceField(
        label=_("Rounded up to"), coerce=int, required=False, initial=0, empty_value=0,
        choices=[(0, _("the cent")), *((unit, str(unit)) for unit in ROUND_TO if unit)],
    )
    missed_share = WholeField(
        label=_("Charged for a missed lesson, %"), largest=100, initial=100, help_text=_("Of the price of a lesson.")
    )
    excused_share = WholeField(label=_("Charged for an excused lesson, %"), largest=100, initial=0)
    lapsed_share = WholeField(
        label=_("Charged when not worked off in time, %"), largest=100, required=False, initial=0,
        help_text=_("Of an excused lesson, once the right to a make-up is over."),
    )
    make_up_days = WholeField(
        label=_("Days to work off"), smallest=1, largest=366, required=False,
        help_text=_("Empty: as the organisation has it."),
    )
    make_ups_a_month = WholeField(
        label=_("Make-ups a month at most"), largest=31, required=False, help_text=_("Empty: as many as there are."),
    )
    burns = forms.BooleanField(
        label=_("Lessons not used burn"), required=False,
        help_text=_("When it ends; otherwise their price is left on the balance."),
    )
    freezing = forms.ChoiceField(
        label=_("During a freeze"), choices=Freezing.choices, required=False, initial=Freezing.GIVES_BACK
    )
    freeze_days = WholeField(
        label=_("Days frozen at most"), smallest=1, largest=366, required=False,
        help_text=_("Empty: as many as one likes."),
    )
    sibling_discount = WholeField(
        label=_("For a second child, %"), largest=100, required=False, initial=0,
        help_text=_("Of the same payer; and for each one more."),
    )
    second_discount = WholeField(label=_("For a second programme, %"), largest=100, required=False, initial=0)
    version = VersionField()

    parts = (
        (_("What it is"), ("name", "kind", "lessons", "days", "month_from")),
        (_("Price"), ("price", "pricing", "charged", "instalments", "pro_rata", "round_to", "burns")),
        (_("Absences"), ("missed_share", "excused_share", "lapsed_share", "make_up_days", "make_ups_a_month")),
        (_("Freezes"), ("freezing", "freeze_days")),
        (_("Discounts"), ("sibling_discount", "second_discount")),
    )
    shown_for = _of_kinds()

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        return told | {name: self.fields[name].initial for name, value in told.items() if value in (None, "")}


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
    columns=(
        _("Name"), _("What is bought"), (_("Price"), "num"), _("For what"), _("Written off"), (_("Missed"), "num"),
        (_("Excused"), "num"),
    ),
    away=_("Archived"), put_away=_("Put away"), bring_back=_("Bring back"),
    form=TariffForm, rows=tariffs.rows, card=_card, blank=tariffs.blank,
    add=billing.add_tariff, change=_change, archive=_archive,
    restore=lambda pk, **how: billing.restore_tariff(tariff_id=pk, **how),
)  # fmt: skip
