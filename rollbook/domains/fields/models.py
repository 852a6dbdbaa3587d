from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollbook.domains.fields.rules import Names


class ChoiceList(models.TextChoices):
    """What a choice is chosen for."""

    CHURN = "churn", _("why a client leaves")
    FREEZE = "freeze", _("why a client pauses")
    CANCELLATION = "cancellation", _("why a lesson is cancelled")


class Choice(models.Model):
    """One line of a list of choices, in three languages; at least one of them is said. The default ones have a code.
    Archived, it is offered no more, and stays in what it was chosen for."""

    of = models.CharField(max_length=20, choices=ChoiceList)
    code = models.CharField(max_length=30, null=True, editable=False)
    name_ru = models.CharField(max_length=100, blank=True)
    name_uk = models.CharField(max_length=100, blank=True)
    name_en = models.CharField(max_length=100, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["of", "code"], name="choice_code_once"),
            models.CheckConstraint(condition=Q(of__in=ChoiceList.values), name="choice_list_known"),
            models.CheckConstraint(
                condition=~Q(name_ru="", name_uk="", name_en=""), name="choice_has_a_name"
            ),
        ]

    @property
    def names(self) -> Names:
        return Names(self.name_ru, self.name_uk, self.name_en)
