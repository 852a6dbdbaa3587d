from django.db import migrations, models

from rollbook.foundation.sql import append_only, take_back


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0002_append_only'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('hour', models.DateTimeField()),
                ('by_id', models.BigIntegerField(null=True)),
                ('by_name', models.CharField(max_length=150)),
                ('via', models.CharField(max_length=80)),
                ('subject', models.CharField(max_length=60)),
            ],
            options={
                'indexes': [models.Index(fields=['by_id', '-at'], name='readings_of_person')],
                'constraints': [
                    models.UniqueConstraint(
                        fields=('subject', 'hour', 'by_id', 'via'), name='reading_once_an_hour', nulls_distinct=False
                    )
                ],
            },
        ),
        append_only("history_reading", "Readings are append-only: who saw a card stays written."),
        take_back("UPDATE, DELETE, TRUNCATE", "history_reading"),
    ]
