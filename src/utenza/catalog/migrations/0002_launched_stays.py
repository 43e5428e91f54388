"""What the database itself keeps, whoever writes: what was launched stays as it was sold, and a tariff as it was written."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION catalog_refuse(what text, rule text, relation text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', what USING ERRCODE = 'restrict_violation', CONSTRAINT = rule, TABLE = relation;
END $$;

CREATE FUNCTION catalog_tariff_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM catalog_refuse(
        format('tariff version %s is never changed: write another version', OLD.id),
        'catalog_tariff_version_unchanged', 'catalog_tariff_version');
    RETURN NULL;
END $$;
CREATE TRIGGER catalog_tariff_version_unchanged BEFORE UPDATE OR DELETE ON catalog_tariff_version
FOR EACH ROW EXECUTE FUNCTION catalog_tariff_version_guard();

-- Once launched, only the end of the sale may be set and the version retired.
CREATE FUNCTION catalog_offer_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'draft' THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE'
        OR to_jsonb(NEW) - 'status' - 'valid_to' IS DISTINCT FROM to_jsonb(OLD) - 'status' - 'valid_to'
        OR (OLD.status = 'launched' AND NEW.status NOT IN ('launched', 'retired'))
        OR (OLD.status = 'retired' AND (NEW.status <> 'retired' OR NEW.valid_to IS DISTINCT FROM OLD.valid_to))
    THEN
        PERFORM catalog_refuse(
            format('offer version %s was launched and is never changed: write another version', OLD.id),
            'catalog_offer_version_unchanged', 'catalog_offer_version');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER catalog_offer_version_unchanged BEFORE UPDATE OR DELETE ON catalog_offer_version
FOR EACH ROW EXECUTE FUNCTION catalog_offer_version_guard();

-- Prices and discounts share their version's fate; the lock keeps a launch from passing by while they are written.
CREATE FUNCTION catalog_money_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE owner bigint; found_status text;
BEGIN
    FOREACH owner IN ARRAY CASE TG_OP
        WHEN 'INSERT' THEN ARRAY[NEW.version_id]
        WHEN 'DELETE' THEN ARRAY[OLD.version_id]
        ELSE ARRAY[OLD.version_id, NEW.version_id] END
    LOOP
        SELECT status INTO found_status FROM catalog_offer_version WHERE id = owner FOR SHARE;
        IF found_status <> 'draft' THEN
            PERFORM catalog_refuse(
                format('offer version %s was launched: its prices and discounts are never changed', owner),
                TG_TABLE_NAME || '_unchanged', TG_TABLE_NAME::text);
        END IF;
    END LOOP;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER catalog_price_unchanged BEFORE INSERT OR UPDATE OR DELETE ON catalog_price
FOR EACH ROW EXECUTE FUNCTION catalog_money_guard();
CREATE TRIGGER catalog_discount_unchanged BEFORE INSERT OR UPDATE OR DELETE ON catalog_discount
FOR EACH ROW EXECUTE FUNCTION catalog_money_guard();
"""

BACKWARDS = """
DROP TRIGGER catalog_discount_unchanged ON catalog_discount;
DROP TRIGGER catalog_price_unchanged ON catalog_price;
DROP TRIGGER catalog_offer_version_unchanged ON catalog_offer_version;
DROP TRIGGER catalog_tariff_version_unchanged ON catalog_tariff_version;
DROP FUNCTION catalog_money_guard, catalog_offer_version_guard, catalog_tariff_version_guard, catalog_refuse;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
