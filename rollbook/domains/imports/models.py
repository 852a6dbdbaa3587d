from django.db import models
from django.db.models import Q


class Run(models.Model):
    """One import: who, of what, with which result. Written at its end, in its transaction."""

    source = models.CharField(max_length=60)
    by_name = models.CharField(max_length=150)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    added = models.JSONField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(finished_at__gte=models.F("started_at")), name="run_times")]


class ImportedRow(models.Model):
    """A row of a source, known by its key there, and what it has become here."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="rows")
    source = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    subject_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="imported_once")]
