"""`utenza keys`: the keys that open the encrypted fields."""

from __future__ import annotations

import click

from utenza.cli import house


@click.group()
def keys() -> None:
    """Change the keys that open the encrypted fields."""


@keys.command("rotate")
@click.option("--resume", is_flag=True, help="Make no new key; finish what a run that was cut off had begun.")
def rotate(*, resume: bool) -> None:
    """Make a new key and write every encrypted value anew with it. Back up keys.json before and after.

    Older keys stay in keys.json: the history of changes, which is never written anew, is read with them.
    """
    house.ready()
    from utenza.infra import audit, encryption

    if not resume:
        click.echo(f"Key {encryption.add_key()} writes from now on.")
    with audit.acting(None, "utenza keys rotate"):
        count = encryption.rotate()
    click.echo(f"{count} values were written anew. Back up keys.json now.")
