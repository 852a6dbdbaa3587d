from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Upload(models.Model):
    """A file that somebody sent, and how it is to be taken in. Its bytes lie here, so that any process on any machine
    reads them; after a while they are forgotten.

    `described` is what the file looks like, read by `options` (format, encoding, separator, sheet, header); `columns`
    says which column means what."""

    name = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    data = models.BinaryField(null=True)
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey("access.User", models.PROTECT, null=True, related_name="+")
    sent_by_name = models.CharField(max_length=150)
    options = models.JSONField(default=dict)
    described = models.JSONField(null=True)
    kind = models.CharField(max_length=30, blank=True)
    columns = models.JSONField(default=dict)
    branch = models.ForeignKey("access.Branch", models.PROTECT, null=True, related_name="+")
    duplicates = models.CharField(max_length=10, default="join")


class KnownHeader(models.Model):
    """How files with this first line were taken in the last time, to be offered with the next one."""

    fingerprint = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=30)
    options = models.JSONField()
    columns = models.JSONField()
    branch = models.ForeignKey("access.Branch", models.PROTECT, null=True, related_name="+")
    duplicates = models.CharField(max_length=10)
    used_at = models.DateTimeField()


class State(models.TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    BROKEN = "broken", _("broken off")
    UNDONE = "undone", _("undone")


class Run(models.Model):
    """One import: who, of what, with which result. A file that was uploaded stands in `upload`; what a command takes in
    has none. A trial run does everything and takes it back.

    While it is under way only its own second connection writes here (`stage`, `done`, `total`, `told_at`); what it has
    done is written by its transaction, together with it. `shape` says of what the rows consisted that it added.
    """

    source = models.CharField(max_length=60)
    upload = models.ForeignKey(Upload, models.PROTECT, null=True, related_name="runs")
    is_trial = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    by = models.ForeignKey("access.User", models.PROTECT, null=True, related_name="+")
    by_name = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=30, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    added = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    trouble = models.CharField(max_length=500, blank=True)
    shape = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="run_state_known"),
            models.CheckConstraint(condition=Q(finished_at__gte=F("started_at")), name="run_times"),
            models.CheckConstraint(
                condition=Q(state=State.UNDONE, undone_at__isnull=False) | ~Q(state=State.UNDONE) & Q(undone_at=None),
                name="run_undone_at",
            ),
            # Two who press at once, or one who presses twice: one run.
            models.UniqueConstraint(
                fields=["upload"], condition=Q(is_trial=False, state__in=["waiting", "running", "done"]),
                name="run_once_per_upload",
            ),
            models.UniqueConstraint(
                fields=["upload"], condition=Q(is_trial=True, state__in=["waiting", "running"]),
                name="run_one_trial_at_a_time",
            ),
        ]


class ImportedRow(models.Model):
    """A row of a source, known by its key there, and what it has become here. `target` says of which kind; by
    `digest` it shows whether the row says something else today, by `stood` whether the object does."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="rows")
    source = models.CharField(max_length=60)
    target = models.CharField(max_length=30)
    key = models.CharField(max_length=100)
    subject_id = models.BigIntegerField()
    digest = models.CharField(max_length=32)
    stood = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "target", "key"], name="imported_once")]
