"""Who operates this system, and what it decided for all of it; kept in the table of settings."""

from __future__ import annotations

import time as stopwatch
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from utenza.core.errors import N_, Refusal
from utenza.infra.models.setting import Setting
from utenza.infra.transactions import after_commit, demands_transaction

PROFILE_KEY = "operator.profile"
# Another process sees a changed setting after at most this long; the one that changed it sees it at once.
CACHE_LIFE_S = 5.0


class UnknownProfileField(Refusal):
    code = "unknown_profile_field"
    text = N_("The operator's profile has no '%(name)s': it has %(known)s.")


@dataclass(frozen=True, slots=True)
class OperatorProfile:
    """The operator as it appears to its customers and on its bills."""

    brand: str = "Utenza"
    legal_name: str = "Utenza S.p.A."
    vat_number: str = ""
    tax_code: str = ""
    address_lines: tuple[str, ...] = ()
    iban: str = ""
    email: str = "servizio.clienti@example.it"
    phone: str = ""
    website: str = ""
    time_zone: str = "Europe/Rome"
    currency: str = "EUR"
    country: str = "IT"
    languages: tuple[str, ...] = ("it", "en")
    bill_series: str = "F"
    payment_terms_days: int = 20
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return _zone(self.time_zone)


class _Cache:
    """What was read lately, for one database."""

    database: str | None = None
    values: dict[str, Any] | None = None
    profile: OperatorProfile | None = None
    read_at: float = 0.0
    # While a transaction with a change is open (or was rolled back, unseen), what is cached cannot be trusted.
    changing: bool = False


_cache = _Cache()


def forget() -> None:
    """Drop what was cached, so that the next reading asks the database."""
    _cache.values = _cache.profile = None
    _cache.changing = False


def _settings() -> dict[str, Any]:
    if _cache.changing and not connection.in_atomic_block:
        forget()
    database = str(connection.settings_dict["NAME"])
    now_s = stopwatch.monotonic()
    if _cache.values is None or _cache.changing or _cache.database != database or now_s - _cache.read_at > CACHE_LIFE_S:
        _cache.values, _cache.profile = dict(Setting.objects.values_list("key", "value")), None
        _cache.database, _cache.read_at = database, now_s
    return _cache.values


def setting(key: str, default: Any = None) -> Any:
    """Return the value set for `key`, or `default`."""
    return _settings().get(key, default)


@demands_transaction
def change_setting(*, key: str, value: Any, at: datetime) -> None:
    """Set `key` to the JSON value `value`. Safe to repeat."""
    _cache.changing = True
    Setting.objects.update_or_create(key=key, defaults={"value": value, "changed_at": at})
    after_commit(forget)


def profile() -> OperatorProfile:
    """Return the operator's profile; what was never set has its default."""
    values = _settings()
    if _cache.profile is None:
        _cache.profile = _profile_of(dict(values.get(PROFILE_KEY, {})))
    return _cache.profile


def _profile_of(stored: dict[str, Any]) -> OperatorProfile:
    for name in ("address_lines", "languages"):
        if name in stored:
            stored[name] = tuple(stored[name])
    known = {f.name for f in fields(OperatorProfile)}
    return OperatorProfile(**{name: value for name, value in stored.items() if name in known})


@demands_transaction
def change_profile(*, at: datetime, **changes: Any) -> None:
    """Change some fields of the profile and keep the others.

    :raises UnknownProfileField: if a field is not one of `OperatorProfile`.
    """
    known = [f.name for f in fields(OperatorProfile)]
    for name in changes:
        if name not in known:
            raise UnknownProfileField(name=name, known=", ".join(known))
    stored = dict(setting(PROFILE_KEY, {}))
    stored.update({name: list(value) if isinstance(value, tuple) else value for name, value in changes.items()})
    change_setting(key=PROFILE_KEY, value=stored, at=at)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def time_zone() -> ZoneInfo:
    """Return the operator's time zone, by which bills and days go."""
    return profile().zone


def local_date(at: datetime) -> date:
    """Return the operator's day in which the instant `at` lies."""
    return at.astimezone(time_zone()).date()


def local_midnight(day: date) -> datetime:
    """Return the instant, in UTC, at which `day` begins for the operator."""
    return local_instant(day, time(0, 0))


def local_instant(day: date, clock_time: time) -> datetime:
    """Return the instant, in UTC, of `clock_time` on `day` for the operator.

    A time that the change to summer time leaves out counts as if the clock had not been changed; one that comes twice
    in autumn is the first of the two.
    """
    return datetime.combine(day, clock_time, tzinfo=time_zone()).astimezone(UTC)


def next_local_midnight(at: datetime) -> datetime:
    """Return the instant at which the operator's day after the one of `at` begins."""
    return local_midnight(local_date(at) + timedelta(days=1))
