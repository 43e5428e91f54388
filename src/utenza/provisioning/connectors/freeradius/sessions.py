"""Live sessions: ending them and changing their speed on the device that holds them (RFC 5176)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from pyrad import packet
from pyrad.client import Client, Timeout
from pyrad.dictionary import Dictionary

# RFC 5176, section 3.5: the device no longer holds the session, so nothing is left to end or change.
SESSION_CONTEXT_NOT_FOUND = 503
DEFAULT_COA_PORT = 3799


class Answer(StrEnum):
    """What a device said to a request about one session."""

    DONE = "done"
    GONE = "gone"
    DECLINED = "declined"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """A session that accounting has seen begin and not end, and the device that holds it, if that is registered."""

    session_id: str
    username: str
    nas_address: str
    framed_address: str | None
    coa_port: int | None
    secret: str | None = field(repr=False)


@cache
def dictionary() -> Dictionary:
    """Return the attributes that we can put into a packet, read once."""
    return Dictionary(str(Path(__file__).parent / "dictionary.radius"))


def live_sessions(cursor: psycopg.Cursor[Any], username: str) -> list[LiveSession]:
    """Return the sessions of a user that are up, the oldest first."""
    cursor.execute(
        """
        SELECT a.acctsessionid, a.username, host(a.nasipaddress), host(a.framedipaddress), n.coaport, n.secret
        FROM radacct a LEFT JOIN nas n ON n.nasname = host(a.nasipaddress)
        WHERE a.username = %s AND a.acctstoptime IS NULL ORDER BY a.acctstarttime, a.radacctid
        """,
        [username],
    )
    return [
        LiveSession(session_id=sid, username=user, nas_address=nas, framed_address=framed, coa_port=port, secret=secret)
        for sid, user, nas, framed, port, secret in cursor.fetchall()
    ]


def disconnect(session: LiveSession, *, timeout_s: float, tries: int) -> Answer:
    """Ask the device to end a session. Safe to repeat: a session that is gone is what was wanted."""
    return _ask(session, code=packet.DisconnectRequest, attributes={}, timeout_s=timeout_s, tries=tries)


def change(session: LiveSession, attributes: Mapping[str, str], *, timeout_s: float, tries: int) -> Answer:
    """Ask the device to give a session other attributes; those that our dictionary lacks stay unsaid."""
    known = {name: value for name, value in attributes.items() if name in dictionary()}
    return _ask(session, code=packet.CoARequest, attributes=known, timeout_s=timeout_s, tries=tries)


def _ask(session: LiveSession, *, code: int, attributes: Mapping[str, str], timeout_s: float, tries: int) -> Answer:
    client = Client(
        server=session.nas_address,
        coaport=session.coa_port or DEFAULT_COA_PORT,
        secret=(session.secret or "").encode(),
        dict=dictionary(),
        retries=tries,
        timeout=timeout_s,
    )
    request = client.CreateCoAPacket(code=code)
    request["User-Name"] = session.username
    request["Acct-Session-Id"] = session.session_id
    request["NAS-IP-Address"] = session.nas_address
    if session.framed_address:
        request["Framed-IP-Address"] = session.framed_address
    for name, value in attributes.items():
        request[name] = int(value) if dictionary()[name].type == "integer" else value
    try:
        reply = client.SendPacket(request)
    except (Timeout, OSError):
        return Answer.SILENT
    finally:
        client._CloseSocket()
    if reply.code in (packet.DisconnectACK, packet.CoAACK):
        return Answer.DONE
    causes = reply.get("Error-Cause") or [None]
    return Answer.GONE if causes[0] in (SESSION_CONTEXT_NOT_FOUND, "Session-Context-Not-Found") else Answer.DECLINED
