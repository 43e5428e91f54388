"""What a speed profile is in RADIUS attributes."""

from __future__ import annotations

from collections.abc import Mapping

from utenza.provisioning.rules import Speed

SUSPENDED_GROUP = "suspended"
SUSPENDED_PRIORITY = 0
PROFILE_PRIORITY = 10
# The vendor's attribute is a 32-bit count of bit/s; beyond it the device is told the most it can be told.
WISPR_MOST = 2**32 - 1


def speed_attributes(speed: Speed | None) -> dict[str, str]:
    """Return the attributes that set the speed of a session, for the vendors that we know of."""
    if speed is None:
        return {}
    return {
        # Seen from the router: what it receives from the customer, then what it sends.
        "Mikrotik-Rate-Limit": f"{_short(speed.up_bps)}/{_short(speed.down_bps)}",
        "WISPr-Bandwidth-Max-Down": str(min(speed.down_bps, WISPR_MOST)),
        "WISPr-Bandwidth-Max-Up": str(min(speed.up_bps, WISPR_MOST)),
    }


def group_attributes(*, speed: Speed | None, extra: Mapping[str, str], interim_s: int) -> dict[str, str]:
    """Return the reply attributes of a profile's group; `extra` wins over what is derived."""
    return {**speed_attributes(speed), "Acct-Interim-Interval": str(interim_s), **extra}


def _short(bps: int) -> str:
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if bps % unit == 0:
            return f"{bps // unit}{name}"
    return str(bps)
