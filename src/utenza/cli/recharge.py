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
    "--channel",
    type=click.Choice(["card", "cash", "bank"]),
    default="cash",
    show_default=True,
    help="Where the money came in.",
)
@click.option("--reference", default="", help="What the payer or the till calls it.")
@click.option("--key", default="", help="For scripts: the same key books the same recharge once.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def recharge(*, line: str, amount: str, channel: str, reference: str, key: str, as_json: bool) -> None:
    """Add an AMOUNT, such as 10.00, to the prepaid LINE of this number."""
    house.ready()
    from utenza.charging import operations, queries
    from utenza.infra import audit, clock
    from utenza.infra.operator import profile
    from utenza.infra.transactions import transaction
    from utenza.provisioning import queries as lines

    held = lines.line_by_number(line)
    money = Money.of(amount, profile().currency)
    with audit.acting(None, "utenza recharge"), transaction():
        operations.recharge(
            line_id=held.line_id,
            amount=money,
            channel=channel,
            reference=reference,
            idempotency_key=key or f"cli:{uuid.uuid4()}",
            at=clock.now(),
        )
    after = queries.balance(held.line_id)
    if as_json:
        house.print_json(after)
    elif after is not None:
        click.echo(f"{held.number} was recharged with {money}; it has {after.balance} now.")
