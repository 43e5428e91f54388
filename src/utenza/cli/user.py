"""`utenza user`: members of staff."""

from __future__ import annotations

import sys

import click

from utenza.cli import house
from utenza.core.errors import N_, Refusal


class PasswordMissing(Refusal):
    """No password came on the standard input."""

    code = "password-missing"
    text = N_("No password was given: write it to the standard input, or leave out --password-stdin to be asked.")


@click.group()
def user() -> None:
    """Make members of staff and list them."""


@user.command()
@click.argument("username")
@click.option("--role", "roles", multiple=True, required=True, help="A role; may be given more than once.")
@click.option("--language", type=click.Choice(["en", "it"]), default="en", show_default=True)
@click.option("--email", default="", help="Where to write to.")
@click.option("--given-name", default="")
@click.option("--family-name", default="")
@click.option("--password-stdin", is_flag=True, help="Read the password from the standard input, for scripts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def create(
    *,
    username: str,
    roles: tuple[str, ...],
    language: str,
    email: str,
    given_name: str,
    family_name: str,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Make a member of staff who can log in."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
        if not password:
            raise PasswordMissing
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    house.ready()
    from utenza.infra import audit, users
    from utenza.infra.transactions import transaction

    with audit.acting(None, "utenza user create"), transaction():
        user_id = users.create_user(
            username=username,
            password=password,
            roles=roles,
            language=language,
            email=email,
            given_name=given_name,
            family_name=family_name,
        )
    if as_json:
        house.print_json({"user_id": user_id, "username": username, "roles": list(roles)})
    else:
        click.echo(f"{username} can log in now, as {', '.join(roles)}.")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_users(as_json: bool) -> None:
    """List the members of staff."""
    house.ready()
    from utenza.infra import users

    found = users.users()
    if as_json:
        house.print_json(found)
    else:
        house.print_table(
            columns=["User", "Name", "Roles", "Language", "Active"],
            rows=[
                (u.username, u.full_name, ", ".join(u.roles), u.language, "yes" if u.is_active else "no") for u in found
            ],
        )
