"""The tests' own ground: what is rolled back, what is committed, and that both are real."""

from __future__ import annotations

import pytest
from django.db import connection


@pytest.mark.django_db
def test_a_rolled_back_test_runs_inside_an_open_transaction() -> None:
    assert connection.in_atomic_block


@pytest.mark.parametrize("turn", [1, 2])
def test_a_committed_database_starts_fresh_each_time(committed_db: object, turn: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE left_behind (turn int)")
        cursor.execute("SELECT count(*) FROM left_behind")
        assert cursor.fetchone() == (0,)
    assert not connection.in_atomic_block


@pytest.mark.django_db
def test_what_a_committed_test_wrote_is_not_seen_by_a_rolled_back_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('left_behind')")
        assert cursor.fetchone() == (None,)
