"""The arithmetic of disputes; pure."""

from __future__ import annotations

from utenza.core.rounding import divide_half_away


def part_as_priced(*, gross_micro: int, whole_gross_micro: int, whole_priced_micro: int, step_micro: int) -> int:
    """Return what of a line, as it is priced (with tax or without), a sum with tax is; to the step, at most all of it.

    The whole gives the whole, whatever the tax rounds to.
    """
    if gross_micro >= whole_gross_micro:
        return whole_priced_micro
    part = divide_half_away(gross_micro * whole_priced_micro, whole_gross_micro * step_micro) * step_micro
    return min(part, whole_priced_micro)
