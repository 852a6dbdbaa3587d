from django.db import models


class Entry(models.Model):
    """One act: who, when, what, and only the fields that changed. Never changed itself (migration 0002)."""

    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=150)
    via = models.CharField(max_length=80)
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=60)
    within = models.CharField(max_length=60, blank=True)
    old = models.JSONField()
    new = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["subject", "-at"], name="history_of_subject"),
            models.Index(fields=["within", "-at"], name="history_within", condition=~models.Q(within="")),
        ]


class Reading(models.Model):
    """Somebody opened the card of somebody: one row for a person, a card, a way and an hour. Never changed itself."""

    at = models.DateTimeField()
    hour = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=150)
    via = models.CharField(max_length=80)
    subject = models.CharField(max_length=60)

    class Meta:
        constraints = [
            # Its index also finds who read a card, the latest first.
            models.UniqueConstraint(
                fields=["subject", "hour", "by_id", "via"], name="reading_once_an_hour", nulls_distinct=False
            ),
        ]
        indexes = [models.Index(fields=["by_id", "-at"], name="readings_of_person")]
