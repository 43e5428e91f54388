"""`utenza demo`: from nothing to a living operator."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

INTERRUPTED = 130  # what a shell reports of a program ended by Ctrl-C: 128 and the signal's number


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
    """Found an invented operator, live through its months, then serve its web.

    Told once; later runs only serve. Interrupted with Ctrl-C it stops after the day it is at, and the next run goes on.
    """
    os.environ["UTENZA_CLOCK"] = "settable"
    from utenza.cli import init, up
    from utenza.infra import configuration
    from utenza.infra.postgres.cluster import Cluster

    console = Console(stderr=True)
    began = time.monotonic()
    found = configuration.load()
    cluster = Cluster(found.home) if found.own_database else None
    was_running = cluster is not None and cluster.connection() is not None
    told = False
    try:
        init.prepare(say=lambda text: console.print(text, style="dim"))
        told = _tell(customers=customers, months=months, console=console)
    except KeyboardInterrupt:
        console.print("Interrupted. What was done is kept; the next run goes on from there.")
    finally:
        if cluster is not None and not was_running and not (serve and told):
            cluster.stop()
    if not told:
        raise SystemExit(INTERRUPTED)
    console.print(f"The story is told ({time.monotonic() - began:.0f} s, data in {found.home}).")
    _print_logins(f"http://{host}:{port}")
    os.environ.pop("UTENZA_CLOCK")
    if serve:
        up.run(host=host, port=port)


def _tell(*, customers: int, months: int, console: Console) -> bool:
    """Tell the story, or what is left of it, and return whether it is at its end."""
    from utenza.demo import story
    from utenza.infra import clock, logs

    logs.configure(level="WARNING")
    tale = story.begin(customers=customers, months=months, at=clock.now())
    if tale.plan.told:
        console.print("The story was told before: nothing was added to it.")
        return True
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("days, left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress, _asked_to_stop() as asked:
        days = tale.plan.days
        task = progress.add_task(f"{days[0]:%d/%m/%Y}", total=len(days), completed=tale.plan.lived)
        told = story.live(
            tale,
            tell=lambda day: progress.update(task, advance=1, description=f"{day:%d/%m/%Y}"),
            stop=lambda: bool(asked),
        )
    if tale.failed:
        console.print(f"Timed jobs failed: {', '.join(sorted(set(tale.failed)))}. 'utenza doctor' says more.")
    if not told:
        console.print(f"Stopped after {tale.plan.lived} of {len(days)} days. The next run goes on from there.")
    return told


@contextmanager
def _asked_to_stop() -> Iterator[list[int]]:
    """Let the first Ctrl-C (or SIGTERM) ask for an end after the day under way; a second one ends at once.

    What is yielded is empty until then.
    """
    asked: list[int] = []

    def ask(number: int, _frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_logins(address: str) -> None:
    from utenza.demo import story
    from utenza.infra.permissions import Role

    click.echo(f"{address}  password of each: {story.PASSWORD}")
    for role in Role:
        given_name, family_name = story.STAFF[role.value]
        click.echo(f"  {role.value:<16} {given_name} {family_name}, {str(role.label).lower()}")
    click.echo("  supervisor       billing and administrator, in English")
