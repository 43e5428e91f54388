"""A worker killed at any commit of the usage path leaves every record once in each table."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tests.conftest import CommittedDatabase
from tests.factories.provisioning import planned_line
from tests.factories.usage import call
from utenza.infra import usage_store as store
from utenza.infra.transactions import transaction
from utenza.provisioning import queries as provisioning
from utenza.usage import operations, queries
from utenza.usage.tables import RECEIVED_BY, RECEIVED_SCHEMA

pytestmark = pytest.mark.usefixtures("home")

AT = datetime(2026, 2, 1, 9, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 9, tzinfo=UTC)
WRITER = """
from datetime import UTC, datetime
import django
django.setup()
from utenza.usage import operations
while operations.write_raw(at=datetime(2026, 3, 3, 9, tzinfo=UTC)):
    pass
"""


def _killed(point: str) -> int:
    environment = {**os.environ, "UTENZA_CRASH_TEST": "1", "UTENZA_CRASH_AT": point}
    environment.setdefault("DJANGO_SETTINGS_MODULE", "utenza.settings")
    done = subprocess.run([sys.executable, "-c", WRITER], env=environment, check=False, capture_output=True, text=True)
    assert done.returncode in (0, -9), done.stderr
    return done.returncode


@pytest.mark.parametrize("point", ["before-commit:1", "after-commit:1", "before-commit:2", "after-commit:2"])
def test_the_next_writer_finishes_once_what_a_killed_one_began(committed_db: CommittedDatabase, point: str) -> None:
    with transaction():
        line = provisioning.line(planned_line(at=AT).line_id)
        operations.push_batch(source="switch", identity="b1", records=[call("1", line, AT, 30)], at=LATER)
    assert _killed(point) == -9
    with transaction():
        both = [call("1", line, AT, 30), call("2", line, AT, 5)]
        operations.push_batch(source="switch", identity="b2", records=both, at=LATER)
    while operations.write_raw(at=LATER):
        pass
    assert sorted(queries.raw_usage(month="2026-02", bucket=line.bucket).events["quantity"].to_list()) == [5, 30]
    received = store.read(store.open_table("received", RECEIVED_SCHEMA, partition_by=RECEIVED_BY)).collect()
    assert received.height == 3
    (account,) = queries.sources()
    assert (account.records, account.landed, account.duplicates, account.waiting) == (3, 2, 1, 0)
