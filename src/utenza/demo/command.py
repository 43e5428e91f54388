"""`utenza demo`: from nothing to a living operator."""

from __future__ import annotations

import os
import time

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@click.command()
@click.option("--customers", default=60, show_default=True, type=click.IntRange(1, 400), help="How many customers.")
@click.option("--months", default=3, show_default=True, type=click.IntRange(1, 12), help="How many months they live.")
@click.option(
    "--serve/--no-serve",
    "serve",
    default=True,
    envvar="DEMO_SERVE",
    help="Serve the web when the story is told.",
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
def demo(customers: int, months: int, serve: bool, host: str, port: int) -> None:
    """Found an invented operator, live through its months, then serve its web. Told once; later runs only serve."""
    os.environ["UTENZA_CLOCK"] = "settable"
    os.environ.setdefault("UTENZA_LOG_LEVEL", "warning")
    from utenza.cli import init, up
    from utenza.infra import configuration
    from utenza.infra.postgres.cluster import Cluster

    console = Console(stderr=True)
    began = time.monotonic()
    found = configuration.load()
    cluster = Cluster(found.home) if found.own_database else None
    was_running = cluster is not None and cluster.connection() is not None
    try:
        init.prepare(say=lambda text: console.print(text, style="dim"))
        _tell(customers=customers, months=months, console=console)
    finally:
        if cluster is not None and not was_running and not serve:
            cluster.stop()
    console.print(f"The story is told ({time.monotonic() - began:.0f} s, data in {found.home}).")
    _print_logins(f"http://{host}:{port}")
    os.environ.pop("UTENZA_CLOCK")
    if serve:
        up.run(host=host, port=port)


def _tell(*, customers: int, months: int, console: Console) -> None:
    from utenza.demo import story
    from utenza.infra import clock, logs, operator
    from utenza.infra.transactions import transaction

    logs.configure()
    if operator.setting(story.TOLD, None):
        console.print("The story was told before: nothing was added to it.")
        return
    tale = story.Story(customers=customers, months=months, until=operator.local_date(clock.now()))
    start = operator.local_midnight(tale.first_day)
    clock.set_clock(start)
    story.found_operator(at=start)
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("days, left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Living", total=len(tale.days()))
        story.live(
            story=tale,
            tell=lambda day: progress.update(task, advance=1, description=day.strftime("%d/%m/%Y")),
        )
    with transaction():
        operator.change_setting(key=story.TOLD, value=True, at=clock.now())


def _print_logins(address: str) -> None:
    from utenza.demo import story
    from utenza.infra.permissions import Role

    click.echo(f"{address}  password of each: {story.PASSWORD}")
    for role in Role:
        click.echo(f"  {role.value:<16} {role.label}")
    click.echo("  supervisor       billing and administrator")
