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
    """A row of a source, known by its key there, and what it has become here. `target` says of which kind; by
    `digest` it shows whether the row says something else today."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="rows")
    source = models.CharField(max_length=60)
    target = models.CharField(max_length=30)
    key = models.CharField(max_length=100)
    subject_id = models.BigIntegerField()
    digest = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "target", "key"], name="imported_once")]
