"""`utenza network`: lines, work orders, commands and network elements."""

from __future__ import annotations

import sys
from typing import Any

import click
from psycopg.conninfo import make_conninfo

from utenza.cli import house
from utenza.infra.configuration import Configuration
from utenza.infra.postgres import connection

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def network() -> None:
    """Lines, work orders, commands and network elements."""


@network.command("line")
@click.argument("number")
@json_option
def show_line(*, number: str, as_json: bool) -> None:
    """Show a line: what we want of each service, and what the network confirmed."""
    house.ready()
    from utenza.provisioning import queries

    line = queries.line_by_number(number)
    if as_json:
        house.print_json(line)
        return
    house.print_table(
        columns=["Service", "Identifier", "Element", "Profile", "Wanted", "Confirmed"],
        rows=[(s.kind, s.identifier, s.element, s.profile, s.desired_state, s.actual_state) for s in line.services],
        title=f"{line.number}: {line.status}",
    )
    for bar in line.bars:
        click.echo(f"barred: {bar.scope}, {bar.reason}, since {bar.placed_at:%Y-%m-%d %H:%M}Z")


@network.command("elements")
@json_option
def list_elements(*, as_json: bool) -> None:
    """List the network elements with their queues."""
    house.ready()
    from utenza.provisioning import queries

    found = queries.elements()
    if as_json:
        house.print_json(found)
        return
    house.print_table(
        columns=["Element", "Kind", "On", "Waiting", "Parked", "Last error"],
        rows=[(e.code, e.kind, "yes" if e.enabled else "no", e.waiting, e.parked, e.last_error) for e in found],
    )


@network.command("route")
@click.argument("kind", type=click.Choice(["internet", "voice", "mobile"]))
@click.argument("element")
def route(*, kind: str, element: str) -> None:
    """Have new services of a KIND served by an ELEMENT from now on."""
    house.ready()
    from utenza.infra import audit, clock
    from utenza.infra.transactions import transaction
    from utenza.provisioning import operations

    with audit.acting(None, "utenza network route"), transaction():
        operations.route_services(kind=kind, element=element, at=clock.now())
    click.echo(f"New {kind} services are served by {element} from now on.")


@network.command("set")
@click.argument("element")
@click.argument("name")
@click.argument("value")
def configure(*, element: str, name: str, value: str) -> None:
    """Change the setting NAME of an ELEMENT; an empty VALUE goes back to the default."""
    house.ready()
    from utenza.infra import audit
    from utenza.infra.transactions import transaction
    from utenza.provisioning import operations

    with audit.acting(None, "utenza network set"), transaction():
        operations.configure_element(code=element, name=name, value=value)
    click.echo(f"{element} has {name} = {value or 'its default'} from its next command on.")


@network.command("work-orders")
@json_option
def work_orders(*, as_json: bool) -> None:
    """List the work orders that wait for a technician."""
    house.ready()
    from utenza.provisioning import queries

    found = queries.open_work_orders()
    if as_json:
        house.print_json(found)
        return
    house.print_table(
        columns=["Order", "Line", "Opened", "Task"],
        rows=[(o.work_order_id, o.line_number, f"{o.opened_at:%Y-%m-%d %H:%M}Z", o.task) for o in found],
    )


@network.command("confirm")
@click.argument("work_order_id", type=int)
@click.option("--by", required=True, help="Who has done the work.")
@click.option("--note", default="", help="What is worth knowing later.")
def confirm(*, work_order_id: int, by: str, note: str) -> None:
    """Say that a work order is done."""
    house.ready()
    from utenza.infra import audit, clock
    from utenza.infra.transactions import transaction
    from utenza.provisioning import operations

    with audit.acting(None, "utenza network confirm"), transaction():
        operations.confirm_work_order(work_order_id=work_order_id, by=by, note=note, at=clock.now())
    click.echo(f"Work order {work_order_id} is done.")


@network.command("parked")
@json_option
def parked(*, as_json: bool) -> None:
    """List the commands that were given up and need a person."""
    house.ready()
    from utenza.provisioning import queries

    found = queries.parked_commands()
    if as_json:
        house.print_json(found)
        return
    house.print_table(
        columns=["Command", "Line", "Kind", "Element", "Tries", "Why"],
        rows=[(c.command_id, c.line_number, c.kind, c.element, c.attempts, c.last_error) for c in found],
    )


