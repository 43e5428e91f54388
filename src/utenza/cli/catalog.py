"""`utenza catalog`: take a catalogue file, and list what is sold."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from utenza.cli import house
from utenza.core.money import Money


@click.group()
def catalog() -> None:
    """Import and list what is sold."""


@catalog.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_file(*, file: Path, as_json: bool) -> None:
    """Create and launch what FILE has and the catalog has not. What was launched is never changed."""
    house.ready()
    from utenza.catalog import operations
    from utenza.infra import clock
    from utenza.infra.transactions import transaction

    document = operations.parse_text(file.read_text(encoding="utf-8", errors="replace"))
    try:
        with transaction():
            report = operations.import_catalogue(document=document, at=clock.now())
    except operations.CatalogueRefused as refusal:
        # The sentence names the first fault alone; whoever writes a catalogue wants to mend all of them at once.
        for fault in refusal.faults[1:]:
            click.echo(f"{fault.path}: {fault.reason}", err=True)
        raise
    if as_json:
        house.print_json(report)
        return
    for name in report.tariffs_created:
        click.echo(f"tariff created    {name}")
    for name in report.versions_launched:
        click.echo(f"version launched  {name}")
    click.echo(f"{len(report.unchanged)} were there already.")


@catalog.command("list")
@click.option("--on", "day", type=click.DateTime(formats=["%Y-%m-%d"]), default=None, help="A day; by default today.")
@click.option("--all", "everything", is_flag=True, help="Drafts and what is no longer sold, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_offers(*, day: datetime | None, everything: bool, as_json: bool) -> None:
    """List the offers on sale with their prices."""
    house.ready()
    from utenza.catalog import queries
    from utenza.infra import clock

    on_date = day.date() if day else clock.today()
    views = queries.all_versions() if everything else queries.offers_on_sale(on_date=on_date)
    if as_json:
        house.print_json(views)
        return
    rows = []
    for view in views:
        sums: dict[str, str] = {}
        for kind in ("recurring", "one_off"):
            micro = sum(price.amount_micro for price in view.prices if price.kind == kind)
            sums[kind] = f"{Money(micro, view.currency).decimal:.2f}" if micro else ""
        tax = "included" if all(price.tax_included for price in view.prices) else "excluded"
        rows.append(
            (
                f"{view.code}/{view.version}",
                view.name_en,
                view.market,
                view.payment,
                view.kind,
                sums["recurring"],
                sums["one_off"],
                view.currency,
                tax,
                view.status,
            )
        )
    house.print_table(
        columns=["Offer", "Name", "Market", "Payment", "Kind", "Monthly", "Once", "", "Tax", "Status"], rows=rows
    )
