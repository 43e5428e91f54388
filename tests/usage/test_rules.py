"""However often a session is looked at, its pieces add up to what it used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from utenza.usage.rules import Reading, difference

START = datetime(2026, 2, 2, 8, tzinfo=UTC)
GROWTH = st.tuples(st.integers(1, 600), st.integers(0, 2**40), st.integers(0, 2**40))


@given(steps=st.lists(GROWTH, min_size=1, max_size=12), looks=st.sets(st.integers(0, 11)))
def test_the_pieces_of_a_session_add_up_and_follow_each_other(
    steps: list[tuple[int, int, int]], looks: set[int]
) -> None:
    seconds = received = sent = 0
    before: Reading | None = None
    counted, since = 0, START
    for number, (later, more_in, more_out) in enumerate(steps):
        seconds, received, sent = seconds + later, received + more_in, sent + more_out
        now = Reading(
            started_at=START,
            observed_at=START + timedelta(seconds=seconds),
            octets_in=received,
            octets_out=sent,
            seconds=seconds,
        )
        if number in looks or number == len(steps) - 1:
            found = difference(before, now)
            assert found is not None
            assert found.since == since
            counted, since, before = counted + found.octets, now.observed_at, now
            assert difference(before, now) is not None
            assert difference(before, now).octets == 0  # type: ignore[union-attr]
    assert counted == received + sent
