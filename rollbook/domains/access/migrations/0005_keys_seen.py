from django.db import migrations, models


class Migration(migrations.Migration):
    """Keys that can be recognised, watched and revoked. The version before revokes none, and refuses those that were:
    they have expired."""

    dependencies = [
        ('access', '0004_fewer_indexes'),
    ]

    operations = [
        migrations.AddField(
            model_name='apikey',
            name='beginning',
            field=models.CharField(blank=True, db_default='', max_length=6),
        ),
        migrations.AddField(
            model_name='apikey',
            name='made_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='made_by',
            field=models.CharField(blank=True, db_default='', max_length=150),
        ),
        migrations.AddField(
            model_name='apikey',
            name='last_used_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='revoked_at',
            field=models.DateTimeField(null=True),
        ),
    ]
