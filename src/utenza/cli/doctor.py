"""`utenza doctor`: what is well, what is not, and what to do."""

from __future__ import annotations

import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from utenza.cli import house
from utenza.cli.house import OLDEST_POSTGRESQL
from utenza.core.errors import Refusal
from utenza.infra import clock, configuration
from utenza.infra.configuration import Configuration
from utenza.infra.health import Finding, State, attempt, examine
from utenza.infra.postgres.cluster import Cluster

WARN_FREE_MB = 2_000
BAD_FREE_MB = 300
WARN_WAITING_S = 300
WARN_DRIFT_S = 2.0
BAD_DRIFT_S = 30.0
MARKS = {State.OK: ("✓", "green"), State.WARNING: ("!", "yellow"), State.BAD: ("✗", "red")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Examine the house. The exit status is 1 if anything is bad."""
    found = _examine_all(configuration.load())
    bad = sum(finding.state is State.BAD for finding in found)
    if as_json:
        house.print_json({"ok": bad == 0, "findings": found})
    else:
        _print(found)
    ctx.exit(1 if bad else 0)


def _examine_all(settings: Configuration) -> list[Finding]:
    """Look at everything; what needs the database is left out, with one word, when there is none."""
    found = [storage(settings.home), disk(settings.home), keys(settings.home)]
    server = _server(settings)
    if server is not None:
        return [*found, server]
    house.wake_django()
    reached = reach_database()
    found.append(reached)
    if reached.state is State.BAD:
        return found
    at = clock.now()
    return [
        *found,
        drift(at),
        *attempt("tables", tables),
        *attempt("queue", lambda: queue(at)),
        *attempt("network", network),
        *examine(at=at),
    ]


def storage(home: Path) -> Finding:
    """Look whether the home folder can be written."""
    if home.is_dir() and os.access(home, os.W_OK | os.X_OK):
        return Finding(name="storage", state=State.OK, text=f"{home} can be written.")
    text = f"{home} cannot be written." if home.exists() else f"{home} does not exist."
    return Finding(name="storage", state=State.BAD, text=text, advice="Run 'utenza init', or choose it by UTENZA_HOME.")


def disk(home: Path) -> Finding:
    """Look how much room the disk of the home folder has."""
    nearest = next(path for path in (home, *home.parents) if path.exists())
    free_mb = shutil.disk_usage(nearest).free // (1024 * 1024)
    state = State.BAD if free_mb < BAD_FREE_MB else State.WARNING if free_mb < WARN_FREE_MB else State.OK
    advice = "" if state is State.OK else "Make room, or move the home folder to a larger disk."
    return Finding(name="disk", state=state, text=f"{free_mb:,} MB are free.", advice=advice)


def keys(home: Path) -> Finding:
    """Look whether the keys exist, and whether others could read them."""
    missing = [name for name in (configuration.SECRET_KEY_FILE, "keys.json") if not (home / name).is_file()]
    if missing:
        text = f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing."
        return Finding(
            name="keys", state=State.BAD, text=text, advice="Restore them from a backup, or run 'utenza init'."
        )
    present = (home / configuration.SECRET_KEY_FILE, home / "keys.json")
    open_to_others = [path.name for path in present if path.stat().st_mode & 0o077]
    if open_to_others:
        text = f"Other users may read {' and '.join(open_to_others)}."
        advice = f"Run 'chmod 600' on it in {home}."
        return Finding(name="keys", state=State.BAD, text=text, advice=advice)
    try:
        from utenza.infra import encryption

        encryption.key_ring()
    except Refusal as refusal:
        advice = "Restore keys.json from a backup; without it encrypted data stays closed."
        return Finding(name="keys", state=State.BAD, text=str(refusal), advice=advice)
    return Finding(name="keys", state=State.OK, text="The keys are in place, readable by their owner alone.")


def _server(settings: Configuration) -> Finding | None:
    """Return what is wrong with our own server, or None when it answers or is not ours."""
    if not settings.own_database:
        return None
    if not (settings.home / "postgres").exists():
        return Finding(name="database", state=State.BAD, text="There is none yet.", advice="Run 'utenza init'.")
    if Cluster(settings.home).connection() is None:
        text = "PostgreSQL does not run."
        advice = f"Run 'utenza up'. If it does not start, see {settings.home / 'postgres' / 'server.log'}."
        return Finding(name="database", state=State.BAD, text=text, advice=advice)
    return None


def reach_database() -> Finding:
    """Look whether the database answers, and whether it is new enough."""
    from django.db import Error, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int, current_setting('server_version')")
            number, version = cursor.fetchone()
    except Error as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        advice = "See that the server runs and that UTENZA_DATABASE_URL is right."
        return Finding(name="database", state=State.BAD, text=f"It does not answer: {reason}.", advice=advice)
    if number // 10_000 < OLDEST_POSTGRESQL:
        text = f"It is PostgreSQL {version}; {OLDEST_POSTGRESQL} or newer is needed."
        return Finding(name="database", state=State.BAD, text=text, advice="Upgrade the server.")
    return Finding(name="database", state=State.OK, text=f"PostgreSQL {version} answers.")


def drift(at: datetime) -> Finding:
    """Compare our clock with the database's. A clock that was set on purpose, in a demo, is not compared."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    apart_s = abs((at - theirs.astimezone(UTC)).total_seconds())
    state = State.BAD if apart_s > BAD_DRIFT_S else State.WARNING if apart_s > WARN_DRIFT_S else State.OK
    advice = "" if state is State.OK else "Have both machines keep time, by NTP."
    return Finding(name="clock", state=state, text=f"{apart_s:.1f} s apart from the database's.", advice=advice)


def tables() -> list[Finding]:
    """Look whether every migration was applied."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        text = f"{len(missing)} changes of the tables are not applied, the first is {missing[0][0]}."
        return [Finding(name="tables", state=State.BAD, text=text, advice="Run 'utenza init'.")]
    return [Finding(name="tables", state=State.OK, text="All changes of the tables are applied.")]


def queue(at: datetime) -> list[Finding]:
    """Look how much waits for the worker, how long, and what was given up."""
    from utenza.infra import outbox

    waits = outbox.backlog()
    age_s = (at - waits.oldest_at).total_seconds() if waits.oldest_at is not None else 0.0
    text = f"{waits.waiting} deliveries wait" + (f", the oldest for {age_s:,.0f} s." if waits.waiting else ".")
    if waits.waiting and age_s > WARN_WAITING_S:
        advice = "See that the worker runs ('utenza up')."
        found = [Finding(name="queue", state=State.WARNING, text=text, advice=advice)]
    else:
        found = [Finding(name="queue", state=State.OK, text=text)]
    if waits.parked:
        text = f"{waits.parked} deliveries failed too often and were parked."
        advice = "Mend the cause that each one names, then have it tried again."
        found.append(Finding(name="parked", state=State.WARNING, text=text, advice=advice))
    return found


def network() -> list[Finding]:
    """Ask every network element that is switched on whether it can be spoken to, and what waits for it."""
    from utenza.provisioning import queries

    found = []
    for element in queries.elements():
        if not element.enabled:
            continue
        health, waits = queries.element_health(element.code), f"{element.waiting} commands wait"
        text = f"{element.code} ({element.kind}) answers, {waits}."
        state, advice = State.OK, ""
        if not health.healthy:
            text = f"{element.code} ({element.kind}) does not answer: {health.detail or element.last_error}; {waits}."
            state, advice = State.BAD, "Mend it; the commands that wait are sent by themselves when it is back."
        elif element.parked:
            text = f"{element.code} ({element.kind}) answers, but {element.parked} commands were given up."
            state, advice = State.WARNING, "Look at them under Network, mend the cause, and have them tried again."
        found.append(Finding(name="network", state=state, text=text, advice=advice))
    return found


def _print(found: list[Finding]) -> None:
    colour = sys.stdout.isatty()
    for finding in found:
        mark, tint = MARKS[finding.state]
        line = f"{mark} {finding.name:<12} {finding.text}"
        click.secho(line, fg=tint if colour else None)
        if finding.advice:
            click.echo(f"  {'':<12} → {finding.advice}")
