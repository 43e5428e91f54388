"""`utenza payment`: take money in for an account, take a payment back, and list those that came."""

from __future__ import annotations

from datetime import UTC, date, datetime

import click

from utenza.cli import house
from utenza.core.money import Money

METHODS = ("transfer", "direct_debit", "card", "cash")


@click.group()
def payment() -> None:
    """Take a payment, take one back, and list them."""


@payment.command()
@click.argument("account_number", metavar="ACCOUNT")
@click.argument("amount")
@click.option("--method", type=click.Choice(METHODS), default="transfer", show_default=True, help="How it came.")
@click.option("--reference", default="", help="What the payer wrote.")
@click.option("--received", default=None, metavar="DAY", help="The day it reached us, 2026-02-01; by default now.")
@click.option("--bill", "bill_number", default="", metavar="NUMBER", help="The bill that the payer wants to pay.")
@click.option("--key", required=True, help="Names this payment: the same key again takes nothing twice.")
@click.option("--by", "username", default="", metavar="USER", help="Who takes it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def take(
    *,
    account_number: str,
    amount: str,
    method: str,
    reference: str,
    received: str | None,
    bill_number: str,
    key: str,
    username: str,
    as_json: bool,
) -> None:
    """Take a payment for an account and set it against its bills, the oldest due first."""
    house.ready()
    from utenza.billing import queries as bills
    from utenza.infra import audit, clock
    from utenza.infra.transactions import transaction
    from utenza.parties import queries as parties
    from utenza.payments import operations

    account = parties.account_by_number(account_number)
    at = clock.now()
    with audit.acting(None, username or "utenza payment take"), transaction():
        ref = operations.take_payment(
            account_id=account.account_id,
            amount=Money.of(amount, account.currency),
            method=method,
            reference=reference,
            received_at=at if received is None else _start_of(received),
            bill_id=bills.bill_by_number(bill_number).bill_id if bill_number else None,
            idempotency_key=key,
            at=at,
            by=username,
        )
    if as_json:
        house.print_json(ref)
        return
    rest = Money(ref.unallocated_micro, account.currency)
    stays = f", {rest} stays as credit" if rest else ""
    click.echo(f"{ref.number}: {Money(ref.allocated_micro, account.currency)} set against bills{stays}.")


@payment.command()
@click.argument("order_number", metavar="ORDER")
@click.argument("amount")
@click.option("--method", type=click.Choice(METHODS), default="transfer", show_default=True, help="How it came.")
@click.option("--reference", default="", help="What the payer wrote.")
@click.option("--received", default=None, metavar="DAY", help="The day it reached us, 2026-02-01; by default now.")
@click.option("--key", required=True, help="Names this payment: the same key again takes nothing twice.")
@click.option("--by", "username", default="", metavar="USER", help="Who takes it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def deposit(
    *,
    order_number: str,
    amount: str,
    method: str,
    reference: str,
    received: str | None,
    key: str,
    username: str,
    as_json: bool,
) -> None:
    """Take the deposit of an ORDER, or a part of it; the order goes on when it is complete."""
    house.ready()
    from utenza.infra import audit, clock
    from utenza.infra.operator import profile
    from utenza.infra.transactions import transaction
    from utenza.ordering import queries as orders
    from utenza.parties import queries as parties
    from utenza.payments import operations

    order = orders.order_by_number(order_number)
    at = clock.now()
    account_id = order.deposit_account_id
    unit = parties.account(account_id).currency if account_id is not None else profile().currency
    with audit.acting(None, username or "utenza payment deposit"), transaction():
        ref = operations.take_deposit(
            order_id=order.order_id,
            amount=Money.of(amount, unit),
            method=method,
            reference=reference,
            received_at=at if received is None else _start_of(received),
            idempotency_key=key,
            at=at,
            by=username,
        )
    if as_json:
        house.print_json(ref)
        return
    missing = f"{Money(ref.missing_micro, unit)} is still missing" if ref.missing_micro else "the order goes on"
    click.echo(f"{ref.number}: {Money(ref.deposit_micro, unit)} is held for order {order.number}; {missing}.")


@payment.command("return")
@click.argument("payment_id", type=int)
@click.option("--reason", required=True, help="What the bank says.")
def take_back(*, payment_id: int, reason: str) -> None:
    """Book that the payer's bank took a payment back: its bills are open again."""
    house.ready()
    from utenza.infra import audit, clock
    from utenza.infra.transactions import transaction
    from utenza.payments import operations

    with audit.acting(None, "utenza payment return"), transaction():
        operations.return_payment(payment_id=payment_id, reason=reason, at=clock.now())
    click.echo("The payment was returned; what it paid is owed again.")


@payment.command("list")
@click.option("--account", "account_number", default="", metavar="ACCOUNT", help="Of this account alone.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_payments(*, account_number: str, limit: int, as_json: bool) -> None:
    """List payments, the newest first."""
    house.ready()
    from utenza.parties import queries as parties
    from utenza.payments import queries

    ids = [parties.account_by_number(account_number).account_id] if account_number else None
    rows = queries.payments(account_ids=ids, limit=limit)
    if as_json:
        house.print_json(rows)
        return
    house.print_table(
        columns=["Id", "Payment", "Account", "Received", "How", "State", "Amount", "Credit left"],
        rows=[
            (
                row.payment_id,
                row.number,
                row.account_number,
                f"{row.received_at:%Y-%m-%d}",
                row.method,
                row.status,
                Money(row.amount_micro, row.currency),
                Money(row.unallocated_micro, row.currency),
            )
            for row in rows
        ],
        title="Payments",
    )


def _start_of(text: str) -> datetime:
    from utenza.infra.operator import local_midnight

    try:
        return local_midnight(date.fromisoformat(text)).astimezone(UTC)
    except ValueError as error:
        raise click.BadParameter(f"'{text}' is no day: write 2026-02-01.", param_hint="--received") from error
