"""The examination of the house: whatever is broken, the rest is still looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from utenza.infra import health
from utenza.infra.health import Finding, State, attempt, examine

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def registry() -> Iterator[dict[str, health.Check]]:
    """Give the test the registry, and put it back as it was."""
    before = dict(health._checks)
    health._checks.clear()
    yield health._checks
    health._checks.clear()
    health._checks.update(before)


def test_every_registered_check_is_asked_with_the_instant(registry: dict[str, health.Check]) -> None:
    @health.checks("tide")
    def tide(*, at: datetime) -> list[Finding]:
        return [Finding(name="tide", state=State.OK, text=f"{at:%H}")]

    assert [finding.text for finding in examine(at=AT) if finding.name == "tide"] == ["08"]


def test_a_check_that_fails_is_a_finding_and_hides_no_other(registry: dict[str, health.Check]) -> None:
    @health.checks("broken")
    def broken(*, at: datetime) -> list[Finding]:
        raise LookupError("nothing there\nat all")

    @health.checks("whole")
    def whole(*, at: datetime) -> list[Finding]:
        return [Finding(name="whole", state=State.OK, text="fine")]

    found = {finding.name: finding for finding in examine(at=AT)}
    assert found["broken"].state is State.BAD
    assert found["broken"].text == "It cannot be examined: LookupError: nothing there"
    assert found["whole"].state is State.OK


def test_what_could_be_looked_at_is_returned_as_it_was_found() -> None:
    finding = Finding(name="x", state=State.WARNING, text="look", advice="do")
    assert attempt("x", lambda: [finding]) == [finding]
