"""`utenza rate`: rate a month of usage again."""

from __future__ import annotations

import re

import click

from utenza.cli import house
from utenza.core.errors import N_, Refusal


class MonthWrong(Refusal):
    """A month on the command line cannot be read."""

    code = "month-wrong"
    text = N_("'%(value)s' is no month: write 2026-03.")


@click.command()
@click.option("--month", required=True, help="The month, such as 2026-03.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rate(*, month: str, as_json: bool) -> None:
    """Rate every event of a month again. Stopped half-way, the worker or the next call goes on."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise MonthWrong(value=month)
    house.ready()
    from utenza.infra import clock
    from utenza.infra.transactions import transaction
    from utenza.rating import operations, queries

    with transaction():
        count = operations.call_for_month(month=month)
    with click.progressbar(length=count, label=f"Rating {month}", hidden=as_json) as bar:
        while operations.rate_next(at=clock.now()):
            bar.update(1)
    rows = queries.month_account(month)
    if as_json:
        house.print_json({"month": month, "partitions": rows})
        return
    events, unpriced = sum(row.events for row in rows), sum(row.unpriced for row in rows)
    click.echo(f"{month}: {len(rows)} partitions, {events} events, {unpriced} without a price.")
