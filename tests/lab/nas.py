"""A small access device: it logs users in, counts what they use, and obeys Disconnect and CoA requests (RFC 5176)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from types import TracebackType
from typing import Any, Self

from pyrad import packet
from pyrad.client import Client, Timeout

from tests.lab.waiting import wait_for
from utenza.provisioning.connectors.freeradius.sessions import dictionary

SESSION_CONTEXT_NOT_FOUND = 503
UNSUPPORTED_EXTENSION = 406


class NoAnswerError(AssertionError):
    """The daemon did not answer, which makes a real device try again."""


@dataclass(frozen=True, kw_only=True)
class LoginResult:
    """What the daemon answered to a login; `attributes` by name, the first value of each."""

    accepted: bool
    attributes: Mapping[str, Any]
    message: str = ""

    def __bool__(self) -> bool:
        return self.accepted


@dataclass(kw_only=True)
class Session:
    """A session on the device. Octets are seen from the customer: `octets_in` is what it sent up."""

    session_id: str
    username: str
    started_at: datetime
    last_at: datetime
    octets_in: int = 0
    octets_out: int = 0
    framed_address: str = ""
    stopped_by: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)


class Nas:
    """One access device on an address of its own in 127/8, registered with the lab's daemon.

    Use it as a context manager, or call `close`. It tells time by the instants that it is given; a session that is
    disconnected from outside stops at `time`, if that is later, else a second after its last packet.
    """

    def __init__(self, *, address: str, server: str, auth_port: int, acct_port: int, secret: str) -> None:
        self.address = address
        self.secret = secret
        self.sessions: dict[str, Session] = {}
        self.ended: dict[str, Session] = {}
        self.time: datetime | None = None
        self.silent = False
        self.can_change = True
        self.requests: list[tuple[str, str]] = []
        self._client = Client(
            server=server, authport=auth_port, acctport=acct_port, secret=secret.encode(), dict=dictionary()
        )
        self._client.timeout, self._client.retries = 2, 2
        self._sending = threading.Lock()
        self._serial = count(1)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 0))
        self._socket.settimeout(0.1)
        self.coa_port = int(self._socket.getsockname()[1])
        self._closing = threading.Event()
        self._listener = threading.Thread(target=self._listen, name=f"nas-{address}", daemon=True)
        self._listener.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Switch the device off; its sessions stay open in the books, as with a real one."""
        self._closing.set()
        self._listener.join()
        self._socket.close()
        self._client._CloseSocket()

    def login(self, username: str, password: str) -> LoginResult:
        """Ask whether a user may come in (PAP).

        :raises NoAnswerError: if nobody answers.
        """
        request = self._client.CreateAuthPacket(code=packet.AccessRequest, User_Name=username)
        request["User-Password"] = request.PwCrypt(password)
        request["NAS-IP-Address"] = self.address
        reply = self._send(request)
        attributes = {str(name): reply[name][0] for name in reply.keys()}  # noqa: SIM118 - names, where items are codes
        return LoginResult(
            accepted=reply.code == packet.AccessAccept,
            attributes=attributes,
            message=str(attributes.get("Reply-Message", "")),
        )

    def start_session(self, username: str, *, at: datetime, session_id: str | None = None) -> Session:
        """Begin a session and report it (Accounting-Start)."""
        serial = next(self._serial)
        session = Session(
            session_id=session_id or f"{self.address}-{serial:06d}",
            username=username,
            started_at=at,
            last_at=at,
            framed_address=f"100.64.{serial // 250}.{serial % 250 + 1}",
        )
        self.sessions[session.session_id] = session
        self._account(session, "Start", at=at)
        return session

    def interim(self, session: Session, *, at: datetime, octets_in: int, octets_out: int) -> None:
        """Report what a session has used so far, in all (Interim-Update)."""
        session.octets_in, session.octets_out, session.last_at = octets_in, octets_out, at
        self._account(session, "Interim-Update", at=at)

    def stop(
        self, session: Session, *, at: datetime, octets_in: int, octets_out: int, cause: str = "User-Request"
    ) -> None:
        """End a session and report what it used in all (Accounting-Stop)."""
        session.octets_in, session.octets_out, session.last_at = octets_in, octets_out, at
        self.sessions.pop(session.session_id, None)
        session.stopped_by = cause
        self._account(session, "Stop", at=at, cause=cause)
        self.ended[session.session_id] = session

    def use(
        self, username: str, *, start: datetime, minutes: int, octets_in: int, octets_out: int, interims: int = 2
    ) -> Session:
        """Live through a whole session: start, evenly spread interim updates, stop."""
        session = self.start_session(username, at=start)
        for n in range(1, interims + 1):
            share = n / (interims + 1)
            self.interim(
                session,
                at=start + timedelta(minutes=minutes) * share,
                octets_in=int(octets_in * share),
                octets_out=int(octets_out * share),
            )
        self.stop(session, at=start + timedelta(minutes=minutes), octets_in=octets_in, octets_out=octets_out)
        return session

    def restart(self, *, at: datetime) -> None:
        """Lose every session, as after a power cut, and say so (Accounting-On)."""
        self.sessions.clear()
        request = self._client.CreateAcctPacket()
        request["Acct-Status-Type"] = "Accounting-On"
        request["NAS-IP-Address"] = self.address
        request["Event-Timestamp"] = int(at.timestamp())
        self._send(request)

    def wait_until_ended(self, session: Session, *, seconds: float = 10.0) -> Session:
        """Return the session once it is ended and its stop is in the books."""
        wait_for(lambda: session.session_id in self.ended, what=f"{session.session_id} ends", seconds=seconds)
        return session

    def repeat(self, session: Session, status: str, *, at: datetime) -> None:
        """Send a packet of a session again, as a device does that missed the answer."""
        self._account(session, status, at=at, cause=session.stopped_by)

    def _account(self, session: Session, status: str, *, at: datetime, cause: str = "") -> None:
        request = self._client.CreateAcctPacket(User_Name=session.username)
        request["Acct-Status-Type"] = status
        request["Acct-Session-Id"] = session.session_id
        request["NAS-IP-Address"] = self.address
        request["Calling-Station-Id"] = "02:00:00:00:00:01"
        request["Framed-IP-Address"] = session.framed_address
        request["Event-Timestamp"] = int(at.timestamp())
        if status != "Start":
            request["Acct-Session-Time"] = int((at - session.started_at).total_seconds())
            for direction, octets in (("Input", session.octets_in), ("Output", session.octets_out)):
                request[f"Acct-{direction}-Octets"] = octets % 2**32
                request[f"Acct-{direction}-Gigawords"] = octets // 2**32
        if cause:
            request["Acct-Terminate-Cause"] = cause
        self._send(request)

    def _send(self, request: Any) -> Any:
        with self._sending:
            try:
                return self._client.SendPacket(request)
            except Timeout as error:
                raise NoAnswerError(f"{self._client.server} does not answer") from error

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                raw, sender = self._socket.recvfrom(4096)
            except TimeoutError:
                continue
            request = packet.CoAPacket(packet=raw, secret=self.secret.encode(), dict=dictionary())
            if request.VerifyCoARequest() and not self.silent:
                self._obey(request, sender)

    def _obey(self, request: Any, sender: Any) -> None:
        session_id = str((request.get("Acct-Session-Id") or [""])[0])
        session = self.sessions.get(session_id)
        disconnecting = request.code == packet.DisconnectRequest
        self.requests.append(("disconnect" if disconnecting else "change", session_id))
        reply = request.CreateReply()
        if session is None or not (disconnecting or self.can_change):
            reply.code = packet.DisconnectNAK if disconnecting else packet.CoANAK
            reply["Error-Cause"] = SESSION_CONTEXT_NOT_FOUND if session is None else UNSUPPORTED_EXTENSION
        elif not disconnecting:
            # Before the answer, since who hears it looks at once.
            names = [name for name in request.keys() if isinstance(name, str)]  # noqa: SIM118 - names, as above
            session.attributes.update({name: request[name][0] for name in names})
        self._socket.sendto(reply.ReplyPacket(), sender)
        if session is None:
            return
        if disconnecting:
            self.sessions.pop(session_id)
            session.last_at = max(self.time or session.last_at, session.last_at + timedelta(seconds=1))
            session.stopped_by = "Admin-Reset"
            self._account(session, "Stop", at=session.last_at, cause="Admin-Reset")
            self.ended[session_id] = session


def utc(text: str) -> datetime:
    """Return an instant written as 2026-01-31 or 2026-01-31T18:00, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
