"""`utenza database`: our own PostgreSQL, by hand."""

from __future__ import annotations

import click

from utenza.cli import house
from utenza.core.errors import N_, Refusal
from utenza.infra import configuration
from utenza.infra.configuration import Configuration
from utenza.infra.postgres.cluster import Cluster


class DatabaseGiven(Refusal):
    """The database is a given server, which is not ours to start or stop."""

    code = "database-given"
    text = N_("UTENZA_DATABASE_URL names a server that Utenza did not make: start and stop it with its own tools.")


@click.group()
def database() -> None:
    """Start, stop and look at Utenza's own PostgreSQL."""


@database.command()
def start() -> None:
    """Start the server if it does not run."""
    reached = Cluster(_ours().home).start()
    click.echo(f"PostgreSQL answers on {reached.host}:{reached.port}.")


@database.command()
def stop() -> None:
    """Stop the server, letting running transactions fail cleanly."""
    Cluster(_ours().home).stop()
    click.echo("PostgreSQL is stopped.")


@database.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(as_json: bool) -> None:
    """Say whether the server answers, and where."""
    home = _ours().home
    reached = Cluster(home).connection()
    if as_json:
        house.print_json({"running": reached is not None, "port": reached.port if reached else None, "home": home})
    elif reached is None:
        click.echo(f"PostgreSQL in {home} does not run. Start it with 'utenza database start' or 'utenza up'.")
    else:
        click.echo(f"PostgreSQL in {home} answers on {reached.host}:{reached.port}.")


def _ours() -> Configuration:
    found = configuration.load()
    if not found.own_database:
        raise DatabaseGiven
    if not (found.home / "postgres").exists():
        raise house.NotInitialised(home=found.home)
    return found
