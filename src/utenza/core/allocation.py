"""Splitting a sum so that the shares add up to the whole."""

from __future__ import annotations

from collections.abc import Sequence


def allocate(*, total: int, weights: Sequence[int], step: int = 1) -> list[int]:
    """Split `total` in proportion to `weights`, each share a multiple of `step`, adding up to `total` exactly.

    Largest remainder first, the earlier share on a tie, so that the same input gives the same shares.
    `total` must be a multiple of `step`; weights are not negative and not all zero (unless `total` is 0).

    :raises ValueError: if the input breaks one of these rules.
    """
    if step <= 0 or total % step:
        raise ValueError("the total must be a whole number of steps")
    if any(weight < 0 for weight in weights):
        raise ValueError("weights cannot be negative")
    whole = sum(weights)
    if whole == 0:
        if total == 0:
            return [0] * len(weights)
        raise ValueError("a sum cannot be split over weights that are all zero")
    sign = -1 if total < 0 else 1
    units = abs(total) // step
    floors = [units * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(units * weights[i] % whole), i))
    for i in order[: units - sum(floors)]:
        floors[i] += 1
    return [sign * share * step for share in floors]
