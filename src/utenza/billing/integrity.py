"""Triggers: an issued bill never changes but for what is open of it, and none is issued whose sums do not add up."""

from __future__ import annotations

import pgtrigger

BILL = [
    pgtrigger.Trigger(
        name="issued_bill_stays",
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func="""
            IF OLD.status = 'issued' AND TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'bill % is issued and cannot be deleted', OLD.number
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_bill_issued_stays';
            END IF;
            IF TG_OP = 'DELETE' THEN
                RETURN OLD;
            END IF;
            IF OLD.status = 'issued'
                AND to_jsonb(NEW) - 'open_micro' IS DISTINCT FROM to_jsonb(OLD) - 'open_micro' THEN
                RAISE EXCEPTION 'bill % is issued and cannot be changed', OLD.number
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_bill_issued_stays';
            END IF;
            RETURN NEW;
        """,
    ),
    pgtrigger.Trigger(
        name="issued_bill_adds_up",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition("OLD.status <> 'issued' AND NEW.status = 'issued'"),
        declare=[("lines_net", "bigint"), ("taxes_net", "bigint"), ("taxes_tax", "bigint")],
        func="""
            SELECT COALESCE(sum(net_micro), 0) INTO lines_net FROM billing_line WHERE bill_id = NEW.id;
            SELECT COALESCE(sum(net_micro), 0), COALESCE(sum(tax_micro), 0) INTO taxes_net, taxes_tax
                FROM billing_tax WHERE bill_id = NEW.id;
            IF lines_net <> NEW.net_micro OR taxes_net <> NEW.net_micro OR taxes_tax <> NEW.tax_micro THEN
                RAISE EXCEPTION 'bill % does not add up: lines %, taxes % and %, bill % and %',
                    NEW.id, lines_net, taxes_net, taxes_tax, NEW.net_micro, NEW.tax_micro
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_bill_lines_add_up';
            END IF;
            RETURN NEW;
        """,
    ),
]


def part_of_bill(name: str) -> list[pgtrigger.Trigger]:
    """Return the trigger that keeps the lines or taxes of an issued bill from being added to, changed or removed."""
    return [
        pgtrigger.Trigger(
            name=name,
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            declare=[("before", "bigint"), ("after", "bigint")],
            func="""
                before := CASE WHEN TG_OP = 'INSERT' THEN NEW.bill_id ELSE OLD.bill_id END;
                after := CASE WHEN TG_OP = 'DELETE' THEN OLD.bill_id ELSE NEW.bill_id END;
                IF EXISTS (SELECT 1 FROM billing_bill WHERE id IN (before, after) AND status = 'issued') THEN
                    RAISE EXCEPTION 'bill % is issued and cannot be changed', after
                        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_bill_issued_stays';
                END IF;
                RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
            """,
        )
    ]


def only_grows(name: str) -> list[pgtrigger.Trigger]:
    """Return the trigger of a journal: its rows are added and never changed."""
    return [
        pgtrigger.Trigger(
            name=name,
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func="""
                RAISE EXCEPTION '% only grows', TG_TABLE_NAME
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_journal_only_grows';
            """,
        )
    ]
