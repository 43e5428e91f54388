"""The command `utenza`: it finds a command's module when it is called, so that each starts fast."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from typing import IO, Any

import click

from utenza.core.errors import Refusal

SETTINGS = "utenza.settings"

# Command, where its code is, and what it does; the help page reads this table alone and loads no command.
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("utenza.cli.up:up", "Start everything: database, web, worker."),
    "init": ("utenza.cli.init:init", "Make the home folder, the database and the keys; safe to repeat."),
    "serve": ("utenza.cli.serve:serve", "Serve the web and the API."),
    "worker": ("utenza.cli.worker:worker", "Do the work in the background."),
    "doctor": ("utenza.cli.doctor:doctor", "Say what is well, what is not, and what to do."),
    "database": ("utenza.cli.database:database", "Start, stop and look at Utenza's own PostgreSQL."),
    "keys": ("utenza.cli.keys:keys", "Change the keys that open the encrypted fields."),
    "user": ("utenza.cli.user:user", "Make members of staff and list them."),
    "catalog": ("utenza.cli.catalog:catalog", "Import and list what is sold."),
    "application": ("utenza.cli.application:application", "Show applications, and set the providers of identity."),
    "order": ("utenza.cli.order:order", "Show orders."),
    "recharge": ("utenza.cli.recharge:recharge", "Recharge a prepaid line."),
    "network": ("utenza.cli.network:network", "Lines, work orders, commands and network elements."),
    "usage": ("utenza.cli.usage:usage", "Collect usage, and mend what was quarantined."),
    "rate": ("utenza.cli.rating:rate", "Rate a month of usage."),
    "price": ("utenza.cli.price:price", "Price a usage file with a tariff file, outside any database."),
    "bill-run": ("utenza.cli.bill:bill_run", "Plan, calculate, approve and issue bills."),
    "bill": ("utenza.cli.bill:bill", "Show a bill."),
    "payment": ("utenza.cli.payment:payment", "Take a payment."),
    "dispute": ("utenza.cli.dispute:dispute", "Disputes about bills."),
    "refund": ("utenza.cli.refund:refund", "Pay credit back."),
    "ledger": ("utenza.cli.ledger:ledger", "Look at the books."),
    "demo": ("utenza.demo.command:demo", "Live through the months of an invented operator, then serve it."),
    "bench": ("utenza.bench.command:bench", "Measure this machine."),
}


class Declined(click.ClickException):
    """A refusal on its way to the terminal: one sentence, exit status 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence on the error output."""
        click.echo(self.format_message(), err=True, file=file)


class LazyGroup(click.Group):
    """A group that imports a command only when it is called, and turns refusals into sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands that are part of this installation, in the order of the table."""
        return [name for name, (target, _help) in COMMANDS.items() if _is_here(target)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command."""
        if cmd_name not in COMMANDS or not _is_here(COMMANDS[cmd_name][0]):
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a refusal, or a database that is away, becomes one sentence and exit status 2."""
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            raise Declined(_sentence(refusal)) from refusal
        except Exception as error:
            from utenza.cli import sentences

            if isinstance(error, click.ClickException | click.Abort | click.exceptions.Exit | BrokenPipeError):
                raise
            if (told := sentences.refusal_of(error)) is not None:
                raise Declined(sentences.said(told)) from error
            raise


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=None, version="0.1.0", prog_name="utenza")
def cli() -> None:
    """Utenza: customers, lines, usage, bills and payments of a telecom operator."""


def main() -> None:
    """Run the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    try:
        cli.main(prog_name="utenza")
    except BrokenPipeError:
        # Whoever read our output, such as `head`, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _is_here(target: str) -> bool:
    """Say whether the module exists, without importing it (its package is, and packages are light)."""
    return importlib.util.find_spec(target.partition(":")[0]) is not None


def _sentence(refusal: Refusal) -> str:
    """Say the refusal in the language of the terminal."""
    from utenza.cli import sentences

    return sentences.said(refusal)
