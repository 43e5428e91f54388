"""The rules that the database itself keeps, whoever writes: the books balance and nothing in them changes."""

from django.db import migrations

FORWARDS = """
-- In a transaction that fills the tables, the planner still believes them empty, and a scan of the whole table for
-- every row judged would never end (tried: 13 minutes, and killed): these functions must go by the indexes.
CREATE FUNCTION ledger_demand_balance(wanted bigint) RETURNS void LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE off record;
BEGIN
    SELECT s.currency, sum(s.amount_micro) AS difference INTO off FROM (
        SELECT e.amount_micro, (SELECT a.currency FROM ledger_account a WHERE a.id = e.account_id) AS currency
        FROM ledger_entry e WHERE e.transaction_id = wanted
    ) s GROUP BY s.currency HAVING sum(s.amount_micro) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'transaction % is off by % micro-units of %', wanted, off.difference, off.currency
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_transaction_balanced', TABLE = 'ledger_transaction';
    END IF;
END $$;

-- Each transaction has entries, and they balance: judged once, at the commit, however many entries there are.
CREATE FUNCTION ledger_transaction_judge() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ledger_entry WHERE transaction_id = NEW.id) THEN
        RAISE EXCEPTION 'transaction % has no entries', NEW.id
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_transaction_balanced', TABLE = 'ledger_transaction';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_transaction_balanced AFTER INSERT ON ledger_transaction
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_transaction_judge();

-- Entries usually come balanced in one statement, which is proved at once and as a set. A statement that leaves a
-- transaction unbalanced notes it here; the note is judged at the commit, when the other side must have come.
CREATE TABLE ledger_unfinished (transaction_id bigint NOT NULL);
CREATE FUNCTION ledger_unfinished_judge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_demand_balance(NEW.transaction_id);
    DELETE FROM ledger_unfinished WHERE transaction_id = NEW.transaction_id;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_unfinished_balanced AFTER INSERT ON ledger_unfinished
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_unfinished_judge();

-- Entries join a transaction only while it is being written, and share its instant.
CREATE FUNCTION ledger_entry_guard() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE late bigint;
BEGIN
    SELECT e.transaction_id INTO late FROM fresh e JOIN ledger_transaction t ON t.id = e.transaction_id
    WHERE t.written_in <> pg_current_xact_id()::text::bigint OR t.at <> e.at LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'transaction % is closed, or its entry has another instant', late
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_in_its_transaction', TABLE = 'ledger_entry';
    END IF;
    INSERT INTO ledger_unfinished (transaction_id)
    SELECT DISTINCT s.transaction_id FROM (
        SELECT e.transaction_id, e.amount_micro,
               (SELECT a.currency FROM ledger_account a WHERE a.id = e.account_id) AS currency
        FROM fresh e
    ) s GROUP BY s.transaction_id, s.currency HAVING sum(s.amount_micro) <> 0;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_entry_guard AFTER INSERT ON ledger_entry
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_guard();

CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the books are never changed: % of % is refused; post an opposite transaction', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_never_changes', TABLE = TG_TABLE_NAME;
END $$;
CREATE TRIGGER ledger_account_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_account
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_transaction_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transaction
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_entry_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
"""

BACKWARDS = """
DROP TRIGGER ledger_entry_never_changes ON ledger_entry;
DROP TRIGGER ledger_transaction_never_changes ON ledger_transaction;
DROP TRIGGER ledger_account_never_changes ON ledger_account;
DROP TRIGGER ledger_entry_guard ON ledger_entry;
DROP TRIGGER ledger_transaction_balanced ON ledger_transaction;
DROP TABLE ledger_unfinished;
DROP FUNCTION ledger_refuse_change, ledger_entry_guard, ledger_unfinished_judge, ledger_transaction_judge;
DROP FUNCTION ledger_demand_balance;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
