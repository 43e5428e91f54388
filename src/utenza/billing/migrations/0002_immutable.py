"""An issued bill never changes but for what is open of it; and it cannot be issued unless its sums add up."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION billing_guard_bill() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lines_net bigint;
    taxes_net bigint;
    taxes_tax bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status = 'issued' THEN
            RAISE EXCEPTION 'bill % is issued and cannot be deleted', OLD.number
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_bill_issued_stays';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status = 'issued' THEN
        IF to_jsonb(NEW) - 'open_micro' IS DISTINCT FROM to_jsonb(OLD) - 'open_micro' THEN
            RAISE EXCEPTION 'bill % is issued and cannot be changed', OLD.number
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_bill_issued_stays';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.status = 'issued' THEN
        SELECT COALESCE(sum(net_micro), 0) INTO lines_net FROM billing_line WHERE bill_id = NEW.id;
        SELECT COALESCE(sum(net_micro), 0), COALESCE(sum(tax_micro), 0) INTO taxes_net, taxes_tax
            FROM billing_tax WHERE bill_id = NEW.id;
        IF lines_net <> NEW.net_micro OR taxes_net <> NEW.net_micro OR taxes_tax <> NEW.tax_micro THEN
            RAISE EXCEPTION 'bill % does not add up: lines %, taxes % and %, bill % and %',
                NEW.id, lines_net, taxes_net, taxes_tax, NEW.net_micro, NEW.tax_micro
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_bill_lines_add_up';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_bill_guard BEFORE UPDATE OR DELETE ON billing_bill
    FOR EACH ROW EXECUTE FUNCTION billing_guard_bill();

CREATE FUNCTION billing_guard_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.bill_id ELSE NEW.bill_id END;
    held bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.bill_id ELSE OLD.bill_id END;
BEGIN
    IF EXISTS (SELECT 1 FROM billing_bill WHERE id IN (touched, held) AND status = 'issued') THEN
        RAISE EXCEPTION 'bill % is issued and cannot be changed', touched
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_bill_issued_stays';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER billing_line_guard BEFORE INSERT OR UPDATE OR DELETE ON billing_line
    FOR EACH ROW EXECUTE FUNCTION billing_guard_part();
CREATE TRIGGER billing_tax_guard BEFORE INSERT OR UPDATE OR DELETE ON billing_tax
    FOR EACH ROW EXECUTE FUNCTION billing_guard_part();

CREATE FUNCTION billing_guard_journal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_journal_only_grows';
END $$;
CREATE TRIGGER billing_settlement_guard BEFORE UPDATE OR DELETE ON billing_settlement
    FOR EACH ROW EXECUTE FUNCTION billing_guard_journal();
CREATE TRIGGER billing_usage_guard BEFORE UPDATE OR DELETE ON billing_usage
    FOR EACH ROW EXECUTE FUNCTION billing_guard_journal();
"""

BACKWARD = """
DROP TRIGGER billing_usage_guard ON billing_usage;
DROP TRIGGER billing_settlement_guard ON billing_settlement;
DROP FUNCTION billing_guard_journal();
DROP TRIGGER billing_tax_guard ON billing_tax;
DROP TRIGGER billing_line_guard ON billing_line;
DROP FUNCTION billing_guard_part();
DROP TRIGGER billing_bill_guard ON billing_bill;
DROP FUNCTION billing_guard_bill();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
