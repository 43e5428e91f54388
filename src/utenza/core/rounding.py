"""The one rounding rule: half away from zero, on whole numbers."""

from __future__ import annotations


def divide_half_away(numerator: int, denominator: int) -> int:
    """Divide exactly and round half away from zero.

    :raises ZeroDivisionError: if `denominator` is 0.
    """
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    quotient, remainder = divmod(abs(numerator), denominator)
    if 2 * remainder >= denominator:
        quotient += 1
    return quotient if numerator >= 0 else -quotient


def round_to_step(value: int, step: int) -> int:
    """Round `value` to the nearest multiple of `step` (> 0), half away from zero."""
    return divide_half_away(value, step) * step
