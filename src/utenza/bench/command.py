"""`utenza bench`: figures beside a floor measured in the same run."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path

import click


@click.command()
@click.argument("name", type=click.Choice(["web"]))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--short", is_flag=True, envvar="UTENZA_BENCH_SHORT", help="A tenth of the data.")
def bench(name: str, as_json: bool, short: bool) -> None:
    """Measure NAME in a database of its own, which is thrown away at the end."""
    home = Path(tempfile.mkdtemp(prefix="utenza-bench-"))
    home.chmod(0o755)  # the database's own user must be able to pass
    os.environ.update(UTENZA_HOME=str(home / "home"), UTENZA_LOG_LEVEL="error", UTENZA_ALLOWED_HOSTS="testserver")
    os.environ.pop("UTENZA_DATABASE_URL", None)
    from utenza.cli import init
    from utenza.infra.postgres.cluster import Cluster

    try:
        init.prepare(say=lambda _text: None)
        from utenza.bench import web

        report = web.measure(short=short)
    finally:
        Cluster(home / "home").stop(mode="immediate")
        shutil.rmtree(home, ignore_errors=True)
    if as_json:
        click.echo(json.dumps({"bench": name, **report}))
        return
    for part in ("figures", "floor", "ratios"):
        for key, value in report[part].items():
            click.echo(f"{part:<8} {key:<36} {value}")
