"""A tariff is refused with the place and the reason of each fault, never priced by guess."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pricing.tariffs import document
from utenza.pricing import TariffRefused, compile_tariff, read_tariff

VOICE = {"price_per_minute": "0.10", "next_increment": "60 s"}


@pytest.mark.parametrize(
    ("more", "path"),
    [
        pytest.param({"colour": "red"}, "colour", id="a key that nobody reads"),
        pytest.param({"currency": "euro"}, "currency", id="no currency code"),
        pytest.param({"prices": "either"}, "prices", id="neither net nor gross"),
        pytest.param({"time_zone": "Mars/Olympus"}, "time_zone", id="no time zone"),
        pytest.param({"zones": {"a": ["39"], "b": ["39"]}, "voice": [VOICE]}, "zones.b[0]", id="a prefix twice"),
        pytest.param({"zones": {"a": ["3x"]}, "voice": [VOICE]}, "zones.a[0]", id="no digits"),
        pytest.param({"voice": [{**VOICE, "price_per_minute": 0.1}]}, "voice[0].price_per_minute", id="a float"),
        pytest.param({"voice": [{**VOICE, "price_per_minute": "-1"}]}, "voice[0].price_per_minute", id="negative"),
        pytest.param({"voice": [{**VOICE, "next_increment": "0 s"}]}, "voice[0].next_increment", id="no increment"),
        pytest.param({"voice": [{**VOICE, "next_increment": "40000 h"}]}, "voice[0]", id="an endless increment"),
        pytest.param({"voice": [VOICE, VOICE]}, "voice[1]", id="a rate twice"),
        pytest.param({"voice": [{**VOICE, "zone": "moon"}]}, "voice[0].zone", id="a zone unknown"),
        pytest.param({"voice": [{**VOICE, "zone": "italy"}]}, "voice", id="zones without a rate"),
        pytest.param({"voice": [{**VOICE, "window": "day"}]}, "voice", id="windows without a rate"),
        pytest.param({"data": [{"block": 1, "price_per_block": "1"}]}, "data[0]", id="beyond 64 bits"),
        pytest.param({"holidays": ["02-30"]}, "holidays[0]", id="no such day"),
    ],
)
def test_a_fault_is_named_with_its_place(more: dict[str, Any], path: str) -> None:
    with pytest.raises(TariffRefused) as refused:
        compile_tariff(document(**more))
    assert path in [place for place, _reason in refused.value.problems]


def test_overlapping_windows_are_refused() -> None:
    span = {"days": ["mon"], "from": "08:00", "to": "10:00"}
    with pytest.raises(TariffRefused, match="overlaps"):
        compile_tariff(document(windows={"day": [span], "peak": [{**span, "from": "09:59"}]}))


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(TariffRefused) as refused:
        compile_tariff(document(currency="x", prices="y", time_zone="z"))
    assert len(refused.value.problems) == 3


def test_yaml_keeps_values_as_they_are_written() -> None:
    read = read_tariff("from: 08:00\nprefix: 0039\nprice: 0.10\nflag: true\n")
    assert read == {"from": "08:00", "prefix": "0039", "price": "0.10", "flag": True}


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "- a\n", "a: [\n", "a: 'b", "[a]: b"])
def test_what_is_no_tariff_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(TariffRefused, match="line"):
        read_tariff(text)


def test_equal_documents_have_one_fingerprint() -> None:
    turned = dict(reversed(document().items()))
    assert compile_tariff(turned).fingerprint == compile_tariff(document()).fingerprint
    assert compile_tariff(document(prices="net")).fingerprint != compile_tariff(document()).fingerprint
