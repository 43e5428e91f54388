from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('usage', '0003_source_failures'),
    ]

    operations = [
        migrations.AddField(
            model_name='batch',
            name='received',
            field=models.BinaryField(null=True),
        ),
    ]
