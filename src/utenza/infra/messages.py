"""Messages to people: queued with the facts, sent after the commit, each try on record.

Sending is at least once: a worker killed between the mail server's yes and its own commit sends again, with the same
Message-ID, by which mail systems tell the copy. Where no mail server is set, each message becomes an .eml file in
`<home>/outbox/`, under a name made from its Message-ID, so a copy replaces itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from utenza.core.errors import N_, Refusal
from utenza.infra import operator, wakeup
from utenza.infra.models.message import Message, MessageStatus
from utenza.infra.transactions import demands_transaction

ResultHandler = Callable[["MessageResult"], None]
_listeners: list[tuple[str, ResultHandler]] = []


class NoRecipient(Refusal):
    code = "no_recipient"
    text = N_("'%(to)s' is not an e-mail address: correct the customer's contact data and send again.")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stored file as it travels: `file_key` is its key in `utenza.infra.files`."""

    name: str
    mime: str
    file_key: str


@dataclass(frozen=True, slots=True)
class MessageResult:
    """How a message ended, for whoever asked for it: `status` is sent or failed."""

    message_id: int
    about: str
    to: str
    status: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MessageView:
    id: int
    to: str
    subject: str
    about: str
    status: str
    attempts: int
    reason: str
    queued_at: datetime
    finished_at: datetime | None


@demands_transaction
def queue_mail(
    *,
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    attachments: Sequence[Attachment] = (),
    about: str,
    at: datetime,
) -> int:
    """Owe `to` an e-mail, which leaves after the commit; return the message's id.

    :param about: what it carries, as `kind:key` (`bill:42`); `on_result` listens by its beginning.
    :raises NoRecipient: if `to` is not one address.
    """
    local, sign, domain = to.strip().rpartition("@")
    if not (local and sign and domain) or any(mark in to for mark in "\r\n,; <>"):
        raise NoRecipient(field="to", to=to)
    sender = operator.profile().email
    message = Message.objects.create(
        to=to.strip(),
        sender=sender,
        subject=" ".join(subject.split()),
        text=text,
        html=html,
        attachments=[asdict(attachment) for attachment in attachments],
        about=about,
        message_id="",
        queued_at=at,
        next_attempt_at=at,
    )
    digest = hashlib.sha256(f"{message.pk}|{to}|{about}|{at.isoformat()}".encode()).hexdigest()[:24]
    message.message_id = f"<{message.pk}.{digest}@{sender.rpartition('@')[2]}>"
    message.save(update_fields=["message_id"])
    wakeup.wake()
    return message.pk


def message_status(message_id: int) -> MessageView:
    """Return how far a message has come.

    :raises Message.DoesNotExist: if there is none.
    """
    return _view(Message.objects.get(pk=message_id))


def messages_about(about: str) -> list[MessageView]:
    """Return the messages that carry `about`, oldest first."""
    return [_view(row) for row in Message.objects.filter(about=about).order_by("id")]


def on_result(about_prefix: str, fn: ResultHandler) -> None:
    """Have `fn` called, in the transaction that records it, when a message whose `about` begins so was sent or failed.

    It runs once for each result. Where it raises, the result is not recorded and the message is sent again later.
    """
    if (about_prefix, fn) not in _listeners:
        _listeners.append((about_prefix, fn))


def listeners(about: str) -> list[ResultHandler]:
    """Return who wants to know how messages about this end."""
    return [fn for prefix, fn in _listeners if about.startswith(prefix)]


def _view(row: Message) -> MessageView:
    return MessageView(
        id=row.pk,
        to=row.to,
        subject=row.subject,
        about=row.about,
        status=MessageStatus(row.status).value,
        attempts=row.attempts,
        reason=row.reason,
        queued_at=row.queued_at,
        finished_at=row.finished_at,
    )
