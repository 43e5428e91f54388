"""When which price window holds: the tariff's local clock laid out as edges in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from utenza.pricing.columns import Int32, Int64, instant_us
from utenza.pricing.compiled import HOLIDAY_ROW, CompiledTariff

MINUTE_US = 60_000_000
DAY_US = 86_400_000_000
FOREVER_US = 2**63 - 1


@lru_cache(maxsize=64)
def edges_between(tariff: CompiledTariff, first_day: int, last_day: int) -> tuple[Int64, Int32]:
    """Return (instants, windows): from instants[i] up to instants[i + 1] holds windows[i].

    Days are counted in UTC since 1970, both ends included. One more instant than windows is returned: the last is
    FOREVER_US. The arrays are shared: do not write to them.
    """
    if tariff.one_window:
        return np.array([first_day * DAY_US, FOREVER_US], dtype=np.int64), np.zeros(1, dtype=np.int32)
    zone = ZoneInfo(tariff.time_zone)
    starts: list[int] = []
    windows: list[int] = []
    for day in range(first_day, last_day + 1):
        cells = _windows_of_utc_day(tariff, zone, date(1970, 1, 1) + timedelta(days=day))
        changes = [0, *(np.flatnonzero(np.diff(cells)) + 1).tolist()]
        for minute in changes:
            window = int(cells[minute])
            if not windows or windows[-1] != window:
                starts.append(day * DAY_US + minute * MINUTE_US)
                windows.append(window)
    return np.array([*starts, FOREVER_US], dtype=np.int64), np.array(windows, dtype=np.int32)


def _windows_of_utc_day(tariff: CompiledTariff, zone: ZoneInfo, day: date) -> Int32:
    """Return the window of each of the 1,440 minutes of a UTC day.

    A minute is looked up by the local clock that shows during it, so the hour that a change of clocks repeats is priced
    twice alike, and the hour that it skips does not occur.
    """
    midnight = datetime.combine(day, time(), tzinfo=UTC)
    offsets = [_offset_minutes(midnight + timedelta(minutes=m), zone) for m in (0, 1439)]
    if offsets[0] == offsets[1]:
        shift = np.full(1440, offsets[0], dtype=np.int64)
    else:
        shift = np.array([_offset_minutes(midnight + timedelta(minutes=m), zone) for m in range(1440)], dtype=np.int64)
    local = np.arange(1440, dtype=np.int64) + shift
    rows = {step: _row(tariff, day + timedelta(days=step)) for step in (-1, 0, 1)}
    row_of_day = np.array([rows[-1], rows[0], rows[1]], dtype=np.int64)
    cells: Int32 = tariff.week[row_of_day[local // 1440 + 1], local % 1440]
    return cells


def _offset_minutes(at: datetime, zone: ZoneInfo) -> int:
    offset = at.astimezone(zone).utcoffset()
    return 0 if offset is None else offset // timedelta(minutes=1)


def _row(tariff: CompiledTariff, day: date) -> int:
    return HOLIDAY_ROW if tariff.is_holiday(day) else day.weekday()


# Events outside these years are faults of a clock; they are refused one by one, so that the time line stays short.
STARTED_MIN_US = instant_us(datetime(2000, 1, 1, tzinfo=UTC))
STARTED_MAX_US = instant_us(datetime(2100, 1, 1, tzinfo=UTC))
