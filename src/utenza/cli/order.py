"""`utenza order`: show orders, and what each still waits for."""

from __future__ import annotations

import click

from utenza.cli import house
from utenza.core.money import Money

STATUSES = ("awaiting_deposit", "in_progress", "fallout", "completed", "cancelled")


@click.group()
def order() -> None:
    """Show orders."""


@order.command("show")
@click.argument("number")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(*, number: str, as_json: bool) -> None:
    """Show one order by its NUMBER, with the agreements that it brings."""
    house.ready()
    from utenza.ordering import queries

    found = queries.order_by_number(number)
    if as_json:
        house.print_json(found)
        return
    click.echo(f"Order {found.number}: {found.status}, placed {found.placed_at:%Y-%m-%d %H:%M} UTC")
    if found.completed_at is not None:
        click.echo(f"Completed {found.completed_at:%Y-%m-%d %H:%M} UTC")
    if found.deposit_micro and found.deposit_account_id is not None:
        from utenza.parties import queries as parties
        from utenza.payments import queries as payments

        unit = parties.account(found.deposit_account_id).currency
        taken = Money(payments.deposit_taken_micro(found.order_id), unit)
        click.echo(f"Deposit: {Money(found.deposit_micro, unit)}, of which {taken} is taken")
    if found.problem:
        click.echo(f"Needs a person: {found.problem}")
    house.print_table(
        columns=["Agreement", "Offer", "Status", "From", "To"],
        rows=[
            (
                row.number,
                row.name_en,
                row.status,
                row.start_date.isoformat() if row.start_date else "",
                row.end_date.isoformat() if row.end_date else "",
            )
            for row in found.agreements
        ],
    )


@order.command("list")
@click.option("--status", type=click.Choice(STATUSES), default=None, help="Only orders in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_orders(*, status: str | None, limit: int, as_json: bool) -> None:
    """List orders, the newest first."""
    house.ready()
    from utenza.ordering import queries

    found = queries.orders(statuses=[status] if status else None, limit=limit)
    if as_json:
        house.print_json(found)
        return
    house.print_table(
        columns=["Order", "Status", "Placed", "Offers", "Problem"],
        rows=[
            (
                row.number,
                row.status,
                f"{row.placed_at:%Y-%m-%d}",
                ", ".join(agreement.offer_code for agreement in row.agreements),
                row.problem,
            )
            for row in found
        ],
    )
