"""Indexes with which another one begins, or by which nobody asks: each write paid for them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from rollbook.foundation.sql import DropIndexInUse


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("access", "0003_sessions"),
        ("groups", "0002_fewer_indexes"),
        ("schedule", "0002_kept"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        DropIndexInUse(
            model_name="closingday",
            name="branch",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="closing_days",
                to="access.branch",
            ),
        ),
        DropIndexInUse(
            model_name="lesson",
            name="branch",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="lessons", to="access.branch"
            ),
        ),
        DropIndexInUse(
            model_name="lesson",
            name="cancelled_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cancelled_lessons",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        DropIndexInUse(
            model_name="lesson",
            name="group",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lessons",
                to="groups.group",
            ),
        ),
        DropIndexInUse(
            model_name="lesson",
            name="held_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="held_lessons",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        DropIndexInUse(
            model_name="lesson",
            name="lesson_type",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lessons",
                to="schedule.lessontype",
            ),
        ),
        DropIndexInUse(
            model_name="lesson",
            name="slot",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lessons",
                to="schedule.timetableslot",
            ),
        ),
        DropIndexInUse(
            model_name="lessonteacher",
            name="lesson",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lesson_teachers",
                to="schedule.lesson",
            ),
        ),
        DropIndexInUse(
            model_name="timetableslot",
            name="group",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="slots", to="groups.group"
            ),
        ),
    ]
