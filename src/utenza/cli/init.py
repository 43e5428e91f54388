"""`utenza init`: everything that must exist before the first customer."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

import click

from utenza.cli import house
from utenza.infra import configuration
from utenza.infra.postgres.cluster import Cluster, make_home


@click.command()
@click.option("--quiet", is_flag=True, help="Print nothing when all goes well.")
def init(quiet: bool) -> None:
    """Make the home folder, the database, its tables, the keys and the static files. Safe to repeat."""
    found = prepare(say=(lambda _text: None) if quiet else click.echo)
    if not quiet:
        click.echo(f"Utenza is ready in {found}. Make a user with 'utenza user create', then run 'utenza up'.")


def prepare(*, say: Callable[[str], object]) -> Path:
    """Do what `init` does, telling `say` each step, and return the home folder.

    The database is left running. Every step looks first at what is there, so a run that was cut off is completed by
    the next one.
    """
    found = configuration.load()
    make_home(found.home)
    make_secret_key(found.home)
    if found.own_database:
        say(f"PostgreSQL in {found.home / 'postgres'} ...")
        Cluster(found.home).start()
    house.wake_django()
    from django.core.management import call_command

    from utenza.infra import encryption, schema

    house.demand_version()
    say("Tables ...")
    schema.load()
    call_command("migrate", verbosity=0, interactive=False)
    say("Keys and static files ...")
    encryption.key_ring()
    call_command("collectstatic", verbosity=0, interactive=False)
    return found.home


def make_secret_key(home: Path) -> None:
    """Make the key that signs sessions, unless it is there; readable by its owner alone."""
    try:
        descriptor = os.open(home / configuration.SECRET_KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(50))
