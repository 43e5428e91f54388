"""`utenza dispute`: take down what a customer does not accept of a bill, answer it, and list what waits."""

from __future__ import annotations

import click

from utenza.cli import house
from utenza.core.money import Money


@click.group()
def dispute() -> None:
    """Open disputes about bill lines, answer them, and list them."""


@dispute.command("open")
@click.argument("bill_number", metavar="BILL")
@click.argument("position", metavar="LINE", type=int)
@click.argument("amount")
@click.option("--reason", required=True, help="What the customer does not accept.")
@click.option("--key", required=True, help="Names this dispute: the same key again opens nothing twice.")
@click.option("--by", "username", default="", metavar="USER", help="Who takes it down.")
def open_one(*, bill_number: str, position: int, amount: str, reason: str, key: str, username: str) -> None:
    """Dispute AMOUNT, tax included, of LINE of BILL: it is not chased until the dispute is answered."""
    house.ready()
    from utenza.billing import queries as bills
    from utenza.billing.operations import LineNotOnBill
    from utenza.care import operations, queries
    from utenza.infra import audit, clock
    from utenza.infra.transactions import transaction

    bill = bills.bill_by_number(bill_number)
    line = next((one for one in bill.lines if one.position == position), None)
    if line is None:
        raise LineNotOnBill(field="line", number=bill.number)
    with audit.acting(None, username or "utenza dispute open"), transaction():
        dispute_id = operations.open_dispute(
            bill_line_id=line.bill_line_id,
            amount=Money.of(amount, bill.currency),
            reason=reason,
            by=username,
            idempotency_key=key,
            at=clock.now(),
        )
    made = queries.dispute(dispute_id)
    if made is not None:
        click.echo(f"{made.number}: {Money(made.amount_micro, made.currency)} of bill {bill.number} is in dispute.")


@dispute.command()
@click.argument("dispute_id", type=int)
@click.option("--for", "side", type=click.Choice(["customer", "operator"]), required=True, help="Who is right.")
@click.option("--answer", required=True, help="What the customer is told.")
@click.option("--amount", default="", help="For the customer, only so much, tax included; all of it when left out.")
@click.option("--by", "username", default="", metavar="USER", help="Who answers.")
def close(*, dispute_id: int, side: str, answer: str, amount: str, username: str) -> None:
    """Answer the dispute with this id: for the customer with a credit note, or against."""
    house.ready()
    from utenza.care import operations, queries
    from utenza.infra import audit, clock
    from utenza.infra.transactions import transaction

    found = queries.dispute(dispute_id)
    if found is None:
        raise operations.UnknownDispute(dispute=dispute_id)
    with audit.acting(None, username or "utenza dispute close"), transaction():
        if side == "operator":
            operations.reject_dispute(dispute_id=dispute_id, answer=answer, by=username, at=clock.now())
        else:
            operations.uphold_dispute(
                dispute_id=dispute_id,
                answer=answer,
                by=username,
                at=clock.now(),
                amount=Money.of(amount, found.currency) if amount else None,
            )
    click.echo("The sum is credited." if side == "customer" else "The sum is owed as billed.")


@dispute.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_open(*, limit: int, as_json: bool) -> None:
    """List the disputes that wait for an answer, the oldest first."""
    house.ready()
    from utenza.care import queries

    rows = queries.open_disputes(limit=limit)
    if as_json:
        house.print_json(rows)
        return
    house.print_table(
        columns=["Id", "Dispute", "Bill", "Line", "Since", "Why", "Amount"],
        rows=[
            (
                row.dispute_id,
                row.number,
                row.bill_number,
                row.line_text,
                f"{row.opened_at:%Y-%m-%d}",
                row.reason,
                Money(row.amount_micro, row.currency),
            )
            for row in rows
        ],
        title="Disputes",
    )
