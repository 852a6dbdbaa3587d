"""An organisation that was founded before there were lists of choices gets what a new one begins with."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FIELDS = ("of", "position", "code", "name_ru", "name_uk", "name_en")
CHOICES = (
    ("churn", 1, "illness", "Болезнь", "Хвороба", "Illness"),
    ("churn", 2, "moved", "Переезд", "Переїзд", "Moved away"),
    ("churn", 3, "no_time", "Нет времени", "Немає часу", "No time"),
    ("churn", 4, "price", "Цена", "Ціна", "Price"),
    ("churn", 5, "teacher", "Не подошёл педагог", "Не підійшов педагог", "The teacher"),
    ("churn", 6, "lost_interest", "Пропал интерес", "Зник інтерес", "Lost interest"),
    ("churn", 7, "finished", "Окончил курс", "Закінчив курс", "Finished the course"),
    ("churn", 8, "other", "Другое", "Інше", "Other"),
    ("freeze", 1, "illness", "Болезнь", "Хвороба", "Illness"),
    ("freeze", 2, "holiday", "Отпуск, каникулы", "Відпустка, канікули", "Holiday"),
    ("freeze", 3, "away", "Отъезд", "Від’їзд", "Away"),
    ("freeze", 4, "family", "Семейные обстоятельства", "Сімейні обставини", "Family matters"),
    ("freeze", 5, "other", "Другое", "Інше", "Other"),
    ("cancellation", 1, "teacher_ill", "Педагог заболел", "Педагог захворів", "The teacher is ill"),
    ("cancellation", 2, "holiday", "Праздник, каникулы", "Свято, канікули", "Holiday"),
    ("cancellation", 3, "too_few", "Мало детей", "Замало дітей", "Too few would come"),
    ("cancellation", 4, "room", "Помещение недоступно", "Приміщення недоступне", "The room cannot be used"),
    ("cancellation", 5, "weather", "Погода", "Погода", "Weather"),
    ("cancellation", 6, "other", "Другое", "Інше", "Other"),
)


def add(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    if apps.get_model("access", "Organisation").objects.exists():
        Choice = apps.get_model("fields", "Choice")
        Choice.objects.bulk_create(Choice(**dict(zip(FIELDS, row, strict=True))) for row in CHOICES)


class Migration(migrations.Migration):
    dependencies = [("fields", "0001_initial"), ("access", "0005_keys_seen")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
