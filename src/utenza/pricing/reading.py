"""Reading a tariff's values as a person writes them, and gathering every fault with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

from utenza.pricing.columns import Kind
from utenza.pricing.compiled import UNLIMITED
from utenza.pricing.refusals import TariffRefused

_OCTETS = {
    "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
_SECONDS = {"s": 1, "sec": 1, "min": 60, "h": 3600}
_MESSAGES = {"sms": 1, "message": 1, "messages": 1}
UNITS: dict[Kind, dict[str, int]] = {Kind.VOICE: _SECONDS, Kind.DATA: _OCTETS, Kind.SMS: _MESSAGES}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", re.ASCII)
_CLOCK = re.compile(r"(\d\d):(\d\d)", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


class _PlainLoader(yaml.SafeLoader):
    """YAML in which scalars stay as they are written: 08:00 is no sexagesimal, 0039 no octal, 0.10 no float."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":bool", ":null"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _value in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                line = key_node.start_mark.line + 1
                raise TariffRefused(problems=((f"line {line}", "a name is a word"),))
            if key_node.value in seen:
                raise TariffRefused(
                    problems=((f"line {key_node.start_mark.line + 1}", f"'{key_node.value}' is written twice"),)
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def read_tariff(text: str) -> dict[str, Any]:
    """Read a tariff written in YAML (or JSON, which is YAML) without letting any value change its meaning.

    :raises TariffRefused: if it is not YAML, not a mapping, or holds a key twice; with the line.
    """
    try:
        # _PlainLoader is a SafeLoader: it builds plain values only.
        document = yaml.load(text, Loader=_PlainLoader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise TariffRefused(problems=((f"line {line}", error.problem or "it is not YAML"),)) from error
    except yaml.YAMLError as error:
        raise TariffRefused(problems=(("line 1", "it is not YAML"),)) from error
    if not isinstance(document, dict):
        raise TariffRefused(problems=(("line 1", "a tariff is a mapping of names to values"),))
    return document


@dataclass(slots=True)
class Problems:
    """Every fault found, so that a person mends a tariff in one go."""

    found: list[tuple[str, str]] = field(default_factory=list)

    def add(self, path: str, reason: str) -> None:
        self.found.append((path, reason))

    def refuse(self) -> None:
        """Raise TariffRefused if anything was found."""
        if self.found:
            raise TariffRefused(problems=tuple(self.found))


@dataclass(frozen=True, slots=True)
class Node:
    """A mapping of the document and where it stands."""

    values: Mapping[str, Any]
    path: str
    problems: Problems

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def only(self, allowed: Sequence[str]) -> None:
        """Report keys that nobody would read: a misspelt key must not be a silent nothing."""
        for key in self.values:
            if key not in allowed:
                self.problems.add(self.at(str(key)), f"this key is not known; known are {', '.join(allowed)}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.values.get(key, default)
        if isinstance(value, str) and value:
            return value
        self.problems.add(self.at(key), "a word is wanted" if key in self.values else "it is missing")
        return ""

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        value = self.text(key, default)
        if value and value not in choices:
            self.problems.add(self.at(key), f"'{value}' is not one of {', '.join(choices)}")
        return value

    def flag(self, key: str) -> bool:
        value = self.values.get(key, False)
        if isinstance(value, bool):
            return value
        self.problems.add(self.at(key), "write true or false")
        return False

    def price(self, key: str, *, required: bool = False) -> Decimal:
        """Return a price in currency units, exact; zero if it may be left out."""
        value = self.values.get(key)
        if value is None:
            if required:
                self.problems.add(self.at(key), "it is missing")
            return Decimal(0)
        if isinstance(value, float):
            self.problems.add(self.at(key), "write the price in quotes: a binary fraction is not exact")
            return Decimal(0)
        try:
            price = Decimal(value) if isinstance(value, str | int | Decimal) else Decimal("NaN")
        except InvalidOperation:
            price = Decimal("NaN")
        if isinstance(value, bool) or not price.is_finite() or price < 0:
            self.problems.add(self.at(key), f"'{value}' is not a price: write digits such as \"0.10\"")
            return Decimal(0)
        if price.normalize().as_tuple().exponent < -12 or price >= 10**9:  # type: ignore[operator]  # finite: a number
            self.problems.add(self.at(key), "a price has at most 12 decimals and is less than a thousand million")
            return Decimal(0)
        return price

    def quantity(self, key: str, kind: Kind, default: int | None = None) -> int:
        """Return a quantity greater than zero in the kind's base unit: '60 s', '10 GB', '100', 60."""
        if key not in self.values and default is not None:
            return default
        value = self.values.get(key)
        if value is None:
            self.problems.add(self.at(key), "it is missing")
            return 1
        amount = _quantity(value, kind)
        if amount is None:
            units = ", ".join(UNITS[kind])
            self.problems.add(self.at(key), f"'{value}' is not a whole quantity above zero: write a number and {units}")
            return 1
        return amount

    def children(self, key: str) -> Iterator[Node]:
        """Yield the mappings of the list under `key`."""
        value = self.values.get(key) or []
        if not isinstance(value, list):
            self.problems.add(self.at(key), "a list is wanted")
            return
        for index, item in enumerate(value):
            path = f"{self.at(key)}[{index}]"
            if isinstance(item, Mapping):
                yield Node(item, path, self.problems)
            else:
                self.problems.add(path, "a mapping of names to values is wanted")

    def mapping(self, key: str) -> Mapping[str, Any]:
        value = self.values.get(key) or {}
        if isinstance(value, Mapping):
            return value
        self.problems.add(self.at(key), "a mapping of names to values is wanted")
        return {}

    def words(self, key: str) -> list[str]:
        """Return a list of words, or the single word, under `key`."""
        value = self.values.get(key)
        items = value if isinstance(value, list) else [] if value is None else [value]
        for index, item in enumerate(items):
            if not isinstance(item, str):
                self.problems.add(f"{self.at(key)}[{index}]", f"write '{item}' in quotes")
        return [item for item in items if isinstance(item, str)]


def is_name(text: object) -> bool:
    """Return whether `text` can name a zone, window or allowance: lower-case letters, digits, underscores."""
    return isinstance(text, str) and _NAME.fullmatch(text) is not None


def minute_of_day(text: str) -> int | None:
    """Return the minute of '18:30', 1440 of '24:00', None of anything else."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    minute = int(match[1]) * 60 + int(match[2])
    return minute if int(match[2]) < 60 and minute <= 1440 else None


def _quantity(value: object, kind: Kind) -> int | None:
    if value == "unlimited":
        return UNLIMITED
    match = _AMOUNT.fullmatch(str(value).strip()) if isinstance(value, str | int) else None
    if match is None or isinstance(value, bool):
        return None
    factor = UNITS[kind].get(match[2].lower()) if match[2] else 1
    if factor is None:
        return None
    amount = Decimal(match[1]) * factor
    return int(amount) if amount == amount.to_integral_value() and 0 < amount <= UNLIMITED else None
