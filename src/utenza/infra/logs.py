"""Structured logs, without secrets or personal data."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# Keys whose values never reach a log, whoever logs them.
MASKED = frozenset(
    {
        "password", "secret", "token", "authorization", "cookie", "session", "key", "iban", "tax_code", "vat_number",
        "email", "phone", "address", "given_name", "family_name", "birth_date", "username", "msisdn", "a_identifier",
        "b_number", "to", "text", "html", "subject_line",
    }
)  # fmt: skip
_MASK = "•••"


def mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the values of keys that hold secrets or personal data, at any depth."""
    for name in list(event):
        event[name] = _MASK if name in MASKED and event[name] else _masked(event[name])
    return event


# What the text of an error may quote: the values of a row that broke a constraint, and who was written to.
_QUOTED = re.compile(r"^\s*(DETAIL|CONTEXT):.*$|[\w.+-]+@[\w-]+(\.[\w-]+)+", re.MULTILINE)


def scrub(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out of a traceback and of a foreign library's sentence what it quotes of people's data."""
    for name in ("exception", "event"):
        if isinstance(text := event.get(name), str):
            event[name] = _QUOTED.sub(_MASK, text)
    return event


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _MASK if name in MASKED and inner else _masked(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(inner) for inner in value]
    return value


def configure(*, json: bool | None = None, level: str = "INFO") -> None:
    """Set up logging for this process: JSON lines, or readable lines where a person looks on.

    :param json: by default JSON unless the error output is a terminal.
    """
    as_json = (not sys.stderr.isatty()) if json is None else json
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    final: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        scrub,
    ]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*final, renderer]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("procrastinate", "fontTools", "django.db.backends"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


# A process that never configured its logs masks all the same, and shows no local variables beside a traceback.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        mask,
        structlog.processors.format_exc_info,
        scrub,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ],
    logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    cache_logger_on_first_use=False,
)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger of a module; its calls take an event word and key=value pairs."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
