"""`utenza application`: show applications, and say which providers of identity are asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from utenza.cli import house

STATUSES = ("draft", "submitted", "checking", "review", "accepted", "refused", "withdrawn", "ordered")
PROVIDER_KEYS = ("label", "url", "template", "result_at", "results", "reference_at", "timeout_s", "attempts")


@click.group()
def application() -> None:
    """Show applications, and say which providers of identity are asked."""


@application.command("show")
@click.argument("number")
def show(*, number: str) -> None:
    """Show what became of one application by its NUMBER, with its checks."""
    house.ready()
    from utenza.application import queries

    found = queries.application_by_number(number)
    click.echo(f"Application {found.number}: {found.status}, class {found.credit_class or '-'}")
    house.print_table(
        columns=["Check", "Result", "Why"], rows=[(check.code, check.result, check.sentence) for check in found.checks]
    )


@application.command("list")
@click.option("--status", type=click.Choice(STATUSES), default="review", show_default=True, help="Of which state.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_applications(*, status: str, as_json: bool) -> None:
    """List applications of a state, the longest waiting first."""
    house.ready()
    from utenza.application import queries

    found = queries.queue(status, limit=500)
    if as_json:
        house.print_json(found)
        return
    house.print_table(
        columns=["Application", "Kind", "Channel", "Class", "Handed in"],
        rows=[
            (row.number, row.kind, row.channel, row.credit_class,
             f"{row.submitted_at:%Y-%m-%d %H:%M}" if row.submitted_at else "")
            for row in found
        ],
    )  # fmt: skip


@application.command("provider")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option(
    "--secret", envvar="UTENZA_PROVIDER_SECRET", default="", help="Signs the questions; left out, the one set is kept."
)
@click.option("--remove", is_flag=True, help="Ask it no more.")
def provider(*, name: str, file: Path | None, secret: str, remove: bool) -> None:
    """Ask the provider NAME as FILE says: JSON with label, url, template, result_at, results and, if need be, more.

    Without FILE, show how it is asked. In the template, {field} stands for an answer of the application's form.
    """
    house.ready()
    from utenza.application import operations
    from utenza.application.providers import provider_settings
    from utenza.infra import audit, clock
    from utenza.infra.transactions import transaction

    if file is None and not remove:
        for stored in provider_settings():
            if stored["name"] == name:
                click.echo(json.dumps({key: stored[key] for key in PROVIDER_KEYS}, indent=2, ensure_ascii=False))
        return
    with audit.acting(None, "utenza application provider"), transaction():
        if remove:
            operations.remove_provider(name=name, at=clock.now())
            return
        operations.change_provider(name=name, secret=secret, at=clock.now(), **_read(file or Path()))


def _read(file: Path) -> dict[str, Any]:
    """Return the settings in a file.

    :raises click.BadParameter: if it is no JSON object, or has other or fewer keys.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.BadParameter(f"{file} is no JSON: {error}.", param_hint="FILE") from error
    needed = {"url", "template", "result_at", "results"}
    if not isinstance(document, dict) or not needed <= set(document) <= set(PROVIDER_KEYS):
        allowed = ", ".join(sorted(set(PROVIDER_KEYS) - needed))
        must = ", ".join(sorted(needed))
        raise click.BadParameter(f"{file} must have {must}, and may have {allowed}.", param_hint="FILE")
    return {"label": "", **document}
