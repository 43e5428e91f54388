"""What a command says when it cannot do what it was told: a refusal in the language of the terminal."""

from __future__ import annotations

import errno
import gettext
import os
from pathlib import Path

from utenza.core.errors import N_, Refusal

LOCALES = Path(__file__).resolve().parents[1] / "locale"
LANGUAGES = ("it",)  # beside English, in which the sentences are written


class DatabaseDoesNotAnswer(Refusal):
    code = "database-does-not-answer"
    text = N_("The database does not answer (%(why)s). 'utenza doctor' says what is wrong; nothing was half done.")
    retryable = True


class DatabaseNotUpToDate(Refusal):
    code = "database-not-up-to-date"
    text = N_("The database is not up to date (%(why)s). Run 'utenza init' and try again.")


class DatabaseFull(Refusal):
    code = "database-full"
    text = N_("The disk of the database is full (%(why)s). Nothing was half done: make room and try again.")
    retryable = True


class DiskFull(Refusal):
    code = "disk-full-while-writing"
    text = N_("The disk is full: %(path)s could not be written. Nothing was half done: make room and try again.")
    retryable = True


class FileTrouble(Refusal):
    code = "file-trouble"
    text = N_("%(path)s cannot be used: %(why)s. Mend that, or choose another place, and try again.")


class FileNotUnderstood(Refusal):
    code = "file-not-understood"
    text = N_("The file cannot be read: %(why)s. Correct it and try again.")


class NothingThere(Refusal):
    code = "nothing-there"
    text = N_("There is no %(what)s like this. Look it up with the command that lists them, and try again.")


class ValueNotKept(Refusal):
    code = "value-not-kept"
    text = N_("Something in the command is too long or too large to be kept (%(why)s). Correct it and try again.")


def said(refusal: Refusal) -> str:
    """Return the refusal's sentence in the language that LC_ALL, LC_MESSAGES or LANG asks for, English by default.

    It reads the catalogue by itself, since a command may fail before Django is awake.
    """
    asked = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    language = asked[:2].lower()
    if language not in LANGUAGES:
        return str(refusal)
    text = gettext.translation("django", LOCALES, [language], fallback=True).gettext(refusal.text)
    return text % refusal.data if refusal.data else text


def refusal_of(error: BaseException) -> Refusal | None:
    """Return what `error` means to the person at the terminal, or None if it is a fault of the program."""
    kind, module = type(error).__name__, type(error).__module__
    why = _first_line(error)
    if module.startswith(("django.db", "psycopg")):
        return _of_database(error, kind, why)
    if isinstance(error, OSError):
        path = str(error.filename or error.filename2 or "")
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            return DiskFull(path=path or "a file")
        return FileTrouble(path=path, why=(error.strerror or why).lower()) if path else None
    if kind == "DoesNotExist":
        return NothingThere(what=type(error).__qualname__.partition(".")[0].lower())
    if isinstance(error, UnicodeDecodeError):
        return FileNotUnderstood(why="it is no text in UTF-8")
    if isinstance(error, RecursionError):
        return FileNotUnderstood(why="it is nested too deeply")
    if module.startswith("yaml"):
        return FileNotUnderstood(why=" ".join(str(error).split()))
    return None


def _of_database(error: BaseException, kind: str, why: str) -> Refusal | None:
    state = str(getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None) or "")
    if state == "53100":
        return DatabaseFull(why=why)
    if kind in {"OperationalError", "InterfaceError"}:
        return DatabaseDoesNotAnswer(why=why)
    if state == "42P01":
        return DatabaseNotUpToDate(why=why)
    if state[:2] == "22" or kind == "DataError":
        return ValueNotKept(why=why)
    return None


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0].rstrip(".") if text else type(error).__name__
