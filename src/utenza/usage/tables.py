"""What a row of the raw table is, one event of usage; and one of the received table, one record as it came."""

from __future__ import annotations

from typing import Any

import polars as pl

from utenza.infra.usage_store import INSTANT

RAW_SCHEMA: dict[str, Any] = {
    "month": pl.String,
    "bucket": pl.Int32,
    "line_id": pl.Int64,
    "started_at": INSTANT,
    "event_id": pl.Int64,
    "day": pl.Date,
    "kind": pl.String,
    "quantity": pl.Int64,
    "destination": pl.String,
    "hidden_digits": pl.Int32,
    "zone_hint": pl.String,
    "reverses": pl.Int64,
    "a_identifier": pl.String,
    "b_number": pl.String,
    "service_id": pl.Int64,
    "source": pl.String,
    "batch_id": pl.Int64,
    "received_at": INSTANT,
    "charged_micro": pl.Int64,
    "charged_zone": pl.String,
    "charged_tariff_version_id": pl.Int64,
    "charged_currency": pl.String,
}

# `record` is JSON, encrypted: with the key of `line_id`, or with the system's where it was guided to no line. `reason`
# says why it was held back, and is empty where it became an event.
RECEIVED_SCHEMA: dict[str, Any] = {
    "source": pl.String,
    "received_month": pl.String,
    "batch_id": pl.Int64,
    "event_id": pl.Int64,
    "line_id": pl.Int64,
    "received_at": INSTANT,
    "reason": pl.String,
    "record": pl.String,
}
RECEIVED_BY = ["source", "received_month"]
RECEIVED_SORTED_BY = ["batch_id", "event_id"]
