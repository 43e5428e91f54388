"""`utenza worker`: what is done in the background."""

from __future__ import annotations

import click

from utenza.cli import house


@click.command()
def worker() -> None:
    """Deliver events, talk to the network, send messages and run the timed jobs, until it is told to stop."""
    house.ready()
    house.demand_version()
    from utenza.infra.worker import run

    run(stop=None)
