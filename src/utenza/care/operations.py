"""Public writes of care; each demands an open transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from utenza.care.models import TimelineEntry
from utenza.care.states import CallDirection, EntryKind
from utenza.core.errors import N_, Refusal
from utenza.infra.transactions import demands_transaction


class NothingWritten(Refusal):
    code = "nothing_written"
    text = N_("There is nothing to save yet: write what was said or done.")


class NoteTooLong(Refusal):
    code = "note_too_long"
    text = N_("The text has %(length)s characters and at most %(most)s fit: shorten it or attach a document.")


class CallDirectionUnknown(Refusal):
    code = "call_direction_unknown"
    text = N_("'%(direction)s' is not a direction of a call: choose inbound or outbound.")


MOST_CHARACTERS = 10_000


@demands_transaction
def add_note(*, customer_id: int, text: str, by: str, key: str, at: datetime) -> int:
    """Write a representative's note on the customer's time line and return its id.

    Safe to repeat with the same `key` (the form's own, made when it was opened).

    :raises NothingWritten: if the text is blank.
    :raises NoteTooLong: if it has more than 10,000 characters.
    """
    return _write(
        customer_id=customer_id, kind=EntryKind.NOTE, text=_checked(text), data={}, by=by, key=f"note:{key}", at=at
    )


@demands_transaction
def log_call(*, customer_id: int, direction: str, text: str, by: str, key: str, at: datetime) -> int:
    """Write down a call with the customer and return the entry's id. Safe to repeat with the same `key`.

    :raises CallDirectionUnknown: if `direction` is neither inbound nor outbound.
    :raises NothingWritten: if the text is blank.
    :raises NoteTooLong: if it has more than 10,000 characters.
    """
    if direction not in set(CallDirection):
        raise CallDirectionUnknown(field="direction", direction=direction)
    return _write(
        customer_id=customer_id,
        kind=EntryKind.CALL,
        text=_checked(text),
        data={"direction": direction},
        by=by,
        key=f"call:{key}",
        at=at,
    )


@demands_transaction
def record_fact(
    *,
    customer_id: int,
    kind: str,
    fact: str,
    data: dict[str, Any],
    about_kind: str,
    about_key: str,
    key: str,
    at: datetime,
) -> None:
    """Write what another stage announced on the time line. Safe to repeat with the same `key`."""
    TimelineEntry.objects.bulk_create(
        [
            TimelineEntry(
                customer_id=customer_id,
                kind=kind,
                at=at,
                recorded_at=at,
                fact=fact,
                data=data,
                about_kind=about_kind,
                about_key=about_key,
                key=key,
            )
        ],
        ignore_conflicts=True,
    )


def _checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise NothingWritten(field="text")
    if len(text) > MOST_CHARACTERS:
        raise NoteTooLong(field="text", length=len(text), most=MOST_CHARACTERS)
    return text


def _write(*, customer_id: int, kind: str, text: str, data: dict[str, Any], by: str, key: str, at: datetime) -> int:
    entry, _ = TimelineEntry.objects.get_or_create(
        key=key,
        defaults={
            "customer_id": customer_id,
            "kind": kind,
            "text": text,
            "data": data,
            "by": by,
            "at": at,
            "recorded_at": at,
        },
    )
    return entry.pk
