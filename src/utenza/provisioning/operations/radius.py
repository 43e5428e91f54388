"""Writes on a FreeRADIUS: creating its tables and roles, and the access devices that it serves."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from utenza.core.errors import N_, Refusal
from utenza.infra.transactions import demands_transaction
from utenza.provisioning.connectors.base import ElementConfiguration
from utenza.provisioning.connectors.freeradius import schema
from utenza.provisioning.connectors.freeradius.connector import FreeradiusConnector, reason_of
from utenza.provisioning.dispatch import configuration_of
from utenza.provisioning.operations.elements import MalformedSetting, register_element
from utenza.provisioning.routing import UnknownElement, find_element

CODE = "radius"
ROLE = "utenza_radius"


class RadiusSetupFailed(Refusal):
    code = "radius_setup_failed"
    text = N_(
        "The tables of FreeRADIUS cannot be created: %(why)s. Give a DSN whose role may create roles, "
        "or have the database's administrator run what 'utenza network radius-setup --print-sql' prints."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiusAccess:
    """What the daemon's `sql` module is configured with; `password` is None when the role had one already."""

    element: str
    host: str
    port: str
    database: str
    schema: str
    role: str
    password: str | None = field(repr=False)
    queries: Path


@demands_transaction
def set_up_radius(
    *, at: datetime, admin_dsn: str = "", elsewhere: bool = False, code: str = CODE, new_password: bool = False
) -> RadiusAccess:
    """Create what FreeRADIUS needs in our database, or `elsewhere` in the one of `admin_dsn`, and register it.

    `admin_dsn` names a role that may create roles; by default it is our own. Tables and roles are committed at once,
    apart from the open transaction. Safe to repeat: tables, roles and passwords that exist are kept.

    :raises RadiusSetupFailed:
    """
    ours = FreeradiusConnector(ElementConfiguration(code=code)).conninfo()
    admin = admin_dsn or ours
    writer = f"{ROLE}_writer"
    try:
        with psycopg.connect(admin if elsewhere else ours, connect_timeout=5) as connection:
            schema.create_schema(connection)
        with psycopg.connect(admin, connect_timeout=5) as connection:
            password = _password(connection, ROLE, anew=new_password)
            schema.grant_to_daemon(connection, role=ROLE, password=password)
            # Ours is kept encrypted with the element and nowhere else, so it may change at every setup.
            written = secrets.token_urlsafe(24)
            if elsewhere:
                schema.grant_to_connector(connection, role=writer, password=written)
    except psycopg.Error as error:
        raise RadiusSetupFailed(why=reason_of(error)) from None
    dsn = make_conninfo(admin, user=writer, password=written) if elsewhere else ""
    register_element(code=code, kind=FreeradiusConnector.kind, at=at, name="FreeRADIUS", dsn=dsn)
    parts = conninfo_to_dict(admin)
    return RadiusAccess(
        element=code,
        host=str(parts.get("host", "")),
        port=str(parts.get("port", "5432")),
        database=str(parts.get("dbname", "")),
        schema=schema.DEFAULT_SCHEMA,
        role=ROLE,
        password=password,
        queries=schema.queries_path(),
    )


@demands_transaction
def register_device(*, element: str, address: str, secret: str, name: str, coa_port: int = 3799) -> None:
    """Make an access device known to a FreeRADIUS, or change what is known of it; safe to repeat.

    :raises UnknownElement: if there is none of this code, or it is no FreeRADIUS.
    :raises MalformedSetting: if the secret is empty.
    :raises ElementUnreachable:
    """
    found = find_element(element)
    if found.kind != FreeradiusConnector.kind:
        raise UnknownElement(element=element, known=FreeradiusConnector.kind, field="element")
    if not secret or not 0 < coa_port < 65536:
        wrong = "secret" if not secret else "coa_port"
        raise MalformedSetting(name=wrong, value="''" if not secret else coa_port, why="it is needed", field=wrong)
    connector = FreeradiusConnector(configuration_of(found))
    connector.register_device(address=address, secret=secret, name=name, coa_port=coa_port)


def _password(connection: psycopg.Connection[object], role: str, *, anew: bool) -> str | None:
    """Make up a password, unless the role has one that may stay."""
    return secrets.token_urlsafe(24) if anew or not schema.role_exists(connection, role) else None
