"""The addresses of pages by their names. A page holds a hundred of them, so what is worked out once is kept."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from django.urls import NoReverseMatch, reverse

# A number that no address holds by itself: where it stands in an address, ids stand.
_MARK = 987_654_321_012


def address(name: str, /, *args: Any) -> str:
    """Return the address of the page called `name`.

    :raises NoReverseMatch: if there is none that takes `args`.
    """
    if args and all(type(one) is int and one >= 0 for one in args):
        parts = _parts(name, len(args))
        return parts[0] + "".join(f"{one}{part}" for one, part in zip(args, parts[1:], strict=True))
    return _kept(name, args)


def has_page(name: str) -> bool:
    """Whether the shell has a page without arguments called `name`."""
    try:
        _kept(name, ())
    except NoReverseMatch:
        return False
    return True


@lru_cache(4_096)
def _kept(name: str, args: tuple[Any, ...]) -> str:
    return reverse(name, args=args or None)


@cache
def _parts(name: str, ids: int) -> tuple[str, ...]:
    """Return what stands before, between and after the ids of an address."""
    return tuple(reverse(name, args=[_MARK] * ids).split(str(_MARK)))
