"""The path of a node, its root and its payer agree: a payer is the node itself or one above it."""

from django.db import migrations

PADDED = "'/' || lpad(%s::text, 10, '0') || '/'"
AGREE = f"""
    ALTER TABLE parties_customer ADD CONSTRAINT parties_customer_path_begins_at_root
        CHECK (starts_with(path, {PADDED % "root_id"}));
    ALTER TABLE parties_customer ADD CONSTRAINT parties_customer_path_ends_at_itself
        CHECK (right(path, 12) = {PADDED % "id"});
    ALTER TABLE parties_customer ADD CONSTRAINT parties_customer_path_has_parent_before_itself
        CHECK (CASE WHEN parent_id IS NULL THEN length(path) = 12
               ELSE left(right(path, 23), 12) = {PADDED % "parent_id"} END);
    ALTER TABLE parties_customer ADD CONSTRAINT parties_customer_payer_is_itself_or_above
        CHECK (strpos(path, {PADDED % "paid_by_id"}) > 0);
"""
UNDO = "\n".join(
    f"ALTER TABLE parties_customer DROP CONSTRAINT parties_customer_{name};"
    for name in (
        "path_begins_at_root",
        "path_ends_at_itself",
        "path_has_parent_before_itself",
        "payer_is_itself_or_above",
    )
)


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_initial")]
    operations = [migrations.RunSQL(AGREE, UNDO)]
