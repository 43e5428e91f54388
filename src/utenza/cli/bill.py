"""`utenza bill-run` and `utenza bill`: make the bills of a day, and look at one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from utenza.cli import house
from utenza.core.errors import N_, Refusal
from utenza.core.money import Money

if TYPE_CHECKING:
    from utenza.billing.operations import Progress
    from utenza.billing.queries import BillView, RunView

DAY = click.DateTime(formats=["%Y-%m-%d"])


class NoSuchRun(Refusal):
    """The named day has no bill run."""

    code = "no-such-bill-run"
    text = N_("There is no bill run of %(cycle_date)s yet: plan it with 'utenza bill-run plan --cycle %(cycle_date)s'.")


class StoryUnreadable(Refusal):
    """A story file cannot be understood."""

    code = "story-unreadable"
    text = N_("The story %(path)s cannot be read: %(why)s.")


@click.group("bill-run")
def bill_run() -> None:
    """Plan, calculate, approve and issue bills."""


def _cycle(function: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--cycle", "cycle", type=DAY, required=True, metavar="DAY", help="The day on which the periods end, 2026-02-01."
    )(function)


def _by(function: Callable[..., None]) -> Callable[..., None]:
    return click.option("--by", "username", default="", metavar="USER", help="Who does it.")(function)


def _json(function: Callable[..., None]) -> Callable[..., None]:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(function)


@bill_run.command()
@_cycle
@_by
@_json
def plan(*, cycle: datetime, username: str, as_json: bool) -> None:
    """List the accounts whose billing period ends on a day."""
    house.ready()
    from utenza.billing import operations, queries
    from utenza.infra import audit, clock
    from utenza.infra.transactions import transaction

    by = _user_id(username)
    with audit.acting(by, username or "utenza bill-run plan"), transaction():
        run_id = operations.plan_run(cycle_date=cycle.date(), at=clock.now(), by=by)
    _show_run(queries.run(run_id), as_json=as_json)


@bill_run.command()
@_cycle
@_by
@_json
def calculate(*, cycle: datetime, username: str, as_json: bool) -> None:
    """Make the drafts; interrupted, it goes on where it was."""
    run = _run(cycle.date())
    from utenza.billing import operations, queries
    from utenza.infra import audit, clock

    with audit.acting(_user_id(username), username or "utenza bill-run calculate"), _Bar("Calculated") as bar:
        operations.calculate(run_id=run.run_id, at=clock.now(), progress=bar.show)
    _show_run(queries.run(run.run_id), as_json=as_json)


@bill_run.command()
@_cycle
@_json
def check(*, cycle: datetime, as_json: bool) -> None:
    """Mark a calculated run as looked through, and list what stands out."""
    run = _run(cycle.date())
    from utenza.billing import operations, queries
    from utenza.infra import clock
    from utenza.infra.transactions import transaction

    found = queries.run_check(run.run_id)
    with transaction():
        operations.check_run(run_id=run.run_id, at=clock.now())
    if as_json:
        house.print_json(found)
        return
    house.print_table(
        columns=["Account", "Name", "Total", "Last time", "Remark"],
        rows=[
            (
                row.account_number,
                row.account_name,
                _amount(row.total_micro, row.currency),
                _amount(row.previous_total_micro, row.currency),
                row.remark or row.hold_reason,
            )
            for row in (*found.held, *found.outliers)
        ],
    )


@bill_run.command()
@_cycle
@_by
@_json
def approve(*, cycle: datetime, username: str, as_json: bool) -> None:
    """Allow a calculated run to be issued; not by whoever planned it."""
    run = _run(cycle.date())
    from utenza.billing import operations, queries
    from utenza.infra import audit, clock
    from utenza.infra.transactions import transaction

    by = _user_id(username)
    with audit.acting(by, username or "utenza bill-run approve"), transaction():
        operations.approve(run_id=run.run_id, at=clock.now(), by=by)
    _show_run(queries.run(run.run_id), as_json=as_json)


@bill_run.command()
@_cycle
@_by
@_json
def issue(*, cycle: datetime, username: str, as_json: bool) -> None:
    """Number, post and announce the approved bills; interrupted, it goes on where it was."""
    run = _run(cycle.date())
    from utenza.billing import operations, queries
    from utenza.infra import audit, clock

    with audit.acting(_user_id(username), username or "utenza bill-run issue"), _Bar("Issued") as bar:
        operations.issue(run_id=run.run_id, at=clock.now(), progress=bar.show)
    _show_run(queries.run(run.run_id), as_json=as_json)


@bill_run.command()
@click.option("--cycle", "cycle", type=DAY, default=None, metavar="DAY", help="One day; all runs when left out.")
@_json
def status(*, cycle: datetime | None, as_json: bool) -> None:
    """Show how far the runs are, and which accounts are held."""
    if cycle is not None:
        run = _run(cycle.date())
        _show_run(run, as_json=as_json, held=True)
        return
    house.ready()
    from utenza.billing import queries

    found = queries.runs()
    if as_json:
        house.print_json(found)
        return
    house.print_table(
        columns=["Cycle", "Status", "Accounts", "Issued", "Held", "Total"],
        rows=[(run.cycle_date, run.status, run.accounts, run.issued, run.held, _totals(run)) for run in found],
    )


@click.group("bill")
def bill() -> None:
    """Show bills and say what is behind them."""


@bill.command()
@click.argument("number")
@_json
def show(*, number: str, as_json: bool) -> None:
    """Show the bill NUMBER."""
    house.ready()
    from utenza.billing import queries

    found = queries.bill_by_number(number)
    if as_json:
        house.print_json(found)
    else:
        _print_bill(found)


@bill.command()
@click.argument("number")
@click.option("--line", "position", type=int, default=None, help="The number of one line; all lines when left out.")
@_json
def explain(*, number: str, position: int | None, as_json: bool) -> None:
    """Say what is behind the lines of the bill NUMBER: price, days, arithmetic, tax."""
    house.ready()
    from utenza.billing import queries

    found = queries.bill_by_number(number)
    lines = [line for line in found.lines if position in {None, line.position}]
    explained = [queries.explain_line(line.bill_line_id) for line in lines]
    if as_json:
        house.print_json(explained)
        return
    for one in explained:
        click.echo(f"{one.line.position:>3}  {one.line.text}: {one.arithmetic}")


@bill.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def story(path: Path) -> None:
    """Compute and print the bills of a story file, outside any database."""
    import yaml

    from utenza.billing.story import bills_of_story

    try:
        click.echo(bills_of_story(yaml.safe_load(path.read_text(encoding="utf-8"))), nl=False)
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        why = f"'{error.args[0]}' is missing" if isinstance(error, KeyError) else str(error).splitlines()[0]
        raise StoryUnreadable(path=path, why=why) from error


class _Bar:
    """A progress bar with the time left, on a terminal; silent where nobody looks."""

    def __init__(self, label: str) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bar

        self.bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            disable=not sys.stderr.isatty(),
        )
        self.task = self.bar.add_task(label, total=None)

    def __enter__(self) -> _Bar:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def show(self, progress: Progress) -> None:
        self.bar.update(self.task, completed=progress.done, total=progress.total)


def _run(cycle_date: date) -> RunView:
    house.ready()
    from utenza.billing import queries

    run = queries.latest_run(cycle_date)
    if run is None:
        raise NoSuchRun(cycle_date=cycle_date.isoformat())
    return run


def _user_id(username: str) -> int | None:
    if not username:
        return None
    from utenza.infra import users

    return users.user_named(username).id


def _show_run(run: RunView, *, as_json: bool, held: bool = False) -> None:
    from utenza.billing import queries

    waiting = queries.run_accounts(run.run_id, status="held") if held or run.held else []
    if as_json:
        house.print_json({"run": run, "held": waiting})
        return
    click.echo(
        f"Bill run of {run.cycle_date}: {run.status}. {run.accounts} accounts: {run.waiting} waiting, "
        f"{run.calculated} drafts, {run.issued} issued, {run.nothing} with nothing to bill, {run.held} held. "
        f"Total {_totals(run)}."
    )
    for row in waiting:
        click.echo(f"  held {row.account_number} {row.account_name}: {row.hold_reason}")


def _print_bill(found: BillView) -> None:
    click.echo(f"{found.number or 'Draft'}  {found.kind}  {found.addressee.get('name', '')}  {found.account_number}")
    click.echo(f"Period {found.period_start} to {found.period_end} (not included), due {found.due_date}")
    house.print_table(
        columns=["#", "What", "From", "To", "Quantity", "Amount"],
        rows=[
            (
                line.position,
                line.text,
                line.period_start,
                line.period_end,
                f"{line.quantity} {line.unit}",
                _amount(line.amount_micro, found.currency),
            )
            for line in found.lines
        ],
    )
    for tax in found.taxes:
        rate = Money(tax.rate_bp * 10_000, found.currency).decimal.normalize()
        click.echo(
            f"Net {_amount(tax.net_micro, found.currency)}, VAT {rate}% {_amount(tax.tax_micro, found.currency)}"
        )
    click.echo(f"Total {_amount(found.total_micro, found.currency)}, open {_amount(found.open_micro, found.currency)}")
    for sentence in found.difference:
        click.echo(sentence)


def _totals(run: RunView) -> str:
    return ", ".join(_amount(micro, currency) for currency, micro in sorted(run.totals_micro.items())) or "0"


def _amount(micro: int | None, currency: str) -> str:
    return "" if micro is None else str(Money(micro, currency))
