"""Numbers: gap-free series for what the law counts, quick codes for everything else."""

from __future__ import annotations

import re

from django.db import connection
from django.db.utils import IntegrityError, ProgrammingError

from utenza.infra.transactions import demands_transaction, savepoint


@demands_transaction
def next_number(*, series: str, fiscal_year: int | None) -> int:
    """Take the next number of `series` in `fiscal_year`, from 1, without gaps.

    The series stays locked until the transaction ends, so that a rolled back number is given out again. Ask for it
    last, to keep others waiting as briefly as can be.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO infra_number_series AS n (series, fiscal_year, last_number) VALUES (%s, %s, 1)
            ON CONFLICT ON CONSTRAINT infra_number_series_series_year_unique
            DO UPDATE SET last_number = n.last_number + 1 RETURNING last_number
            """,
            [series, fiscal_year or 0],
        )
        return int(cursor.fetchone()[0])


def code_number(prefix: str, n: int, width: int) -> str:
    """Return the code of number `n`: `code_number("C", 42, 7)` gives C0000042."""
    return f"{prefix}{n:0{width}d}"


@demands_transaction
def next_code(*, series: str, prefix: str, width: int) -> str:
    """Take the next code of `series`, such as C0000042. Nobody waits for it, and a rollback leaves a gap."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", series):
        raise ValueError(f"'{series}' does not name a series")
    sequence = f"infra_code_{series}"
    number = _next_value(sequence)
    if number is None:
        _create_sequence(sequence)
        number = _next_value(sequence)
    if number is None:
        raise RuntimeError(f"the sequence {sequence} cannot be created")
    return code_number(prefix, number, width)


def _next_value(sequence: str) -> int | None:
    # to_regclass gives NULL where there is no such sequence, and nextval(NULL) is NULL: no error, no savepoint.
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(to_regclass(%s))", [sequence])
        value = cursor.fetchone()[0]
    return None if value is None else int(value)


def _create_sequence(sequence: str) -> None:
    try:
        with savepoint(), connection.cursor() as cursor:
            cursor.execute(f"CREATE SEQUENCE IF NOT EXISTS {sequence}")
    except (IntegrityError, ProgrammingError):
        # Another transaction created it in the same instant and has committed: it is there now.
        return
