import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STATES = [
    ("waiting", "waiting"), ("running", "running"), ("done", "done"), ("broken", "broken off"), ("undone", "undone"),
]


def to(model: str) -> "models.ForeignKey[object, object]":
    return models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=model)


class Migration(migrations.Migration):
    """Uploads, and runs that are known from the moment they are asked for. Runs of before are done."""

    dependencies = [("access", "0001_initial"), ("imports", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("size", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("data", models.BinaryField(null=True)),
                ("sent_at", models.DateTimeField()),
                ("sent_by", to(settings.AUTH_USER_MODEL)),
                ("sent_by_name", models.CharField(max_length=150)),
                ("options", models.JSONField(default=dict)),
                ("described", models.JSONField(null=True)),
                ("kind", models.CharField(blank=True, max_length=30)),
                ("columns", models.JSONField(default=dict)),
                ("branch", to("access.branch")),
                ("duplicates", models.CharField(default="join", max_length=10)),
            ],
        ),
        migrations.CreateModel(
            name="KnownHeader",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fingerprint", models.CharField(max_length=32, unique=True)),
                ("kind", models.CharField(max_length=30)),
                ("options", models.JSONField()),
                ("columns", models.JSONField()),
                ("branch", to("access.branch")),
                ("duplicates", models.CharField(max_length=10)),
                ("used_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField("importedrow", "stood", models.CharField(blank=True, default="", max_length=32)),
        migrations.AlterField("importedrow", "stood", models.CharField(blank=True, max_length=32)),
        migrations.AddField("run", "by", to(settings.AUTH_USER_MODEL)),
        migrations.AddField(
            "run", "upload",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="imports.upload"
            ),
        ),
        migrations.AddField("run", "is_trial", models.BooleanField(default=False)),
        migrations.AddField("run", "state", models.CharField(choices=STATES, default="done", max_length=10)),
        migrations.AlterField("run", "state", models.CharField(choices=STATES, default="waiting", max_length=10)),
        migrations.AddField("run", "asked_at", models.DateTimeField(null=True)),
        migrations.RunSQL("UPDATE imports_run SET asked_at = started_at", ""),
        migrations.AlterField("run", "asked_at", models.DateTimeField()),
        migrations.AlterField("run", "started_at", models.DateTimeField(null=True)),
        migrations.AlterField("run", "finished_at", models.DateTimeField(null=True)),
        migrations.AlterField("run", "added", models.JSONField(default=dict)),
        migrations.AddField("run", "told_at", models.DateTimeField(null=True)),
        migrations.AddField("run", "stage", models.CharField(blank=True, default="", max_length=30)),
        migrations.AlterField("run", "stage", models.CharField(blank=True, max_length=30)),
        migrations.AddField("run", "done", models.PositiveIntegerField(default=0)),
        migrations.AddField("run", "total", models.PositiveIntegerField(default=0)),
        migrations.AddField("run", "result", models.JSONField(default=dict)),
        migrations.AddField("run", "problems", models.JSONField(default=list)),
        migrations.AddField("run", "trouble", models.CharField(blank=True, default="", max_length=500)),
        migrations.AlterField("run", "trouble", models.CharField(blank=True, max_length=500)),
        migrations.AddField("run", "shape", models.JSONField(default=dict)),
        migrations.AddField("run", "undone_at", models.DateTimeField(null=True)),
        migrations.AddField("run", "undone_by_name", models.CharField(blank=True, default="", max_length=150)),
        migrations.AlterField("run", "undone_by_name", models.CharField(blank=True, max_length=150)),
        migrations.AddConstraint(
            "run",
            models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "running", "done", "broken", "undone"])),
                name="run_state_known",
            ),
        ),
        migrations.AddConstraint(
            "run",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "undone"), ("undone_at__isnull", False)),
                    models.Q(models.Q(("state", "undone"), _negated=True), ("undone_at", None)),
                    _connector="OR",
                ),
                name="run_undone_at",
            ),
        ),
        migrations.AddConstraint(
            "run",
            models.UniqueConstraint(
                condition=models.Q(("is_trial", False), ("state__in", ["waiting", "running", "done"])),
                fields=("upload",), name="run_once_per_upload",
            ),
        ),
        migrations.AddConstraint(
            "run",
            models.UniqueConstraint(
                condition=models.Q(("is_trial", True), ("state__in", ["waiting", "running"])),
                fields=("upload",), name="run_one_trial_at_a_time",
            ),
        ),
    ]
