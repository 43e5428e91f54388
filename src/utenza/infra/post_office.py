"""Sending what `messages` owes: to the mail server, or into a folder where none is set."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from utenza.core.errors import N_, Refusal
from utenza.infra import configuration, files, operator
from utenza.infra.logs import get_logger
from utenza.infra.messages import MessageResult, listeners
from utenza.infra.models.message import Message, MessageAttempt, MessageStatus
from utenza.infra.transactions import transaction

ATTEMPTS_MAX = 12
PAUSE_MAX = timedelta(hours=6)
TIMEOUT_S = 20.0
CLAIM_LIFE = timedelta(minutes=5)
CHUNK = 20
Outcome = Literal["sent", "refused", "deferred"]
_log = get_logger(__name__)


class MailServerWrong(Refusal):
    code = "mail_server_wrong"
    text = N_("UTENZA_SMTP_URL is not understood: write smtp://user:password@host:port, with ?starttls=1 if it is so.")


def send_due(*, at: datetime) -> int:
    """Send a chunk of the messages that are due at `at`; return how many were tried.

    A message is claimed in one transaction, sent in none, and its outcome recorded in another. A worker killed in
    between leaves the claim, which runs out after `CLAIM_LIFE`, and the message is sent again.
    """
    count = 0
    while count < CHUNK and (message := _claim(at)) is not None:
        outcome, detail = _try(message, at)
        with transaction():
            _record(message, outcome, detail, at)
        count += 1
    return count


def _claim(at: datetime) -> Message | None:
    """Take the next message, count the try and keep others away from it for a while."""
    with transaction():
        message = (
            Message.objects.select_for_update(skip_locked=True)
            .filter(status=MessageStatus.QUEUED, next_attempt_at__lte=at)
            .order_by("next_attempt_at", "id")
            .first()
        )
        if message is not None:
            message.attempts += 1
            message.next_attempt_at = at + CLAIM_LIFE
            message.save(update_fields=["attempts", "next_attempt_at"])
        return message


def _try(message: Message, at: datetime) -> tuple[Outcome, str]:
    try:
        letter = compose(message, at)
        url = configuration.load().smtp_url
        if url:
            _hand_over(letter, message, url)
        else:
            _lay_down(letter, message)
    except (files.FileMissing, files.FileDamaged) as error:
        return "refused", str(error)
    except smtplib.SMTPRecipientsRefused as error:
        code, text = error.recipients[message.to]
        return _judge(code, text)
    except smtplib.SMTPResponseException as error:
        return _judge(error.smtp_code, error.smtp_error)
    except (smtplib.SMTPException, OSError) as error:
        return "deferred", f"{type(error).__name__}: {error}"[:500]
    return "sent", ""


def _judge(code: int, text: bytes | str) -> tuple[Outcome, str]:
    """Tell a refusal for good (5xx, RFC 5321 section 4.2.1) from one for now."""
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return ("refused" if 500 <= code < 600 else "deferred"), f"{code} {words}"[:500]


def _record(message: Message, outcome: Outcome, detail: str, at: datetime) -> None:
    MessageAttempt.objects.create(message=message, attempted_at=at, outcome=outcome, detail=detail)
    message.reason = detail
    if outcome == "deferred" and message.attempts < ATTEMPTS_MAX:
        message.next_attempt_at = at + min(timedelta(minutes=2 ** (message.attempts - 1)), PAUSE_MAX)
        message.save(update_fields=["reason", "next_attempt_at"])
        return
    message.status = MessageStatus.SENT if outcome == "sent" else MessageStatus.FAILED
    message.finished_at = at
    message.save(update_fields=["reason", "status", "finished_at"])
    result = MessageResult(
        message_id=message.pk,
        about=message.about,
        to=message.to,
        status=MessageStatus(message.status).value,
        reason=detail,
        at=at,
    )
    for listener in listeners(message.about):
        listener(result)


def compose(message: Message, at: datetime) -> EmailMessage:
    """Return `message` as an e-mail dated `at`, with its attachments.

    :raises FileMissing: if an attachment is not in the store.
    """
    letter = EmailMessage(policy=SMTP_POLICY)
    letter["From"] = formataddr((operator.profile().brand, message.sender))
    letter["To"] = message.to
    letter["Subject"] = message.subject
    letter["Date"] = format_datetime(at)
    letter["Message-ID"] = message.message_id
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.text)
    if message.html:
        letter.add_alternative(message.html, subtype="html")
    for attachment in message.attachments:
        main, _, sub = str(attachment["mime"]).partition("/")
        letter.add_attachment(
            files.read(attachment["file_key"]), maintype=main, subtype=sub, filename=attachment["name"]
        )
    return letter


def _hand_over(letter: EmailMessage, message: Message, url: str) -> None:
    with _server(url) as server:
        server.send_message(letter, from_addr=message.sender, to_addrs=[message.to])


@contextmanager
def _server(url: str) -> Iterator[smtplib.SMTP]:
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise MailServerWrong
    options = parse_qs(parts.query)
    name = socket.getfqdn()
    server: smtplib.SMTP
    if parts.scheme == "smtps":
        server = smtplib.SMTP_SSL(
            parts.hostname, parts.port or 465, name, timeout=TIMEOUT_S, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(parts.hostname, parts.port or 25, name, timeout=TIMEOUT_S)
    with server:
        if options.get("starttls") == ["1"]:
            server.starttls(context=ssl.create_default_context())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server


def _lay_down(letter: EmailMessage, message: Message) -> None:
    """Write the e-mail whole into the outbox folder; a second writing replaces the first."""
    folder: Path = configuration.load().home / "outbox"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{message.message_id.strip('<>').partition('@')[0]}.eml"
    draft = path.with_suffix(".part")
    draft.write_bytes(bytes(letter))
    draft.replace(path)
