"""The day of a mark is that of its lesson."""

from django.db import migrations

DAY = """
CREATE FUNCTION journal_mark_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT lesson.day INTO NEW.day FROM schedule_lesson lesson WHERE lesson.id = NEW.lesson_id;
  RETURN NEW;
END $$;
CREATE TRIGGER mark_has_the_day_of_its_lesson BEFORE INSERT OR UPDATE OF lesson_id, day ON journal_mark
  FOR EACH ROW EXECUTE FUNCTION journal_mark_day();

CREATE FUNCTION journal_lesson_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE journal_mark mark SET day = moved.day FROM moved JOIN stood USING (id)
  WHERE mark.lesson_id = moved.id AND moved.day <> stood.day;
  RETURN NULL;
END $$;
CREATE TRIGGER lesson_takes_its_marks_along AFTER UPDATE ON schedule_lesson
  REFERENCING NEW TABLE AS moved OLD TABLE AS stood FOR EACH STATEMENT EXECUTE FUNCTION journal_lesson_moved();
"""


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial"), ("schedule", "0002_kept")]
    operations = [
        migrations.RunSQL(
            DAY, "DROP FUNCTION journal_mark_day() CASCADE; DROP FUNCTION journal_lesson_moved() CASCADE"
        )
    ]
