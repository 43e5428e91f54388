"""Every state of a line against everything that may be asked of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.factories.provisioning import planned_line, technicians_confirm
from utenza.core.errors import Refusal
from utenza.provisioning import operations, queries
from utenza.provisioning.operations import LineRef, ServiceSpec

AT = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
LATER = AT + timedelta(days=1)

pytestmark = pytest.mark.django_db


def planned() -> LineRef:
    return planned_line(at=AT)


def activating() -> LineRef:
    ref = planned()
    operations.activate(line_id=ref.line_id, at=AT)
    return ref


def active() -> LineRef:
    ref = activating()
    technicians_confirm(at=AT)
    return ref


def suspending() -> LineRef:
    ref = active()
    operations.suspend(line_id=ref.line_id, reason="debt", at=AT)
    return ref


def suspended() -> LineRef:
    ref = suspending()
    technicians_confirm(at=AT)
    return ref


def ceasing() -> LineRef:
    ref = active()
    operations.cease(line_id=ref.line_id, at=AT)
    return ref


def ceased() -> LineRef:
    ref = ceasing()
    technicians_confirm(at=AT)
    return ref


TRIGGERS: dict[str, Callable[[LineRef], object]] = {
    "activate": lambda ref: operations.activate(line_id=ref.line_id, at=LATER),
    "suspend": lambda ref: operations.suspend(line_id=ref.line_id, reason="fraud", at=LATER),
    "resume": lambda ref: operations.resume(line_id=ref.line_id, reason="debt", at=LATER),
    "modify": lambda ref: operations.modify_profile(line_id=ref.line_id, profile="fibre-30-3", at=LATER),
    "cease": lambda ref: operations.cease(line_id=ref.line_id, at=LATER),
}


def refusal_of(trigger: Callable[[LineRef], object], ref: LineRef) -> str:
    """Pull a trigger and return the code of its refusal; empty if it was accepted."""
    try:
        trigger(ref)
    except Refusal as refusal:
        return refusal.code
    return ""


# What the line is once the network has confirmed; a code is that of the refusal, which leaves all as it was.
EXPECTED: dict[Callable[[], LineRef], dict[str, str]] = {
    planned: {
        "activate": "active",
        "suspend": "planned",
        "resume": "planned",
        "modify": "planned",
        "cease": "ceased",
    },
    activating: {
        "activate": "nothing_to_activate",
        "suspend": "suspended",
        "resume": "active",
        "modify": "active",
        "cease": "ceased",
    },
    active: {
        "activate": "nothing_to_activate",
        "suspend": "suspended",
        "resume": "active",
        "modify": "active",
        "cease": "ceased",
    },
    suspending: {
        "activate": "nothing_to_activate",
        "suspend": "suspended",
        "resume": "active",
        "modify": "suspended",
        "cease": "ceased",
    },
    suspended: {
        "activate": "nothing_to_activate",
        "suspend": "suspended",
        "resume": "active",
        "modify": "suspended",
        "cease": "ceased",
    },
    ceasing: {
        "activate": "line_ceased",
        "suspend": "line_ceased",
        "resume": "line_ceased",
        "modify": "line_ceased",
        "cease": "ceased",
    },
    ceased: {
        "activate": "line_ceased",
        "suspend": "line_ceased",
        "resume": "line_ceased",
        "modify": "line_ceased",
        "cease": "ceased",
    },
}
CASES = [
    pytest.param(state, trigger, expected, id=f"{state.__name__}-{trigger}")
    for state, row in EXPECTED.items()
    for trigger, expected in row.items()
]


class TestEveryStateAgainstEveryTrigger:
    @pytest.mark.parametrize(("state", "trigger", "expected"), CASES)
    def test_it_ends_as_the_table_says(self, state: Callable[[], LineRef], trigger: str, expected: str) -> None:
        ref = state()
        before = queries.line(ref.line_id)
        refused_as = refusal_of(TRIGGERS[trigger], ref)
        if refused_as:
            assert refused_as == expected
            assert queries.line(ref.line_id) == before
            return
        technicians_confirm(at=LATER)
        line = queries.line(ref.line_id)
        assert line.status == expected
        if expected != "planned":
            assert line.settled

    def test_the_table_leaves_no_trigger_out(self) -> None:
        assert all(set(row) == set(TRIGGERS) for row in EXPECTED.values())


class TestOneServiceAmongSeveral:
    def test_a_ceased_service_keeps_its_line_open_for_the_others(self) -> None:
        ref = planned_line(
            at=AT,
            services=[
                ServiceSpec(kind="internet", profile="fibre-100-20"),
                ServiceSpec(kind="voice", identifier="39065"),
            ],
        )
        operations.activate(line_id=ref.line_id, at=AT)
        technicians_confirm(at=AT)
        for service in ref.services:
            operations.cease_service(service_id=service.service_id, at=LATER)
            technicians_confirm(at=LATER)
        assert queries.line(ref.line_id).status == "ceased"
