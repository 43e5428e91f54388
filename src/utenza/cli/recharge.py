"""`utenza recharge`: add paid money to a prepaid line."""

from __future__ import annotations

import uuid

import click

from utenza.cli import house
from utenza.core.money import Money


@click.command()
@click.argument("line")
@click.argument("amount")
@click.option(
    "--method",
    type=click.Choice(["card", "cash", "transfer"]),
    default="cash",
    show_default=True,
    help="How it was paid.",
)
@click.option("--reference", default="", help="What the payer or the till calls it.")
@click.option("--key", default="", help="For scripts: the same key books the same recharge once.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def recharge(*, line: str, amount: str, method: str, reference: str, key: str, as_json: bool) -> None:
    """Add an AMOUNT, such as 10.00, to the prepaid LINE of this number."""
    house.ready()
    from utenza.charging import queries
    from utenza.infra import audit, clock
    from utenza.infra.operator import profile
    from utenza.infra.transactions import transaction
    from utenza.payments import operations
    from utenza.provisioning import queries as lines

    held = lines.line_by_number(line)
    money = Money.of(amount, profile().currency)
    with audit.acting(None, "utenza recharge"), transaction():
        operations.take_recharge(
            line_id=held.line_id,
            amount=money,
            method=method,
            reference=reference,
            idempotency_key=key or f"cli:{uuid.uuid4()}",
            at=clock.now(),
        )
    after = queries.balance(held.line_id)
    if as_json:
        house.print_json(after)
    elif after is not None:
        click.echo(f"{held.number} was recharged with {money}; it has {after.balance} now.")
