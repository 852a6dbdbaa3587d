"""An organisation that was founded before there were lists of choices gets what a new one begins with."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from rollbook.domains.fields.rules import DEFAULT_CHOICES


def add(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    if not apps.get_model("access", "Organisation").objects.exists():
        return
    Choice = apps.get_model("fields", "Choice")
    Choice.objects.bulk_create(
        Choice(of=of, code=code, name_ru=names.ru, name_uk=names.uk, name_en=names.en, position=position)
        for of, choices in DEFAULT_CHOICES.items() for position, (code, names) in enumerate(choices.items(), 1)
    )


class Migration(migrations.Migration):
    dependencies = [("fields", "0001_initial"), ("access", "0005_keys_seen")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
