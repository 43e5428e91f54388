"""Reading a catalogue file: from what YAML gave to specs, each fault with its path."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

from utenza.catalog.refusals import CatalogueRefused
from utenza.catalog.rules import DiscountSpec, Fault, OfferSpec, PriceSpec, VersionSpec, offer_faults, version_faults
from utenza.catalog.states import Audience
from utenza.core.errors import Refusal
from utenza.core.money import Money

FORMAT = 1
TARIFF_REFERENCE = re.compile(r"[a-z0-9][a-z0-9-]*/[1-9][0-9]*")
CODE = re.compile(r"[a-z0-9][a-z0-9-]{1,59}")
TAX_WORDS = {"included": True, "excluded": False}
CHARGED_WORDS = {"in_advance": True, "in_arrears": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffEntry:
    """A tariff version of the file; `document` is in the format of pricing."""

    code: str
    version: int
    valid_from: date
    document: dict[str, Any]
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferEntry:
    """An offer of the file with its versions, each beside its path."""

    offer: OfferSpec
    versions: tuple[tuple[str, VersionSpec], ...]
    path: str


@dataclass(slots=True)
class Catalogue:
    """All that one file says, and every fault that was found in reading it."""

    tariffs: list[TariffEntry] = field(default_factory=list)
    offers: list[OfferEntry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


class _Node:
    """One mapping of the file: takes its keys one by one, and remembers what was wrong with them."""

    def __init__(self, value: object, path: str, faults: list[Fault]) -> None:
        self.path = path
        self.faults = faults
        self.values: dict[str, Any] = {}
        self.taken: set[str] = set()
        if isinstance(value, Mapping):
            self.values = {str(key): item for key, item in value.items()}
        else:
            self.fault("", "a mapping of names to values is expected here")

    def fault(self, key: str, reason: str) -> None:
        self.faults.append(Fault(".".join(part for part in (self.path, key) if part), reason))

    def take(self, key: str, *, default: Any = None, required: bool = False) -> Any:
        self.taken.add(key)
        value = self.values.get(key, default)
        if value is None and required:
            self.fault(key, "this is missing")
        return value

    def text(self, key: str, *, default: str = "", required: bool = True) -> str:
        value = self.take(key, default=default or None, required=required)
        if value is not None and not isinstance(value, str):
            self.fault(key, f"a word is expected, not {value!r}")
            return default
        return value or default

    def whole(self, key: str, *, default: int | None = None) -> int:
        value = self.take(key, default=default, required=default is None)
        if type(value) is not int or value < 0:
            if value is not None:
                self.fault(key, f"a whole number is expected, not {value!r}")
            return default or 0
        return value

    def day(self, key: str) -> date:
        value = self.take(key, required=True)
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        elif type(value) is date:
            return value
        if value is not None:
            self.fault(key, f"a day like 2026-01-31 is expected, not {value!r}")
        return date(1, 1, 1)

    def one_of(self, key: str, words: Mapping[str, bool], *, default: str | None = None) -> bool:
        word = self.take(key, default=default, required=default is None)
        if word in words:
            return words[word]
        if word is not None:
            self.fault(key, f"{word!r} is none of {', '.join(words)}")
        return False

    def both(self, key: str, *, required: bool = True) -> tuple[str, str]:
        """Take a text given in English and in Italian."""
        value = self.take(key, required=required)
        if value is None:
            return "", ""
        node = _Node(value, f"{self.path}.{key}", self.faults)
        texts = node.text("en"), node.text("it")
        node.finish()
        return texts

    def items(self, key: str) -> Iterator[_Node]:
        value = self.take(key, default=[])
        if not isinstance(value, list):
            self.fault(key, "a list is expected here")
            return
        for index, item in enumerate(value):
            yield _Node(item, f"{self.path}.{key}.{index}" if self.path else f"{key}.{index}", self.faults)

    def finish(self) -> None:
        """Refuse what nobody asked for: a misspelt key would otherwise be lost in silence."""
        for key in self.values:
            if key not in self.taken:
                self.fault(key, "this is not known here: is it misspelt?")


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses a key written twice, of which the first would be lost in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _value in node.value:
            if key.value in seen:
                raise CatalogueRefused(faults=[Fault(_line(key.start_mark), f"'{key.value}' is written twice")])
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _line(mark: yaml.Mark | None) -> str:
    return f"line {mark.line + 1}" if mark else "line 1"


def parse_text(text: str) -> dict[str, Any]:
    """Read the text of a catalogue file, YAML or JSON.

    :raises CatalogueRefused: if it is not YAML, not a mapping, or holds a key twice; with the line.
    """
    try:
        # _Loader is a SafeLoader: it builds plain values only.
        document = yaml.load(text, Loader=_Loader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        reason = f"this is not YAML ({error.problem})"
        raise CatalogueRefused(faults=[Fault(_line(error.problem_mark), reason)]) from error
    except (yaml.YAMLError, ValueError) as error:
        raise CatalogueRefused(faults=[Fault("line 1", "this is not YAML")]) from error
    if not isinstance(document, dict):
        raise CatalogueRefused(faults=[Fault("line 1", "a catalogue is a mapping of names to values")])
    return document


def read_catalogue(document: Mapping[str, Any]) -> Catalogue:
    """Read the document of a catalogue file; faults are collected, so that a person sees all of them at once."""
    catalogue = Catalogue()
    root = _Node(document, "", catalogue.faults)
    if root.take("format") != FORMAT:
        root.fault("format", f"this program reads format {FORMAT}")
    currency = root.text("currency")
    if currency and not re.fullmatch(r"[A-Z]{3}", currency):
        root.fault("currency", f"'{currency}' is not the code of a currency, like EUR")
        currency = "XXX"
    for node in root.items("tariffs"):
        _read_tariff(node, catalogue)
    for node in root.items("offers"):
        _read_offer(node, currency or "XXX", catalogue)
    root.finish()
    return catalogue


def _read_tariff(node: _Node, catalogue: Catalogue) -> None:
    code = node.text("code")
    if code and not CODE.fullmatch(code):
        node.fault("code", "a code is small letters, digits and hyphens, at most 60")
    version, valid_from = node.whole("version"), node.day("valid_from")
    content = node.take("document", required=True)
    if content is not None and not isinstance(content, dict):
        node.fault("document", "a tariff document is a mapping")
        content = {}
    node.finish()
    catalogue.tariffs.append(
        TariffEntry(code=code, version=version, valid_from=valid_from, document=plain(content or {}), path=node.path)
    )


def plain(value: Any) -> Any:
    """Return `value` as JSON can hold it: days as ISO 8601, keys as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _read_offer(node: _Node, currency: str, catalogue: Catalogue) -> None:
    code = node.text("code")
    if code and not CODE.fullmatch(code):
        node.fault("code", "a code is small letters, digits and hyphens, at most 60")
    requires = node.take("requires", default=[])
    if not isinstance(requires, list) or not all(isinstance(item, str) for item in requires):
        node.fault("requires", "a list of codes of offers is expected here")
        requires = []
    offer = OfferSpec(
        code=code,
        market=node.text("market"),
        payment=node.text("payment"),
        kind=node.text("kind"),
        service_kind=node.text("service"),
        audience=node.text("audience", default=Audience.ANYONE.value, required=False),
        requires=tuple(requires),
    )
    # The faults of single keys are noted already; the rules are asked only about what could be read.
    if not any(fault.path.startswith(node.path) for fault in catalogue.faults):
        catalogue.faults += offer_faults(offer=offer, path=node.path)
    versions: list[tuple[str, VersionSpec]] = []
    for item in node.items("versions"):
        before = len(catalogue.faults)
        version = _read_version(item, currency)
        if len(catalogue.faults) == before:
            catalogue.faults += version_faults(offer=offer, version=version, path=item.path)
        versions.append((item.path, version))
    if not versions:
        node.fault("versions", "an offer has at least one version")
    node.finish()
    catalogue.offers.append(OfferEntry(offer=offer, versions=tuple(versions), path=node.path))


