"""Files in a folder: each is received once, by its name and its checksum, and then moved to `done/` or `bad/`.

The source's settings say where the folder is and how a file's columns become fields:

    folder: /srv/usage/switch
    pattern: "*.csv"
    delimiter: ";"
    identifier_kind: number
    time_zone: Europe/Rome
    columns: {record_id: CALL_ID, identifier: A_NUMBER, b_number: B_NUMBER, started_at: START, quantity: SECONDS}
    values: {kind: voice}
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from utenza.core.errors import N_, Refusal
from utenza.infra.operator import time_zone
from utenza.infra.transactions import transaction
from utenza.usage import operations
from utenza.usage.landing import Held
from utenza.usage.records import FIELDS, RecordDeclined, UsageRecord, read_record


class FileUnreadable(Refusal):
    code = "usage_file_unreadable"
    text = N_("The file %(file)s cannot be read: %(reason)s. It lies in the folder bad; mend it and put it back.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """How the columns of a file become fields; `values` fill fields that the file lacks."""

    columns: Mapping[str, str]
    values: Mapping[str, str]
    delimiter: str
    encoding: str
    zone: ZoneInfo


def collect(*, source: str, settings: Mapping[str, Any], at: datetime) -> int:
    """Receive every file of the folder, in the order of names, and return how many were new.

    A file is moved after its batch is committed; should we stop between the two, it is found again and known.
    """
    folder = Path(str(settings["folder"]))
    mapped = _mapped(settings)
    count = 0
    for path in sorted(folder.glob(str(settings.get("pattern", "*.csv")))):
        if not path.is_file():
            continue
        content = path.read_bytes()
        try:
            records, held = parse(content, mapped, name=path.name)
            with transaction():
                ref = operations.receive_batch(
                    source=source,
                    identity=path.name,
                    checksum=hashlib.sha256(content).hexdigest(),
                    records=records,
                    held=held,
                    at=at,
                )
        except (FileUnreadable, operations.SameContent) as refusal:
            _put_away(path, "bad", why=str(refusal))
            continue
        _put_away(path, "done")
        count += ref.new
    return count


def parse(content: bytes, mapped: Mapped, *, name: str) -> tuple[list[UsageRecord], list[Held]]:
    """Return a file's records, and its lines that cannot be read with the reason.

    :raises FileUnreadable: if it is no text, or lacks a column.
    """
    records: list[UsageRecord] = []
    held: list[Held] = []
    for values in _lines(content, mapped, name):
        try:
            records.append(read_record(values, zone=mapped.zone))
        except RecordDeclined as declined:
            held.append((values, declined.reason))
    return records, held


def _lines(content: bytes, mapped: Mapped, name: str) -> Iterator[dict[str, str]]:
    try:
        text = content.decode(mapped.encoding)
    except UnicodeDecodeError as error:
        raise FileUnreadable(file=name, reason=f"it is not {mapped.encoding} text") from error
    reader = csv.DictReader(io.StringIO(text), delimiter=mapped.delimiter)
    missing = sorted(set(mapped.columns.values()) - set(reader.fieldnames or ()))
    if missing:
        raise FileUnreadable(file=name, reason=f"it lacks the columns {', '.join(missing)}")
    try:
        for row in reader:
            yield {**mapped.values, **{field: row.get(column) or "" for field, column in mapped.columns.items()}}
    except csv.Error as error:
        raise FileUnreadable(file=name, reason=str(error)) from error


def _mapped(settings: Mapping[str, Any]) -> Mapped:
    columns: Mapping[str, str] = settings.get("columns") or {name: name for name in FIELDS[:6]}
    values = {str(name): str(value) for name, value in (settings.get("values") or {}).items()}
    if "identifier_kind" in settings:
        values["identifier_kind"] = str(settings["identifier_kind"])
    zone = settings.get("time_zone")
    return Mapped(
        columns={str(field): str(column) for field, column in columns.items()},
        values=values,
        delimiter=str(settings.get("delimiter", ",")),
        encoding=str(settings.get("encoding", "utf-8-sig")),
        zone=ZoneInfo(str(zone)) if zone else time_zone(),
    )


def _put_away(path: Path, folder: str, *, why: str = "") -> None:
    place = path.parent / folder
    place.mkdir(exist_ok=True)
    target = place / path.name
    number = 1
    while target.exists():
        number += 1
        target = place / f"{path.stem}.{number}{path.suffix}"
    path.rename(target)
    if why:
        target.with_name(target.name + ".reason").write_text(why + "\n", encoding="utf-8")
