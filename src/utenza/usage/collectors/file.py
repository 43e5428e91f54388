"""Files in a folder: each is received once, by its name and its checksum, and then moved to `done/` or `bad/`.

A file that is still being written is left for the next time (see `completeness`), a folder is left alone. A file that
cannot be received goes to `bad/`, with the reason beside it, and the others go on; only what concerns the whole source
(its settings, its folder, the database) fails the source.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import InterfaceError, OperationalError

from utenza.core.errors import N_, Refusal
from utenza.infra.logs import get_logger
from utenza.infra.operator import time_zone
from utenza.infra.transactions import transaction
from utenza.usage import operations
from utenza.usage.collectors.completeness import is_complete, stand_of
from utenza.usage.file_settings import NEEDED, FileSettings, read_settings
from utenza.usage.landing import Held
from utenza.usage.records import FIELDS, RecordDeclined, UsageRecord, read_record
from utenza.usage.states import Reason

FILE_OCTETS_MAX = 128 * 2**20
NAME_MAX = 200
_log = get_logger(__name__)


class FileUnreadable(Refusal):
    code = "usage_file_unreadable"
    text = N_("The file %(file)s cannot be read: %(reason)s. It lies in the folder bad; mend it and put it back.")


class FolderAbsent(Refusal):
    code = "usage_folder_absent"
    text = N_("The folder %(folder)s cannot be read: %(reason)s. Make it, or mend the source's setting 'folder'.")


class FolderNotOurs(Refusal):
    code = "usage_folder_not_ours"
    text = N_("Nothing can be moved within the folder %(folder)s: %(reason)s. Let Utenza's user write there.")


def collect(*, source: str, settings: Mapping[str, Any], at: datetime) -> int:
    """Receive every complete file of the folder, in the order of names, and return how many were new.

    A file is moved after its batch is committed; should we stop between the two, it is found again and known.

    :raises SourceSettingsWrong: if a setting is wrong.
    :raises FolderAbsent: if the folder cannot be read.
    :raises FolderNotOurs: if files cannot be moved in it; they were received all the same.
    """
    found = read_settings(settings, zone=time_zone())
    count, stuck = 0, None
    for path in _files(found):
        try:
            count += _receive(path, found, source=source, at=at)
        except OSError as error:
            stuck = stuck or error
    if stuck is not None:
        raise FolderNotOurs(folder=found.folder, reason=stuck.strerror or str(stuck)) from stuck
    return count


def parse(content: bytes, settings: FileSettings, *, name: str) -> tuple[list[UsageRecord], list[Held]]:
    """Return a file's records, and its lines that cannot be read with the reason.

    :raises FileUnreadable: if it is no text, or lacks a column.
    """
    records: list[UsageRecord] = []
    held: list[Held] = []
    for values, whole in _lines(content, settings, name):
        try:
            if not whole:
                raise RecordDeclined(Reason.BAD_LINE)
            records.append(read_record(values, zone=settings.zone))
        except RecordDeclined as declined:
            held.append((values, declined.reason))
    return records, held


def _files(settings: FileSettings) -> list[Path]:
    try:
        # `glob` says nothing of a folder that is not there.
        settings.folder.stat()
        found = sorted(settings.folder.glob(settings.pattern))
        return [path for path in found if path.is_file()]
    except OSError as error:
        raise FolderAbsent(folder=settings.folder, reason=error.strerror or str(error)) from error


def _receive(path: Path, settings: FileSettings, *, source: str, at: datetime) -> bool:
    """Receive one file and move it away; return whether it was new.

    :raises OSError: if it cannot be moved.
    """
    try:
        if not is_complete(path, settle_s=settings.settle_s):
            return False
        content = _read(path)
        if content is None:
            return False
        records, held = parse(content, settings, name=path.name)
        with transaction():
            ref = operations.receive_batch(
                source=source,
                identity=path.name,
                checksum=_checksum(path.name, content, some=bool(records or held)),
                records=records,
                held=held,
                at=at,
            )
    except FileNotFoundError:
        return False
    except (OperationalError, InterfaceError, operations.SourceUnknown):
        raise
    except Refusal as refusal:
        _put_away(path, "bad", why=str(refusal))
        return False
    except Exception as error:  # a file that we did not foresee must not keep the others from being received
        _log.error("usage_file_failed", source=source, file=path.name, exc_info=True)
        _put_away(path, "bad", why=f"{type(error).__name__}: {error}")
        return False
    _put_away(path, "done")
    return ref.new


def _read(path: Path) -> bytes | None:
    """Return a file's content; None if it changed while it was read, or is gone.

    :raises FileUnreadable: if it may not be read, or its name or size is beyond what can be received.
    """
    try:
        before = stand_of(path)
        if before.octets > FILE_OCTETS_MAX:
            raise FileUnreadable(file=_shown(path), reason=f"it is larger than {FILE_OCTETS_MAX} octets")
        content = path.read_bytes()
        if stand_of(path) != before:
            return None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileUnreadable(file=_shown(path), reason=error.strerror or str(error)) from error
    if len(path.name) > NAME_MAX or _shown(path) != path.name:
        raise FileUnreadable(file=_shown(path), reason=f"its name is no text of at most {NAME_MAX} characters")
    return content


def _checksum(name: str, content: bytes, *, some: bool) -> str:
    """Return by what a file is known; those without a record are alike and not the same, so their names count."""
    return hashlib.sha256(content if some else f"{name}\n".encode() + content).hexdigest()


def _lines(content: bytes, settings: FileSettings, name: str) -> Iterator[tuple[dict[str, str], bool]]:
    """Yield the fields of each line, and whether it has as many as the headings (empty ones beyond them are let be)."""
    text = _text(content, settings, name)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=settings.delimiter, strict=True)
    try:
        headings = [heading.strip() for heading in next(reader, [])]
        places = _places(headings, settings, name)
        for row in reader:
            if not row:
                continue
            whole = len(row) >= len(headings) and not any(row[len(headings) :])
            fields = {field: row[place] if place < len(row) else "" for field, place in places.items()}
            yield {**settings.values, **fields}, whole
    except csv.Error as error:
        raise FileUnreadable(file=name, reason=f"line {reader.line_num}: {error}") from error


def _text(content: bytes, settings: FileSettings, name: str) -> str:
    try:
        text = content.decode(settings.encoding)
        # Some encodings yield halves of characters, which no database takes.
        text.encode("utf-8")
    except ValueError as error:
        raise FileUnreadable(file=name, reason=f"it is not {settings.encoding} text") from error
    if "\0" in text:
        raise FileUnreadable(file=name, reason="it holds a NUL character, so it is no text or was cut off")
    if not text.strip():
        raise FileUnreadable(file=name, reason="it is empty")
    return text


def _places(headings: Sequence[str], settings: FileSettings, name: str) -> dict[str, int]:
    """Return in which column each field stands."""
    columns = settings.columns
    if columns is None:
        columns = {field: field for field in FIELDS if field in headings or field in NEEDED}
        columns = {field: column for field, column in columns.items() if field not in settings.values}
    missing = sorted({column for column in columns.values() if column not in headings})
    if missing:
        raise FileUnreadable(file=name, reason=f"it lacks the columns {', '.join(missing)}")
    twice = sorted({column for column in columns.values() if headings.count(column) > 1})
    if twice:
        raise FileUnreadable(file=name, reason=f"it has the columns {', '.join(twice)} twice")
    return {field: headings.index(column) for field, column in columns.items()}


def _shown(path: Path) -> str:
    return path.name.encode("utf-8", "backslashreplace").decode()


def _put_away(path: Path, folder: str, *, why: str = "") -> None:
    place = path.parent / folder
    place.mkdir(exist_ok=True)
    target = place / path.name
    number = 1
    while target.exists() or target.is_symlink():
        number += 1
        target = place / f"{path.stem}.{number}{path.suffix}"
    try:
        path.rename(target)
    except FileNotFoundError:
        return  # another collector, who knew the file as well, put it away first
    if why:
        # A long name leaves no room for a longer one: the reason's is then cut, and says the file's beginning.
        reason = target.with_name(f"{target.name}.reason" if len(target.name) < NAME_MAX else f"{number}.reason")
        reason.write_text(f"{_shown(target)}\n{why}\n", encoding="utf-8", errors="backslashreplace")
