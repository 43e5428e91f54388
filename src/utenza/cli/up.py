"""`utenza up`: everything, under one supervisor."""

from __future__ import annotations

import click

from utenza.cli import init, processes, serve
from utenza.core.errors import Refusal
from utenza.infra import configuration
from utenza.infra.postgres.cluster import Cluster


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def up(host: str, port: int) -> None:
    """Start database, web and worker; restart what dies; stop all of it on Ctrl-C."""
    run(host=host, port=port)


def run(*, host: str, port: int) -> None:
    """Do what `up` does: prepare the house, run its processes, and stop the database if it was we who started it."""
    serve.demand_port(host, port)
    found = configuration.load()
    cluster = Cluster(found.home) if found.own_database else None
    was_running = cluster is not None and cluster.connection() is not None
    try:
        init.prepare(say=lambda _text: None)
        processes.Supervisor(
            children=[
                processes.Child(name="web", command=processes.utenza("serve", "--host", host, "--port", str(port))),
                processes.Child(name="worker", command=processes.utenza("worker")),
            ],
            say=lambda text: click.echo(text, err=True),
            tend=lambda: _tend_database(cluster),
        ).run()
    finally:
        if cluster is not None and not was_running:
            cluster.stop()


def _tend_database(cluster: Cluster | None) -> None:
    """Start our own server again if it died; what stops it from starting is said, and tried again later."""
    if cluster is None or cluster.connection() is not None:
        return
    click.echo("PostgreSQL does not answer; it is started again.", err=True)
    try:
        cluster.start()
    except Refusal as refusal:
        click.echo(str(refusal), err=True)
