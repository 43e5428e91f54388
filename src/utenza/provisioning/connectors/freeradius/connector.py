"""The connector to FreeRADIUS by way of the tables that rlm_sql reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import psycopg
from django.db import connection as our_connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from utenza.provisioning.connectors.base import (
    ElementConfiguration,
    ElementUnreachable,
    Health,
    NetworkCommand,
    NetworkState,
    Outcome,
    Result,
)
from utenza.provisioning.connectors.freeradius import schema, sessions
from utenza.provisioning.connectors.freeradius.attributes import (
    PROFILE_PRIORITY,
    SUSPENDED_GROUP,
    SUSPENDED_PRIORITY,
    group_attributes,
    speed_attributes,
)
from utenza.provisioning.connectors.freeradius.sessions import Answer
from utenza.provisioning.states import ServiceState

# The one lock under which the rows of groups, which users share, are written.
GROUPS_LOCK = 0x5E48
# What says that the element itself is not as it must be, rather than this one command.
_NOT_SET_UP = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.InsufficientPrivilege)


class FreeradiusConnector:
    """Writes logins, profiles and suspensions where the daemon reads them, and speaks to devices of live sessions.

    Settings: `schema` (radius), `interim_s` (300), `coa_timeout_s` (2), `coa_tries` (3), `connect_timeout_s` (5),
    `suspended_message` (told to who tries to log in). Without a DSN it is our own database. The daemon is not spoken
    to: it reads the tables at each login.
    """

    kind: ClassVar[str] = "freeradius"
    settings: ClassVar[tuple[str, ...]] = (
        "schema",
        "interim_s",
        "coa_timeout_s",
        "coa_tries",
        "connect_timeout_s",
        "suspended_message",
    )

    def __init__(self, configuration: ElementConfiguration) -> None:
        self.configuration = configuration
        settings = configuration.settings
        self.schema = str(settings.get("schema", schema.DEFAULT_SCHEMA))
        self.interim_s = int(settings.get("interim_s", 300))
        self.coa_timeout_s = float(settings.get("coa_timeout_s", 2))
        self.coa_tries = int(settings.get("coa_tries", 3))
        self.connect_timeout_s = int(settings.get("connect_timeout_s", 5))
        self.suspended_message = str(settings.get("suspended_message", "Line suspended"))

    def apply(self, command: NetworkCommand) -> Outcome:
        """Bring tables and live sessions to what `command` wants. Tables first: a session that is ended comes back."""
        if not command.identifier or command.state not in (
            ServiceState.ACTIVE,
            ServiceState.SUSPENDED,
            ServiceState.CEASED,
        ):
            return Outcome(result=Result.REFUSED, detail=f"a login cannot be {command.state or 'without a state'}")
        try:
            with self._cursor() as cursor:
                self._write(cursor, command)
            # Read back in another transaction: what the daemon will see, not what we believe to have written.
            with self._cursor() as cursor:
                amiss = self._difference(cursor, command)
                live = [] if amiss else sessions.live_sessions(cursor, command.identifier)
        except ElementUnreachable as unreachable:
            return Outcome(result=Result.UNREACHABLE, detail=str(unreachable.data["why"]))
        except psycopg.Error as error:
            return Outcome(result=Result.INCOMPLETE, detail=f"the database of logins refused: {reason_of(error)}")
        if amiss:
            return Outcome(result=Result.INCOMPLETE, detail=f"read back otherwise than written: {amiss}")
        complaints = [complaint for session in live if (complaint := self._settle(session, command))]
        if complaints:
            return Outcome(result=Result.INCOMPLETE, detail="; ".join(complaints))
        return Outcome(result=Result.CONFIRMED)

    def read(self, identifier: str) -> NetworkState | None:
        """Return what the tables say of a user name.

        :raises ElementUnreachable:
        """
        try:
            with self._cursor() as cursor:
                return self._read(cursor, identifier)
        except psycopg.Error as error:
            raise ElementUnreachable(element=self.configuration.code, why=reason_of(error)) from error

    def health(self) -> Health:
        """Tell whether the tables are there and may be written."""
        try:
            with self._cursor() as cursor:
                cursor.execute("SELECT count(*) FROM nas")
                devices = cursor.fetchone()
        except ElementUnreachable as unreachable:
            return Health(healthy=False, detail=str(unreachable.data["why"]))
        except psycopg.Error as error:
            return Health(healthy=False, detail=reason_of(error))
        return Health(healthy=True, detail=f"{devices[0] if devices else 0} access devices registered")

    def register_device(self, *, address: str, secret: str, name: str, coa_port: int) -> None:
        """Make an access device known by its address; safe to repeat.

        :raises ElementUnreachable:
        """
        with self._cursor() as cursor:
            schema.register_nas(
                cursor.connection, address=address, secret=secret, name=name, coa_port=coa_port, schema=self.schema
            )

    def devices(self) -> list[tuple[str, str, int]]:
        """Return the access devices by address: address, name, port for CoA. Their secrets stay where they are.

        :raises ElementUnreachable:
        """
        with self._cursor() as cursor:
            cursor.execute("SELECT nasname, shortname, coaport FROM nas ORDER BY nasname")
            return [(str(address), str(name), int(port)) for address, name, port in cursor.fetchall()]

    @contextmanager
    def _cursor(self) -> Iterator[psycopg.Cursor[Any]]:
        """Open a transaction on the element's database, with its schema as the only one in sight.

        :raises ElementUnreachable: if there is no reaching it, or its tables are not there.
        """
        try:
            with (
                psycopg.connect(self.conninfo(), connect_timeout=self.connect_timeout_s) as connection,
                connection.cursor() as cursor,
            ):
                cursor.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(self.schema)))
                cursor.execute("SET LOCAL statement_timeout = '10s'")
                yield cursor
        except _NOT_SET_UP as error:
            why = f"{reason_of(error)}; 'utenza network radius-setup' creates what is missing"
            raise ElementUnreachable(element=self.configuration.code, why=why) from error
        except psycopg.ProgrammingError as error:
            if error.sqlstate is not None:
                raise
            # The DSN could not even be read; what the driver says of it may repeat a password.
            raise ElementUnreachable(element=self.configuration.code, why="its DSN is malformed") from None
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise ElementUnreachable(element=self.configuration.code, why=reason_of(error)) from error

    def conninfo(self) -> str:
        """Return where the tables are: the element's DSN, else our own database as we connect to it."""
        if self.configuration.dsn:
            return self.configuration.dsn
        ours = our_connection.settings_dict
        # How the server wants to be spoken to goes with its address.
        transport = {name: str(value) for name, value in ours["OPTIONS"].items() if name.startswith("ssl")}
        return make_conninfo(
            "",
            **transport,
            dbname=ours["NAME"],
            user=ours["USER"] or None,
            password=ours["PASSWORD"] or None,
            host=ours["HOST"] or None,
            port=ours["PORT"] or None,
            application_name="utenza-freeradius",
        )

    def _write(self, cursor: psycopg.Cursor[Any], command: NetworkCommand) -> None:
        user = command.identifier
        if command.state == ServiceState.CEASED:
            for table in ("radcheck", "radreply", "radusergroup"):
                cursor.execute(sql.SQL("DELETE FROM {} WHERE username = %s").format(sql.Identifier(table)), [user])
            return
        if command.state == ServiceState.SUSPENDED:
            self._write_group(cursor, "radgroupcheck", SUSPENDED_GROUP, {"Auth-Type": "Reject"})
            self._write_group(cursor, "radgroupreply", SUSPENDED_GROUP, {"Reply-Message": self.suspended_message})
        if command.profile:
            self._write_group(cursor, "radgroupreply", command.profile, self._profile(command))
        _replace(cursor, "radcheck", "username", user, _items({"Cleartext-Password": command.secret}))
        _replace(cursor, "radreply", "username", user, _items(command.attributes))
        cursor.execute("DELETE FROM radusergroup WHERE username = %s", [user])
        for group, priority in self._groups(command):
            cursor.execute(
                "INSERT INTO radusergroup (username, groupname, priority) VALUES (%s, %s, %s)", [user, group, priority]
            )

    def _write_group(self, cursor: psycopg.Cursor[Any], table: str, group: str, attributes: Mapping[str, str]) -> None:
        """Write a group's attributes if they differ; its users share them, so one at a time, and seldom."""
        wanted = _items(attributes)
        if _rows(cursor, table, "groupname", group) == wanted:
            return
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [GROUPS_LOCK])
        _replace(cursor, table, "groupname", group, wanted)

    def _profile(self, command: NetworkCommand) -> dict[str, str]:
        return group_attributes(speed=command.speed, extra=command.profile_attributes, interim_s=self.interim_s)

    def _groups(self, command: NetworkCommand) -> list[tuple[str, int]]:
        groups = [(SUSPENDED_GROUP, SUSPENDED_PRIORITY)] if command.state == ServiceState.SUSPENDED else []
        return [*groups, (command.profile, PROFILE_PRIORITY)] if command.profile else groups

    def _difference(self, cursor: psycopg.Cursor[Any], command: NetworkCommand) -> str:
        """Return in what the tables differ from `command`, without telling a password; empty if in nothing."""
        found = self._read(cursor, command.identifier)
        if command.state == ServiceState.CEASED:
            return "" if found is None else "the login is still there"
        if found is None:
            return "the login is missing"
        if (found.state, found.profile) != (command.state, command.profile):
            return f"the login is {found.state} with the profile {found.profile or 'none'}"
        if _rows(cursor, "radcheck", "username", command.identifier) != _items({"Cleartext-Password": command.secret}):
            return "the password is another one"
        if dict(found.attributes) != dict(command.attributes):
            return "the attributes of the login are others"
        group = _rows(cursor, "radgroupreply", "groupname", command.profile)
        return (
            "the profile's attributes are others" if command.profile and group != _items(self._profile(command)) else ""
        )

    def _read(self, cursor: psycopg.Cursor[Any], identifier: str) -> NetworkState | None:
        cursor.execute("SELECT groupname FROM radusergroup WHERE username = %s ORDER BY priority, id", [identifier])
        groups = [str(row[0]) for row in cursor.fetchall()]
        if not groups and not _rows(cursor, "radcheck", "username", identifier):
            return None
        profiles = [group for group in groups if group != SUSPENDED_GROUP]
        attributes = {name: value for name, _op, value in _rows(cursor, "radreply", "username", identifier)}
        return NetworkState(
            identifier=identifier,
            state=str(ServiceState.SUSPENDED if SUSPENDED_GROUP in groups else ServiceState.ACTIVE),
            profile=profiles[0] if profiles else "",
            attributes=attributes,
            live_sessions=len(sessions.live_sessions(cursor, identifier)),
        )

    def _settle(self, session: sessions.LiveSession, command: NetworkCommand) -> str:
        """End or change one live session, and return what is left to complain of; empty if nothing is."""
        if session.secret is None:
            return f"the access device {session.nas_address} of session {session.session_id} is not registered"
        timeout_s, tries = self.coa_timeout_s, self.coa_tries
        answer = Answer.DECLINED
        if command.state == ServiceState.ACTIVE:
            attributes = {**speed_attributes(command.speed), **command.profile_attributes}
            answer = (
                sessions.change(session, attributes, timeout_s=timeout_s, tries=tries) if attributes else Answer.DONE
            )
        if answer == Answer.DECLINED:
            # Not every device can change a session; one that is ended comes back at once with the new profile.
            answer = sessions.disconnect(session, timeout_s=timeout_s, tries=tries)
        if answer in (Answer.DONE, Answer.GONE):
            return ""
        verb = "does not answer about" if answer == Answer.SILENT else "will not end"
        return f"the access device {session.nas_address} {verb} session {session.session_id}"


