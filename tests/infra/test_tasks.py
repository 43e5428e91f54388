"""Tasks that join the transaction in which they are deferred."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.infra import stage_of_tests  # noqa: F401 - it has the task
from utenza.infra import tasks
from utenza.infra.transactions import transaction


@pytest.fixture
def table(committed_db: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE test_heard (id bigserial PRIMARY KEY, word text)")


def heard() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT word FROM test_heard ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


class TestADeferredTask:
    def test_runs_once_with_its_arguments(self, table: None) -> None:
        with transaction():
            tasks.defer("test.note", arguments={"word": "a"})
            tasks.defer("test.note", arguments={"word": "b"})
        assert tasks.run_queued() == 2
        assert tasks.run_queued() == 0
        assert heard() == ["a", "b"]

    def test_never_exists_when_its_transaction_is_rolled_back(self, table: None) -> None:
        with pytest.raises(ZeroDivisionError), transaction():
            tasks.defer("test.note", arguments={"word": "a"})
            raise ZeroDivisionError
        assert tasks.run_queued() == 0

    def test_waits_at_most_once_under_a_unique_word_and_harms_no_transaction(self, table: None) -> None:
        with transaction():
            first = tasks.defer("test.note", arguments={"word": "a"}, unique="one")
            second = tasks.defer("test.note", arguments={"word": "b"}, unique="one")
            tasks.defer("test.note", arguments={"word": "c"})
        assert first is not None
        assert second is None
        tasks.run_queued()
        assert heard() == ["a", "c"]

    def test_that_fails_is_told_and_not_run_again(self, table: None) -> None:
        with transaction():
            tasks.defer("test.note", arguments={"no_such_argument": 1})
        with pytest.raises(tasks.TaskFailed, match=r"test\.note"):
            tasks.run_queued()
        assert tasks.run_queued() == 0
