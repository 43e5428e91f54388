"""Faults of the ground that the house stands on, told as refusals that a person can act on."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import psycopg
from django.db.utils import InterfaceError, OperationalError

from utenza.core.errors import N_, Refusal

# Classes of SQLSTATE that mean that the server, not the statement, is the trouble (PostgreSQL, appendix A).
_AWAY = ("08", "57P", "53300")
_FULL = ("53100",)
_RACE = ("40001", "40P01", "55P03")


class DatabaseAway(Refusal):
    code = "database_away"
    text = N_("The database does not answer: nothing was changed. Start it, or wait a moment, and try again.")
    retryable: ClassVar[bool] = True


class DiskFull(Refusal):
    code = "disk_full"
    text = N_("The disk is full: nothing was changed. Free some space and try again.")
    retryable: ClassVar[bool] = True


class TryAgain(Refusal):
    code = "try_again"
    text = N_("Somebody changed the same thing in this moment: nothing was changed. Try again.")
    retryable: ClassVar[bool] = True


def as_refusal(error: BaseException) -> Refusal | None:
    """Return the refusal that tells of `error`, or None if it is no fault of the ground."""
    seen: BaseException | None = error
    while seen is not None:
        found = _one(seen)
        if found is not None:
            return found
        seen = seen.__cause__
    return None


@contextmanager
def told_as_refusals() -> Iterator[None]:
    """Raise faults of the database and the disk inside as DatabaseAway, DiskFull or TryAgain; for shells.

    :raises DatabaseAway, DiskFull, TryAgain: all of which may succeed when they are tried again.
    """
    try:
        yield
    except Exception as error:
        refusal = as_refusal(error)
        if refusal is None:
            raise
        raise refusal from error


def _one(error: BaseException) -> Refusal | None:
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return DiskFull()
    if isinstance(error, psycopg.Error):
        state = error.sqlstate or ""
        if state.startswith(_FULL):
            return DiskFull()
        if state.startswith(_RACE):
            return TryAgain()
        if state.startswith(_AWAY):
            return DatabaseAway()
        if not state and isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
            return DatabaseAway()
        return None
    # Django's own, raised without a driver's error behind it: the connection is closed.
    if isinstance(error, (OperationalError, InterfaceError)) and error.__cause__ is None:
        return DatabaseAway()
    return None
