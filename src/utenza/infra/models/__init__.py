"""The tables of infra, one file a noun."""

from __future__ import annotations

from utenza.infra.models.file import StoredFile
from utenza.infra.models.idempotency import IdempotencyRecord
from utenza.infra.models.message import Message, MessageAttempt
from utenza.infra.models.numbering import NumberSeries
from utenza.infra.models.outbox import OutboxDelivery, OutboxEvent
from utenza.infra.models.search import SearchEntry
from utenza.infra.models.setting import Setting
from utenza.infra.models.timed import TimedRun
from utenza.infra.models.user import User

__all__ = [
    "IdempotencyRecord",
    "Message",
    "MessageAttempt",
    "NumberSeries",
    "OutboxDelivery",
    "OutboxEvent",
    "SearchEntry",
    "Setting",
    "StoredFile",
    "TimedRun",
    "User",
]