Item = tuple[str, str, str]


def _items(attributes: Mapping[str, str]) -> list[Item]:
    return sorted((name, ":=", str(value)) for name, value in attributes.items())


def _rows(cursor: psycopg.Cursor[Any], table: str, column: str, key: str) -> list[Item]:
    statement = sql.SQL("SELECT attribute, op, value FROM {} WHERE {} = %s ORDER BY attribute, op, value")
    cursor.execute(statement.format(sql.Identifier(table), sql.Identifier(column)), [key])
    return [(str(name), str(op), str(value)) for name, op, value in cursor.fetchall()]


def _replace(cursor: psycopg.Cursor[Any], table: str, column: str, key: str, items: list[Item]) -> None:
    """Make `items` the only rows of `key`, leaving them alone if they are so already."""
    if _rows(cursor, table, column, key) == items:
        return
    place, owner = sql.Identifier(table), sql.Identifier(column)
    cursor.execute(sql.SQL("DELETE FROM {} WHERE {} = %s").format(place, owner), [key])
    insert = sql.SQL("INSERT INTO {} ({}, attribute, op, value) VALUES (%s, %s, %s, %s)").format(place, owner)
    for name, op, value in items:
        cursor.execute(insert, [key, name, op, value])


def reason_of(error: psycopg.Error) -> str:
    """Return the first line of an error of the database, in which no password ever stands."""
    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        return "its DSN is malformed"
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
