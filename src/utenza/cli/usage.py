"""`utenza usage`: collect usage, and mend what was quarantined."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import yaml

from utenza.cli import house
from utenza.core.errors import N_, Refusal


class SourceFileWrong(Refusal):
    """A description of a source cannot be read."""

    code = "usage-source-wrong"
    text = N_("%(file)s describes no source of usage: it has to say at least 'folder'.")


class CorrectionWrong(Refusal):
    """A correction on the command line cannot be read."""

    code = "usage-correction-wrong"
    text = N_("'%(value)s' is no correction: write field=value, such as identifier=390650010001.")


@click.group()
def usage() -> None:
    """Collect usage, and mend what was quarantined."""


@usage.command("source")
@click.argument("code")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def source(*, code: str, file: Path) -> None:
    """Set a folder of files as a source, as a YAML file describes it."""
    try:
        settings: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise SourceFileWrong(file=file) from error
    if not isinstance(settings, dict) or "folder" not in settings:
        raise SourceFileWrong(file=file)
    house.ready()
    from utenza.infra.transactions import transaction
    from utenza.usage import operations

    with transaction():
        operations.set_source(code=code, kind="file", settings=settings)
    click.echo(f"Source {code} is set.")


@usage.command("collect")
def collect() -> None:
    """Collect from every source now, and bring what came into the usage store."""
    house.ready()
    from utenza.infra import clock
    from utenza.usage import jobs, operations

    at = clock.now()
    failures = jobs.collect_all(at=at)
    batches = 0
    while count := operations.write_raw(at=at):
        batches += count
    click.echo(f"{batches} batches landed.")
    for source, why in failures.items():
        click.echo(f"{source} was not collected: {why}", err=True)
    if failures:
        raise SystemExit(1)


@usage.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, as_json: bool) -> None:
    """Show what became of every source's records."""
    house.ready()
    from utenza.usage import queries

    rows = queries.sources()
    if as_json:
        house.print_json(rows)
        return
    for row in rows:
        click.echo(
            f"{row.code} ({row.kind}): {row.records} records in {row.batches} batches: {row.landed} landed, "
            f"{row.waiting} waiting, {row.duplicates} duplicate, {row.quarantined} quarantined ({row.held_open} open)"
        )
        if row.failure:
            click.echo(f"  not collected since {row.failing_since:%Y-%m-%d %H:%M} UTC: {row.failure}")


@usage.command("audit")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def audit(*, as_json: bool) -> None:
    """Show that every record read became something; ends with 1 if some are lost."""
    house.ready()
    from utenza.rating import queries

    rows = queries.usage_audit()
    if as_json:
        house.print_json(rows)
    else:
        names = [field.name for field in fields(queries.SourceAudit)]
        house.print_table(
            columns=[name.replace("_", " ") for name in names],
            rows=[[getattr(row, name) for name in names] for row in rows],
        )
    if any(row.difference for row in rows):
        raise SystemExit(1)


@usage.command("explain")
@click.argument("line")
@click.argument("month")
@click.argument("event", type=int)
def explain(*, line: str, month: str, event: int) -> None:
    """Show as JSON how an event of a line (its number) in a month (2026-03) came to its price, from the record on."""
    house.ready()
    from utenza.provisioning import queries as provisioning
    from utenza.rating import queries as rating
    from utenza.usage import queries

    line_id = provisioning.line_by_number(line).line_id
    house.print_json(
        {
            "event": rating.rated_event(line_id=line_id, month=month, event_id=event),
            "explanation": rating.explanation(line_id=line_id, month=month, event_id=event),
            "received": queries.received(event_id=event),
        }
    )


@usage.group("quarantine", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def quarantine(ctx: click.Context, *, as_json: bool) -> None:
    """Show the records that are held back."""
    if ctx.invoked_subcommand is not None:
        return
    house.ready()
    from utenza.usage import queries

    rows = queries.quarantined()
    if as_json:
        house.print_json(rows)
        return
    for row in rows:
        click.echo(f"{row.quarantined_id}  {row.source}  {row.batch}  {row.reason}  {row.record.get('record_id', '')}")


@quarantine.command("resend")
@click.argument("record", type=int)
@click.option("--set", "corrections", multiple=True, help="A corrected field, as field=value; may be repeated.")
def resend(*, record: int, corrections: tuple[str, ...]) -> None:
    """Send a record again, with some of its fields corrected."""
    values: dict[str, str] = {}
    for text in corrections:
        name, mark, value = text.partition("=")
        if not mark or not name:
            raise CorrectionWrong(value=text)
        values[name] = value
    house.ready()
    from utenza.infra import clock
    from utenza.infra.transactions import transaction
    from utenza.usage import operations

    with transaction():
        ref = operations.resend(quarantined_id=record, corrections=values, at=clock.now())
    click.echo("It is quarantined again." if ref.quarantined else "It will be rated.")
