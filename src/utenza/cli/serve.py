"""`utenza serve`: the web and the API."""

from __future__ import annotations

import importlib
import os
import socket

import click

from utenza.cli import house
from utenza.core.errors import N_, Refusal


class PortTaken(Refusal):
    """Another program listens where we want to."""

    code = "port-taken"
    text = N_("Port %(port)d of %(host)s cannot be used: %(why)s. Choose another one with --port.")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=None, help="Processes; by default two a processor, 4 to 8."
)
def serve(host: str, port: int, workers: int | None) -> None:
    """Serve the web and the API, one thread a process, until it is told to stop."""
    demand_port(host, port)
    house.ready()
    house.demand_version()
    from django.core.management import call_command

    call_command("collectstatic", verbosity=0, interactive=False)
    run(host=host, port=port, workers=workers or default_workers())


def default_workers() -> int:
    """Return two processes a processor, 4 to 8: while one waits for the database, another writes its page."""
    return min(8, max(4, 2 * (os.cpu_count() or 2)))


def run(*, host: str, port: int, workers: int) -> None:
    """Run granian until SIGINT or SIGTERM; a worker process that dies is replaced."""
    # An application that cannot be loaded is told once, here, and not again and again by each process.
    importlib.import_module("utenza.web.wsgi")
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    click.echo(f"Utenza is at http://{host}:{port}")
    Granian(
        "utenza.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=1,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


def demand_port(host: str, port: int) -> None:
    """Refuse when nobody could listen there now.

    :raises PortTaken: with the reason that the system gives.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            raise PortTaken(host=host, port=port, why=(error.strerror or str(error)).lower()) from error
