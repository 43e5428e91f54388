"""The tariff format and the one function that prices usage; pure."""

from __future__ import annotations

from utenza.pricing.columns import Counters, EventColumns, Kind, PricedColumns, Status, UsageEvent
from utenza.pricing.compiled import CompiledTariff
from utenza.pricing.compiler import compile_tariff, fingerprint_of
from utenza.pricing.destinations import digits_needed, is_decided, prefix_nodes
from utenza.pricing.explanation import Explanation, explain, explain_all
from utenza.pricing.price import ENGINE_VERSION, price_events
from utenza.pricing.proration import ProratedPart, prorate, split_by_billing_period
from utenza.pricing.reading import read_tariff
from utenza.pricing.refusals import EventsOutOfOrder, TariffRefused

__all__ = [
    "ENGINE_VERSION",
    "CompiledTariff",
    "Counters",
    "EventColumns",
    "EventsOutOfOrder",
    "Explanation",
    "Kind",
    "PricedColumns",
    "ProratedPart",
    "Status",
    "TariffRefused",
    "UsageEvent",
    "compile_tariff",
    "digits_needed",
    "explain",
    "explain_all",
    "fingerprint_of",
    "is_decided",
    "prefix_nodes",
    "price_events",
    "prorate",
    "read_tariff",
    "split_by_billing_period",
]
