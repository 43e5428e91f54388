"""What an accounting session used between two looks at its counters, and when. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

# A device that writes nonsense into its counters must not leave the range of our columns.
COUNTER_MAX = 2**55


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The counters of a session as accounting showed them: octets of each direction, seconds since its start."""

    started_at: datetime
    observed_at: datetime
    octets_in: int
    octets_out: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Octets used since the reading before, and from when on they were used."""

    octets: int
    since: datetime


def difference(before: Reading | None, now: Reading) -> Difference | None:
    """Return what was used since the reading before; None if `now` is older news and tells nothing.

    A counter that runs back counts anew from zero if the session itself went on (a wrap, a card that restarted),
    each direction by itself. If the session's time ran back as well, a late packet has overwritten a newer one and
    nothing is counted, for what it tells was counted already. A session that starts after all that was seen of its
    identity is another one: devices use identities again.
    """
    if before is None or now.started_at > before.observed_at:
        return Difference(octets=now.octets_in + now.octets_out, since=now.started_at)
    steps = [(now.octets_in - before.octets_in, now.octets_in), (now.octets_out - before.octets_out, now.octets_out)]
    went_on = now.observed_at > before.observed_at and now.seconds > before.seconds
    if any(step < 0 for step, _ in steps) and not went_on:
        return None
    used = sum(step if step >= 0 else counter for step, counter in steps)
    return Difference(octets=used, since=min(before.observed_at, now.observed_at))
