"""`utenza refund`: owe credit back to a payer, pay it out, and list what is owed."""

from __future__ import annotations

import click

from utenza.cli import house
from utenza.core.money import Money

METHODS = ("transfer", "card", "cash")


@click.group()
def refund() -> None:
    """Owe credit back, pay it out, and list refunds."""


@refund.command()
@click.argument("account_number", metavar="ACCOUNT")
@click.argument("amount", required=False, default="")
@click.option("--key", required=True, help="Names this refund: the same key again owes nothing twice.")
def owe(*, account_number: str, amount: str, key: str) -> None:
    """Record that AMOUNT of an account's credit, or all of it, is to be paid back."""
    house.ready()
    from utenza.infra import audit, clock
    from utenza.infra.transactions import transaction
    from utenza.parties import queries as parties
    from utenza.payments import operations, queries

    account = parties.account_by_number(account_number)
    with audit.acting(None, "utenza refund owe"), transaction():
        refund_id = operations.owe_refund(
            account_id=account.account_id,
            amount=Money.of(amount, account.currency) if amount else None,
            idempotency_key=key,
            at=clock.now(),
        )
    if refund_id is None:
        click.echo(f"{account.number} has no credit: nothing is owed back.")
        return
    made = next(row for row in queries.refunds(account_ids=[account.account_id]) if row.refund_id == refund_id)
    click.echo(f"{made.number}: {Money(made.amount_micro, made.currency)} is owed back.")


@refund.command()
@click.argument("refund_id", type=int)
@click.option("--method", type=click.Choice(METHODS), default="transfer", show_default=True, help="How it is paid.")
@click.option("--reference", default="", help="What the bank or the till calls it.")
@click.option("--by", "username", default="", metavar="USER", help="Who pays it.")
def pay(*, refund_id: int, method: str, reference: str, username: str) -> None:
    """Book that the refund with this id was paid out."""
    house.ready()
    from utenza.infra import audit, clock
    from utenza.infra.transactions import transaction
    from utenza.payments import operations

    with audit.acting(None, username or "utenza refund pay"), transaction():
        operations.pay_refund(refund_id=refund_id, method=method, reference=reference, at=clock.now(), by=username)
    click.echo("The refund is booked as paid.")


@refund.command("list")
@click.option("--status", type=click.Choice(["owed", "paid", "withdrawn"]), default=None, help="In this state alone.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_refunds(*, status: str | None, limit: int, as_json: bool) -> None:
    """List refunds, the newest first."""
    house.ready()
    from utenza.payments import queries

    rows = queries.refunds(status=status, limit=limit)
    if as_json:
        house.print_json(rows)
        return
    house.print_table(
        columns=["Id", "Refund", "Account", "Owed", "Why", "State", "Amount"],
        rows=[
            (
                row.refund_id,
                row.number,
                row.account_number,
                f"{row.owed_at:%Y-%m-%d}",
                row.reason,
                row.status,
                Money(row.amount_micro, row.currency),
            )
            for row in rows
        ],
        title="Refunds",
    )
