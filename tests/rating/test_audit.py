"""What was read is what became of it, source by source and record by record."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest

from tests.factories.provisioning import active_line
from tests.factories.usage import call, metered_line
from utenza.infra import usage_store as store
from utenza.infra.work import drain_all
from utenza.provisioning import queries as provisioning
from utenza.rating import queries
from utenza.rating.tables import RATED_SCHEMA
from utenza.usage import operations as usage
from utenza.usage import queries as usage_queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]

AT = datetime(2026, 2, 2, 10, tzinfo=UTC)
LATER = datetime(2026, 4, 3, 9, tzinfo=UTC)


def _audit(source: str) -> dict[str, int]:
    (found,) = [row for row in queries.usage_audit() if row.source == source]
    return {name: value for name, value in asdict(found).items() if name != "source" and value}


def test_every_record_is_in_one_place_at_every_step() -> None:
    line = metered_line()
    bare = provisioning.line(active_line(at=AT).line_id)
    records = [
        call("rated", line, AT, 90, number="4930123456"),
        call("free", line, AT, 60),
        replace(call("live", line, AT, 90), line_id=line.line_id, charged_micro=7),
        call("no tariff", bare, datetime(2026, 2, 3, tzinfo=UTC), 90),
        replace(call("stranger", line, AT, 90), identifier="nobody@example.it"),
        replace(call("mended", line, AT, 30), identifier="nobody@example.it"),
    ]
    usage.push_batch(source="switch", identity="b1", records=records, at=LATER)
    assert _audit("switch") == {"read": 6, "pending": 4, "quarantined": 2}
    assert usage.write_raw(at=LATER) == 1
    assert _audit("switch") == {"read": 6, "pending": 4, "quarantined": 2}
    drain_all(at=LATER)
    rated = {"rated": 1, "zero_rated": 1, "charged_live": 1, "non_billable": 1}
    assert _audit("switch") == {"read": 6, **rated, "quarantined": 2}

    usage.push_batch(source="switch", identity="b2", records=[records[0], call("new", line, AT, 60)], at=LATER)
    usage.push_batch(source="other", identity="b2", records=[records[0]], at=LATER)
    held = usage_queries.quarantined()[1]
    usage.resend(quarantined_id=held.quarantined_id, corrections={"identifier": line.identifiers[0]}, at=LATER)
    assert usage.write_raw(at=LATER) == 3
    assert _audit("switch") == {"read": 8, **rated, "pending": 2, "duplicate": 1, "quarantined": 1}
    drain_all(at=LATER)
    assert _audit("switch") == {"read": 8, **rated, "zero_rated": 3, "duplicate": 1, "quarantined": 1}
    assert _audit("other") == {"read": 1, "rated": 1}


def test_an_event_lost_on_the_way_is_a_difference() -> None:
    line = metered_line()
    usage.push_batch(source="switch", identity="b1", records=[call("1", line, AT, 90)], at=LATER)
    drain_all(at=LATER)
    store.open_table("rated", RATED_SCHEMA).delete()
    assert _audit("switch") == {"read": 1, "difference": 1}