@network.command("retry")
@click.argument("command_ids", type=int, nargs=-1, required=True)
def retry(*, command_ids: tuple[int, ...]) -> None:
    """Have parked commands sent again."""
    house.ready()
    from utenza.infra import audit, clock
    from utenza.infra.transactions import transaction
    from utenza.provisioning import operations

    for command_id in command_ids:
        with audit.acting(None, "utenza network retry"), transaction():
            operations.retry_command(command_id=command_id, at=clock.now())
    click.echo(f"{len(command_ids)} commands are sent again.")


@network.command("add-numbers")
@click.argument("kind", type=click.Choice(["voice", "mobile"]))
@click.argument("first")
@click.argument("last")
@click.option("--area", default="", help="Where the numbers belong.")
def add_numbers(*, kind: str, first: str, last: str, area: str) -> None:
    """Take the numbers from FIRST to LAST into stock, with the country code and digits only."""
    house.ready()
    from utenza.infra import audit, clock
    from utenza.infra.transactions import transaction
    from utenza.provisioning import operations

    with audit.acting(None, "utenza network add-numbers"), transaction():
        count = operations.add_number_range(kind=kind, first=first, last=last, area=area, at=clock.now())
    click.echo(f"{count} numbers are new in stock.")


@network.command("radius-setup")
@click.option("--dsn", default="", help="Another database than ours, by a role that may create roles.")
@click.option("--new-password", is_flag=True, help="Give the daemon's role a new password.")
@click.option("--print-sql", is_flag=True, help="Print the tables for an administrator, and do nothing.")
@json_option
def radius_setup(*, dsn: str, new_password: bool, print_sql: bool, as_json: bool) -> None:
    """Create what FreeRADIUS reads and writes, and print how its `sql` module is configured."""
    if print_sql:
        house.wake_django()
        from utenza.provisioning import queries

        click.echo(queries.radius_schema_sql())
        return
    found = house.ready()
    from utenza.infra import audit, clock
    from utenza.infra.transactions import transaction
    from utenza.provisioning import operations

    own = _superuser_dsn(found) if found.own_database and not dsn else ""
    with audit.acting(None, "utenza network radius-setup"), transaction():
        access = operations.set_up_radius(
            at=clock.now(), admin_dsn=dsn or own, elsewhere=bool(dsn), new_password=new_password
        )
    if as_json:
        house.print_json(access)
        return
    _explain(access)


@network.command("devices")
@click.option("--element", default="radius", show_default=True)
@json_option
def devices(*, element: str, as_json: bool) -> None:
    """List the access devices that a FreeRADIUS knows."""
    house.ready()
    from utenza.provisioning import queries

    found = queries.devices(element)
    if as_json:
        house.print_json(found)
    else:
        house.print_table(
            columns=["Address", "Name", "CoA port"], rows=[(d.address, d.name, d.coa_port) for d in found]
        )


@network.command("add-device")
@click.argument("address")
@click.option("--name", default="", help="By default its address.")
@click.option("--coa-port", default=3799, show_default=True, help="Where it listens for RFC 5176.")
@click.option("--element", default="radius", show_default=True)
@click.option("--secret-stdin", is_flag=True, help="Read the shared secret from the standard input, for scripts.")
def add_device(*, address: str, name: str, coa_port: int, element: str, secret_stdin: bool) -> None:
    """Make an access device known by its ADDRESS, so that its sessions can be ended and changed."""
    secret = sys.stdin.readline().rstrip("\n") if secret_stdin else click.prompt("Shared secret", hide_input=True)
    house.ready()
    from utenza.infra import audit
    from utenza.infra.transactions import transaction
    from utenza.provisioning import operations

    with audit.acting(None, "utenza network add-device"), transaction():
        operations.register_device(
            element=element, address=address, secret=secret, name=name or address, coa_port=coa_port
        )
    click.echo(f"{address} is known to {element}.")


def _superuser_dsn(found: Configuration) -> str:
    """Return how our own server's superuser connects to our database: the application may not make roles."""
    stored = connection.read(found.home)
    return "" if stored is None else make_conninfo("", **stored.as_superuser(stored.database))


def _explain(access: Any) -> None:
    click.echo(f"The tables are in the schema {access.schema} of {access.database}. In the daemon's sql module:")
    click.echo(f'    server = "{access.host}"\n    port = {access.port}\n    radius_db = "{access.database}"')
    click.echo(f'    login = "{access.role}"')
    if access.password is None:
        click.echo("    password: as it was; --new-password makes another")
    else:
        click.echo(f'    password = "{access.password}"    (shown this once)')
    click.echo(f"    $INCLUDE {access.queries}")
