"""How much of a dialled number decides its price. Pure.

A tariff's prefixes are a tree of digits; the longest that a number begins with gives its zone. Once the way of the
number leaves the tree, no digit that follows can change the zone: so the digits up to and with the one that leaves it
are all that pricing needs, and the others tell only whom the number reaches.
"""

from __future__ import annotations

from collections.abc import Container

from utenza.pricing.compiled import CompiledTariff


def prefix_nodes(tariff: CompiledTariff) -> frozenset[str]:
    """Return every beginning of every prefix of a tariff, the prefixes themselves too."""
    found: set[str] = set()
    waiting = [(0, "")]
    while waiting:
        node, digits = waiting.pop()
        for digit, child in enumerate(tariff.trie_child[node].tolist()):
            if child:
                found.add(f"{digits}{digit}")
                waiting.append((child, f"{digits}{digit}"))
    return frozenset(found)


def digits_needed(digits: str, nodes: Container[str]) -> int:
    """Return how many of a number's digits decide its zone, among prefixes whose beginnings are `nodes`."""
    depth = 0
    while depth < len(digits) and digits[: depth + 1] in nodes:
        depth += 1
    return min(depth + 1, len(digits))


def is_decided(tariff: CompiledTariff, digits: str) -> bool:
    """Return whether these first digits of a number decide its zone, whatever digits follow."""
    node = 0
    for digit in digits:
        node = int(tariff.trie_child[node, int(digit)])
        if node == 0:
            return True
    return not tariff.trie_child[node].any()
