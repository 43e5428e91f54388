"""What reaches a log: no secret, and nothing of a person, not even by way of a traceback."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from django.db import IntegrityError, connection

from tests.factories.parties import person_customer
from utenza.infra import logs
from utenza.infra.transactions import savepoint
from utenza.parties.models import Party


@contextmanager
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """Log as a process in production does; what was logged is in the list afterwards."""
    root, output, lines = logging.getLogger(), io.StringIO(), []
    before, level, configured = root.handlers[:], root.level, structlog.get_config()
    monkeypatch.setattr("sys.stderr", output)
    logs.configure(json=True)
    try:
        yield lines
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.configure(**configured)
        monkeypatch.undo()
        lines += [json.loads(line) for line in output.getvalue().splitlines()]


def test_values_that_are_secret_are_masked_at_any_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    with logged(monkeypatch) as lines:
        logs.get_logger("t").info("took", iban="IT60X0542811101000000123456", row={"email": "a@b.example", "n": 1})
    assert lines[0]["iban"] == lines[0]["row"]["email"] == "•••"
    assert lines[0]["row"]["n"] == 1


@pytest.mark.django_db
def test_the_row_that_broke_a_constraint_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    person_customer()
    code = Party.objects.values_list("tax_code", flat=True)[0]
    with logged(monkeypatch) as lines:
        try:
            with savepoint(), connection.cursor() as cursor:
                cursor.execute("UPDATE parties_party SET country = NULL")
        except IntegrityError as error:
            quoted = str(error)
            logs.get_logger("t").error("handler_failed", exc_info=True)
    assert code in quoted, "PostgreSQL quotes the whole row"
    assert "IntegrityError" in lines[0]["exception"]
    assert code not in lines[0]["exception"]


def test_an_address_in_the_sentence_of_a_library_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    with logged(monkeypatch) as lines:
        logging.getLogger("smtp").warning("refused for giulia.bellandi@posta.example today")
    assert lines[0]["event"] == "refused for ••• today"
