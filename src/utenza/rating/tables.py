"""What a row of the rated table is: one event with its price."""

from __future__ import annotations

from typing import Any

import polars as pl

from utenza.infra.usage_store import INSTANT

RATED_SCHEMA: dict[str, Any] = {
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
    "b_number": pl.String,
    "source": pl.String,
    "agreement_id": pl.Int64,
    "tariff_version_id": pl.Int64,
    "period_start": pl.Date,
    "zone": pl.String,
    "window": pl.String,
    "charged_quantity": pl.Int64,
    "allowance_used": pl.Int64,
    "amount_micro": pl.Int64,
    "currency": pl.String,
    "tax_included": pl.Boolean,
    "status": pl.String,
    "raw_version": pl.Int64,
    "engine_version": pl.String,
}
