"""What a lesson and its teachers repeat of each other, kept by the database, whoever writes and however."""

from django.db import migrations

LOCAL_DAY = """
CREATE FUNCTION schedule_lesson_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT (NEW.starts_at AT TIME ZONE branch.time_zone)::date INTO NEW.day
  FROM access_branch branch WHERE branch.id = NEW.branch_id;
  RETURN NEW;
END $$;
CREATE TRIGGER lesson_has_its_local_day BEFORE INSERT OR UPDATE OF starts_at, branch_id, day ON schedule_lesson
  FOR EACH ROW EXECUTE FUNCTION schedule_lesson_day();
"""

TEACHERS_TIME = """
CREATE FUNCTION schedule_lesson_teacher_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT tstzrange(lesson.starts_at, lesson.ends_at), NOT lesson.is_joint AND lesson.cancelled_at IS NULL
  INTO NEW.during, NEW.counts FROM schedule_lesson lesson WHERE lesson.id = NEW.lesson_id;
  RETURN NEW;
END $$;
CREATE TRIGGER lesson_teacher_has_the_time_of_the_lesson BEFORE INSERT OR UPDATE ON schedule_lessonteacher
  FOR EACH ROW EXECUTE FUNCTION schedule_lesson_teacher_time();

CREATE FUNCTION schedule_lesson_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE schedule_lessonteacher teacher SET counts = NOT moved.is_joint AND moved.cancelled_at IS NULL
  FROM moved JOIN stood USING (id)
  WHERE teacher.lesson_id = moved.id
    AND (moved.starts_at, moved.ends_at, moved.is_joint, moved.cancelled_at IS NULL)
        IS DISTINCT FROM (stood.starts_at, stood.ends_at, stood.is_joint, stood.cancelled_at IS NULL);
  RETURN NULL;
END $$;
CREATE TRIGGER lesson_takes_its_teachers_along AFTER UPDATE ON schedule_lesson
  REFERENCING NEW TABLE AS moved OLD TABLE AS stood FOR EACH STATEMENT EXECUTE FUNCTION schedule_lesson_moved();
"""


class Migration(migrations.Migration):
    dependencies = [("schedule", "0001_initial")]
    operations = [
        migrations.RunSQL(LOCAL_DAY, "DROP FUNCTION schedule_lesson_day() CASCADE"),
        migrations.RunSQL(
            TEACHERS_TIME,
            "DROP FUNCTION schedule_lesson_teacher_time() CASCADE; DROP FUNCTION schedule_lesson_moved() CASCADE",
        ),
    ]
