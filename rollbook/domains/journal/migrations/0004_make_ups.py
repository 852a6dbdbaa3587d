"""A right to a make-up is used once: a visit that was missed frees it, and so does one whose lesson is cancelled, which
the mark knows of its lesson by a trigger. A lesson that is moved takes its marks along, and how long they may be worked
off."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEPT = """
CREATE OR REPLACE FUNCTION journal_mark_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT lesson.day, lesson.cancelled_at IS NOT NULL INTO NEW.day, NEW.stands_aside
  FROM schedule_lesson lesson WHERE lesson.id = NEW.lesson_id;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER mark_has_the_day_of_its_lesson
  BEFORE INSERT OR UPDATE OF lesson_id, day, stands_aside ON journal_mark
  FOR EACH ROW EXECUTE FUNCTION journal_mark_day();

CREATE OR REPLACE FUNCTION journal_lesson_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE journal_mark mark SET
    day = moved.day, stands_aside = moved.cancelled_at IS NOT NULL,
    make_up_until = mark.make_up_until + (moved.day - stood.day)
  FROM moved JOIN stood USING (id)
  WHERE mark.lesson_id = moved.id
    AND (moved.day, moved.cancelled_at IS NULL) IS DISTINCT FROM (stood.day, stood.cancelled_at IS NULL);
  RETURN NULL;
END $$;

UPDATE journal_mark SET stands_aside = true
FROM schedule_lesson lesson WHERE lesson.id = lesson_id AND lesson.cancelled_at IS NOT NULL;
"""
BEFORE = """
CREATE OR REPLACE FUNCTION journal_mark_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT lesson.day INTO NEW.day FROM schedule_lesson lesson WHERE lesson.id = NEW.lesson_id;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER mark_has_the_day_of_its_lesson BEFORE INSERT OR UPDATE OF lesson_id, day ON journal_mark
  FOR EACH ROW EXECUTE FUNCTION journal_mark_day();

CREATE OR REPLACE FUNCTION journal_lesson_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE journal_mark mark SET day = moved.day FROM moved JOIN stood USING (id)
  WHERE mark.lesson_id = moved.id AND moved.day <> stood.day;
  RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0003_fewer_indexes"),
        ("people", "0002_fewer_indexes"),
        ("schedule", "0004_moved"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="mark",
            name="charged",
            field=models.BooleanField(null=True),
        ),
        migrations.AddField(
            model_name="mark",
            name="lapsed_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="mark",
            name="stands_aside",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.RunSQL(KEPT, BEFORE),
        migrations.AlterField(
            model_name="mark",
            name="makes_up",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="visits",
                to="journal.mark",
            ),
        ),
        migrations.AddIndex(
            model_name="mark",
            index=models.Index(
                condition=models.Q(("makes_up__isnull", False)), fields=["makes_up"], name="mark_visits"
            ),
        ),
        migrations.AddIndex(
            model_name="mark",
            index=models.Index(
                condition=models.Q(("lapsed_on", None), ("make_up_until__isnull", False), ("worked_off_on", None)),
                fields=["make_up_until"],
                name="mark_open_rights",
            ),
        ),
        migrations.AddIndex(
            model_name="mark",
            index=models.Index(
                condition=models.Q(("lapsed_on__isnull", False)), fields=["lapsed_on"], name="mark_lapsed_rights"
            ),
        ),
        migrations.AddConstraint(
            model_name="mark",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("lapsed_on", None),
                    models.Q(("make_up_until__isnull", False), ("worked_off_on", None)),
                    _connector="OR",
                ),
                name="mark_lapsed_was_a_right",
            ),
        ),
        migrations.AddConstraint(
            model_name="mark",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("status", "planned"), ("status", "attended"), _connector="OR"), ("stands_aside", False)
                ),
                fields=("makes_up",),
                name="mark_worked_off_once",
            ),
        ),
    ]
