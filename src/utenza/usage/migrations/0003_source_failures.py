from django.db import migrations, models

REASONS = [
    ('unknown_subscriber', 'Nobody held this user name or number then'),
    ('bad_time', 'The time cannot be read'),
    ('bad_quantity', 'The quantity cannot be read or is impossible'),
    ('bad_kind', 'The kind of usage is unknown'),
    ('bad_line', 'The line has not as many fields as the headings'),
    ('no_record_id', 'The record has no identity'),
]


class Migration(migrations.Migration):

    dependencies = [
        ('usage', '0002_session_counters'),
    ]

    operations = [
        migrations.AddField(
            model_name='source',
            name='failure',
            field=models.CharField(blank=True, default='', max_length=500),
        ),
        migrations.AddField(
            model_name='source',
            name='failing_since',
            field=models.DateTimeField(null=True),
        ),
        migrations.RemoveConstraint(model_name='quarantined', name='usage_quarantined_reason_known'),
        migrations.AlterField(
            model_name='quarantined',
            name='reason',
            field=models.CharField(choices=REASONS, max_length=30),
        ),
        migrations.AddConstraint(
            model_name='quarantined',
            constraint=models.CheckConstraint(
                condition=models.Q(('reason__in', [reason for reason, _ in REASONS])),
                name='usage_quarantined_reason_known',
            ),
        ),
    ]
