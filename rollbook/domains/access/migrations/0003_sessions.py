import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from rollbook.foundation.sql import append_only, take_back


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0002_cache'),
    ]

    operations = [
        migrations.AddField(
            model_name='session',
            name='address',
            field=models.GenericIPAddressField(null=True),
        ),
        migrations.AddField(
            model_name='session',
            name='browser',
            field=models.CharField(blank=True, db_default='', max_length=300),
        ),
        migrations.AddField(
            model_name='session',
            name='seen_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='session',
            name='signed_in_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name='SignIn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('succeeded', models.BooleanField()),
                ('new_device', models.BooleanField()),
                ('address', models.GenericIPAddressField(null=True)),
                ('browser', models.CharField(blank=True, max_length=300)),
                ('user', models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sign_ins',
                    to=settings.AUTH_USER_MODEL,
                )),
            ],
            options={
                'indexes': [models.Index(fields=['user', '-at'], name='sign_ins_of_user')],
            },
        ),
        append_only("access_signin", "Sign-ins are append-only: who came in, or tried to, stays written."),
        take_back("UPDATE, DELETE, TRUNCATE", "access_signin"),
    ]