def _read_version(node: _Node, currency: str) -> VersionSpec:
    name_en, name_it = node.both("name")
    description_en, description_it = node.both("description", required=False)
    tariff = node.text("tariff", required=False) or None
    if tariff and not TARIFF_REFERENCE.fullmatch(tariff):
        node.fault("tariff", "a tariff is named by its code and version, like voce/1")
    version = VersionSpec(
        version=node.whole("version"),
        valid_from=node.day("valid_from"),
        name_en=name_en,
        name_it=name_it,
        description_en=description_en.strip(),
        description_it=description_it.strip(),
        tariff=tariff,
        network_profile=node.text("network_profile", required=False),
        minimum_term_months=node.whole("minimum_term_months", default=0),
        notice_days=node.whole("notice_days", default=30),
        prices=tuple(_read_price(item, currency) for item in node.items("prices")),
        discounts=tuple(_read_discount(item, currency) for item in node.items("discounts")),
    )
    node.finish()
    return version


def _read_price(node: _Node, currency: str) -> PriceSpec:
    name_en, name_it = node.both("name")
    price = PriceSpec(
        kind=node.text("kind"),
        name_en=name_en,
        name_it=name_it,
        amount=_read_amount(node, currency) or Money.zero(currency),
        tax_included=node.one_of("tax", TAX_WORDS),
        tax_category=node.text("tax_category", default="standard", required=False),
        in_advance=node.one_of("charged", CHARGED_WORDS, default="in_advance"),
    )
    node.finish()
    return price


def _read_discount(node: _Node, currency: str) -> DiscountSpec:
    name_en, name_it = node.both("name")
    months = node.take("months")
    if months is not None and type(months) is not int:
        node.fault("months", f"a whole number of months is expected, not {months!r}")
        months = None
    discount = DiscountSpec(
        kind=node.text("kind"),
        name_en=name_en,
        name_it=name_it,
        basis_points=_read_percent(node),
        amount=_read_amount(node, currency) if "amount" in node.values else None,
        duration_months=months,
    )
    node.finish()
    return discount


def _read_amount(node: _Node, currency: str) -> Money | None:
    value = node.take("amount", required=True)
    if value is None:
        return None
    # YAML makes 24.90 a float, which is no longer what was written: amounts are quoted.
    if isinstance(value, bool) or not isinstance(value, str | int):
        node.fault("amount", f'write the amount between quotes, like "24.90", not {value!r}')
        return None
    try:
        return Money.of(value, currency)
    except (Refusal, OverflowError):
        node.fault("amount", f"'{value}' is not an amount")
        return None


def _read_percent(node: _Node) -> int | None:
    value = node.take("percent")
    if value is None:
        return None
    try:
        points = Decimal(value) * 100 if isinstance(value, str | int) else None
    except InvalidOperation:
        points = None
    if points is None or not points.is_finite() or points != points.to_integral_value():
        node.fault(
            "percent", f'write the percentage between quotes with at most two decimals, like "12.50", not {value!r}'
        )
        return None
    return int(points)
