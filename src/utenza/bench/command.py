"""`utenza bench`: figures beside a floor measured in the same run."""

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
from pathlib import Path
from typing import Any

import click


@click.command()
@click.argument("name", type=click.Choice(["web", "acquisition"]))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--short", is_flag=True, envvar="UTENZA_BENCH_SHORT", help="Fewer rounds over the same data.")
def bench(name: str, as_json: bool, short: bool) -> None:
    """Measure NAME in a database of its own, which is thrown away at the end."""
    place = Path(tempfile.mkdtemp(prefix="utenza-bench-"))
    place.chmod(0o755)  # the database's own user must be able to pass
    home = place / "home"
    os.environ.update(UTENZA_HOME=str(home), UTENZA_ALLOWED_HOSTS="testserver,127.0.0.1")
    os.environ.pop("UTENZA_DATABASE_URL", None)
    from utenza.cli import init
    from utenza.infra.postgres.cluster import Cluster

    try:
        init.prepare(say=lambda _text: None)
        from utenza.bench import acquisition, web

        measured = acquisition.measure(short=short) if name == "acquisition" else web.measure(home, short=short)
        report = {"bench": name, "machine": _machine(), **measured}
    finally:
        Cluster(home).stop(mode="immediate")
        shutil.rmtree(place, ignore_errors=True)
    if as_json:
        click.echo(json.dumps(report))
    else:
        _print_table(report, web.AIMS)


def _machine() -> dict[str, Any]:
    """Return what the figures depend on: cores, the language's version, and how busy the machine was already."""
    return {"cores": os.cpu_count(), "python": platform.python_version(), "load_1min": round(os.getloadavg()[0], 2)}


def _print_table(report: dict[str, Any], aims: dict[str, float]) -> None:
    """Print each figure with its aim, if it has one, and whether it was met."""
    from utenza.cli import house

    rows = []
    for part in ("machine", "figures", "floor", "ratios"):
        for key, value in report[part].items():
            aim = aims.get(key) if part == "figures" else None
            met = "" if aim is None else "met" if value <= aim else "MISSED"
            rows.append((part, key, value, "" if aim is None else f"at most {aim:g}", met))
    house.print_table(columns=("", "figure", "value", "aim", ""), rows=rows)
