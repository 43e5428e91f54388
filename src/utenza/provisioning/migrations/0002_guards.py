"""What the models cannot say: one holder a value at a time, and the people that stand in for a connector."""

from django.db import migrations

# Without btree_gist there is no equality in a GiST index, so the value takes part by its 64-bit hash. Two values that
# share a hash could not be held at once; among a million that befalls one in thirty million operators.
NO_OVERLAP = """
    ALTER TABLE provisioning_resourceassignment ADD CONSTRAINT provisioning_resourceassignment_no_overlap
    EXCLUDE USING gist (
        int8range(hashtextextended(kind || ':' || value, 0), hashtextextended(kind || ':' || value, 0), '[]') WITH &&,
        tstzrange(valid_from, valid_to) WITH &&
    )
"""
DROP_NO_OVERLAP = """
    ALTER TABLE provisioning_resourceassignment DROP CONSTRAINT provisioning_resourceassignment_no_overlap
"""


def register_people(apps, schema_editor):
    element = apps.get_model("provisioning", "Element")
    health = apps.get_model("provisioning", "ElementHealth")
    from utenza.infra import clock

    manual = element.objects.create(code="manual", kind="manual", name="Technicians", created_at=clock.now())
    health.objects.create(element=manual)


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0001_initial")]

    operations = [
        migrations.RunSQL(NO_OVERLAP, DROP_NO_OVERLAP),
        migrations.RunPython(register_people, migrations.RunPython.noop),
    ]
