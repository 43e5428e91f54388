"""Files behind one small interface: a local folder, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from utenza.core.errors import N_, Refusal
from utenza.infra import clock, configuration
from utenza.infra.models.file import StoredFile as FileRow
from utenza.infra.transactions import demands_transaction

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")


class FileMissing(Refusal):
    code = "file_missing"
    text = N_("The file '%(key)s' is not in the store: it was never written, or it was erased.")


class FileDamaged(Refusal):
    code = "file_damaged"
    text = N_("The file '%(key)s' is not as it was written: restore it from a backup.")


class FileTaken(Refusal):
    code = "file_taken"
    text = N_("Another file is stored as '%(key)s' already: a stored file never changes, so choose another name.")


@dataclass(frozen=True, slots=True)
class StoredFile:
    key: str
    mime: str
    size_octets: int
    sha256: str


@demands_transaction
def store(*, key: str, content: bytes, mime: str) -> StoredFile:
    """Store `content` under `key`, durably, before the row that names it can be committed. Safe to repeat.

    :raises FileTaken: if other bytes are stored under the key.
    """
    digest = hashlib.sha256(content).hexdigest()
    _write(path_of(key), content)
    row, _created = FileRow.objects.get_or_create(
        key=key,
        defaults={"mime": mime, "size_octets": len(content), "sha256": digest, "stored_at": clock.now()},
    )
    return _view(row)


def read(key: str) -> bytes:
    """Return the bytes stored under `key`, checked against the sum taken when they were written.

    :raises FileMissing: if there are none.
    :raises FileDamaged: if the bytes are not the ones that were written.
    """
    about = describe(key)
    try:
        content = path_of(key).read_bytes()
    except FileNotFoundError as error:
        raise FileMissing(key=key) from error
    if hashlib.sha256(content).hexdigest() != about.sha256:
        raise FileDamaged(key=key)
    return content


def exists(key: str) -> bool:
    """Return whether something is stored under `key`."""
    return FileRow.objects.filter(key=key).exists()


def describe(key: str) -> StoredFile:
    """Return what is known of the file under `key`.

    :raises FileMissing: if there is none.
    """
    row = FileRow.objects.filter(key=key).first()
    if row is None:
        raise FileMissing(key=key)
    return _view(row)


@demands_transaction
def erase(*, key: str) -> None:
    """Forget the file under `key` and its bytes; nothing happens if there is none."""
    FileRow.objects.filter(key=key).delete()
    path_of(key).unlink(missing_ok=True)


def path_of(key: str) -> Path:
    """Return where the bytes of `key` lie.

    :raises ValueError: if the key is not made of plain names and slashes, so that it could leave the folder.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"'{key}' is not a key of a file")
    return configuration.load().home / "files" / key


def _write(path: Path, content: bytes) -> None:
    """Write the whole file under another name, bring it to the disk, and then give it its name, unless it has it."""
    if path.exists():
        if path.read_bytes() != content:
            raise FileTaken(key=path.name)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _view(row: FileRow) -> StoredFile:
    return StoredFile(key=row.key, mime=row.mime, size_octets=row.size_octets, sha256=row.sha256)
