"""Every event travels as JSON and comes back the same."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, ClassVar, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utenza.core.events import Event, event_types

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "<class 'str'>": st.text(max_size=20),
    "<class 'int'>": st.integers(-(2**63), 2**63 - 1),
    "<class 'bool'>": st.booleans(),
    "<class 'datetime.date'>": st.dates(),
    "<class 'datetime.datetime'>": st.datetimes(timezones=st.just(UTC)),
    "int | None": st.none() | st.integers(0, 10**9),
    "str | None": st.none() | st.text(max_size=20),
    "datetime.date | None": st.none() | st.dates(),
    "datetime.datetime | None": st.none() | st.datetimes(timezones=st.just(UTC)),
}
NAMES = sorted(event_types())


def test_every_stage_that_announces_is_known() -> None:
    stages = {name.partition(".")[0] for name in NAMES}
    assert {"parties", "application", "ordering", "provisioning", "billing", "payments", "overdue"} <= stages


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_an_event_survives_the_journey(name: str, data: st.DataObject) -> None:
    kind = event_types()[name]
    hints = get_type_hints(kind)
    values = {field.name: data.draw(VALUES[str(hints[field.name])], label=field.name) for field in fields(kind)}
    event = kind(**values)
    again = kind.from_payload(json.loads(json.dumps(event.to_payload())))
    assert again == event
    assert type(again) is kind
    assert again.subject == event.subject


@pytest.mark.parametrize("name", NAMES)
def test_an_event_is_named_by_its_stage_and_says_its_subject(name: str) -> None:
    kind = event_types()[name]
    assert kind.__module__.rpartition(".")[2] == name.partition(".")[0]
    assert kind.__doc__ is not None


def test_two_events_cannot_have_one_name() -> None:
    with pytest.raises(TypeError, match="two events"):

        @dataclass(frozen=True, slots=True, kw_only=True)
        class Impostor(Event):
            name: ClassVar[str] = "parties.customer_admitted"


def test_a_field_that_came_later_takes_its_default() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Grown(Event):
        name: ClassVar[str] = "core.grown"
        since: date
        note: str = "unsaid"

    try:
        grown = Grown.from_payload({"at": "2026-01-15T09:00:00+00:00", "since": "2026-01-15"})
        assert grown == Grown(at=datetime(2026, 1, 15, 9, tzinfo=UTC), since=date(2026, 1, 15))
    finally:
        from utenza.core.events import base

        del base._TYPES["core.grown"]
