"""Creates what FreeRADIUS reads and writes, in a schema of its own, and the role that the daemon logs in with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

FOLDER = Path(__file__).parent
DEFAULT_SCHEMA = "radius"
READ_BY_DAEMON = ("radcheck", "radreply", "radgroupcheck", "radgroupreply", "radusergroup", "nas")
WRITTEN_BY_DAEMON = ("radacct", "radpostauth", "nasreload")


def schema_sql() -> str:
    """Return the statements that create the tables in the current schema."""
    return (FOLDER / "schema.sql").read_text(encoding="utf-8")


def queries_path() -> Path:
    """Return the file with our queries, to be included in the daemon's `sql` module."""
    return FOLDER / "queries.conf"


def create_schema(connection: psycopg.Connection[Any], *, schema: str = DEFAULT_SCHEMA) -> None:
    """Create the schema and its tables where they are missing; safe to repeat. The caller commits."""
    name = sql.Identifier(schema)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(name))
        cursor.execute(sql.SQL("SET LOCAL search_path TO {}").format(name))
        cursor.execute(schema_sql().encode())


def grant_to_daemon(
    connection: psycopg.Connection[Any], *, role: str, password: str | None, schema: str = DEFAULT_SCHEMA
) -> None:
    """Create the daemon's role, or give it this password, with the rights it needs and no other. The caller commits."""
    name, place = sql.Identifier(role), sql.Identifier(schema)
    with connection.cursor() as cursor:
        _set_role(cursor, role=role, password=password)
        # rlm_sql names its tables without a schema.
        cursor.execute(sql.SQL("ALTER ROLE {} SET search_path TO {}").format(name, place))
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(place, name))
        for table in READ_BY_DAEMON:
            cursor.execute(sql.SQL("GRANT SELECT ON {}.{} TO {}").format(place, sql.Identifier(table), name))
        for table in WRITTEN_BY_DAEMON:
            cursor.execute(
                sql.SQL("GRANT SELECT, INSERT, UPDATE ON {}.{} TO {}").format(place, sql.Identifier(table), name)
            )


def grant_to_connector(
    connection: psycopg.Connection[Any], *, role: str, password: str | None, schema: str = DEFAULT_SCHEMA
) -> None:
    """Create the role that we write logins with, for a database that is not ours. The caller commits.

    It may do everything with logins, profiles and devices, and only read what the daemon wrote.
    """
    name, place = sql.Identifier(role), sql.Identifier(schema)
    with connection.cursor() as cursor:
        _set_role(cursor, role=role, password=password)
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(place, name))
        for table in READ_BY_DAEMON:
            cursor.execute(
                sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {}.{} TO {}").format(
                    place, sql.Identifier(table), name
                )
            )
        for table in WRITTEN_BY_DAEMON:
            cursor.execute(sql.SQL("GRANT SELECT ON {}.{} TO {}").format(place, sql.Identifier(table), name))


def role_exists(connection: psycopg.Connection[Any], role: str) -> bool:
    """Tell whether the cluster knows a role."""
    return connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is not None


def _set_role(cursor: psycopg.Cursor[Any], *, role: str, password: str | None) -> None:
    """Let a role log in and connect to this database; without a password, one that exists keeps its own."""
    name = sql.Identifier(role)
    if not role_exists(cursor.connection, role):
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    if password is not None:
        cursor.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(password)))
    cursor.execute("SELECT current_database()")
    database = cursor.fetchone()
    cursor.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier((database or [""])[0]), name))


def register_nas(
    connection: psycopg.Connection[Any],
    *,
    address: str,
    secret: str,
    name: str,
    coa_port: int = 3799,
    schema: str = DEFAULT_SCHEMA,
) -> None:
    """Make an access device known by its address, or change what is known of it; safe to repeat. The caller commits."""
    statement = """
        INSERT INTO {} (nasname, shortname, secret, coaport) VALUES (%s, %s, %s, %s)
        ON CONFLICT (nasname) DO UPDATE
        SET shortname = excluded.shortname, secret = excluded.secret, coaport = excluded.coaport
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(sql.Identifier(schema, "nas")), [address, name, secret, coa_port])
