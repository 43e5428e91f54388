from datetime import UTC, datetime

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('usage', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='source',
            name='position',
            field=models.CharField(blank=True, default='', max_length=100),
        ),
        migrations.AddField(
            model_name='sessionposition',
            name='octets_in',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='sessionposition',
            name='octets_out',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='sessionposition',
            name='started_at',
            field=models.DateTimeField(default=datetime(1970, 1, 1, tzinfo=UTC)),
            preserve_default=False,
        ),
    ]
