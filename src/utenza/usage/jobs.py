"""When usage is collected, and the drain that brings batches into the raw table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial

import psycopg
from django.db import InterfaceError, OperationalError

from utenza.core.errors import Refusal
from utenza.infra.health import Finding, State, checks
from utenza.infra.logs import get_logger
from utenza.infra.operator import local_date, setting
from utenza.infra.timed import timed
from utenza.infra.transactions import transaction
from utenza.infra.work import register_drain
from utenza.provisioning import queries as provisioning
from utenza.usage import operations, queries
from utenza.usage.collectors import file, radius
from utenza.usage.models import Source
from utenza.usage.states import SourceKind

RECEIVED_MONTHS = 6
_log = get_logger(__name__)


@timed(every="minutes", minutes=5)
def collect(*, at: datetime) -> None:
    """Collect from every source; one that fails is noted as such and keeps no other from being collected."""
    collect_all(at=at)


def collect_all(*, at: datetime) -> dict[str, str]:
    """Collect from every source, and return why some could not be, by source. Opens its transactions."""
    found: dict[str, str] = {}
    for source in Source.objects.filter(kind=SourceKind.FILE, enabled=True).order_by("code"):
        folder = partial(file.collect, source=source.code, settings=source.settings, at=at)
        found[source.code] = _attempt(source.code, SourceKind.FILE, folder, at)
    for access in provisioning.element_access(kind="freeradius"):
        code = radius.source_code(access)
        found[code] = _attempt(code, SourceKind.RADIUS, partial(radius.collect, access, at=at), at)
    return {code: why for code, why in found.items() if why}


def _attempt(source: str, kind: SourceKind, work: Callable[[], int], at: datetime) -> str:
    """Do the work of one source; return why it failed, which is logged when it is news, or nothing."""
    try:
        work()
    except (OperationalError, InterfaceError):
        raise  # it is our own database that is away, and no source's fault
    except (Refusal, OSError, psycopg.Error) as error:
        why = str(error).strip() or type(error).__name__
        known = True
    except Exception as error:  # whatever is wrong with one source, the others are collected
        why = f"{type(error).__name__}: {error}"
        known = False
    else:
        with transaction():
            operations.note_collected(source=source, at=at)
        return ""
    with transaction():
        news = operations.note_failure(source=source, kind=kind, why=why, at=at)
    if news:
        _log.error("usage_collection_failed", source=source, why=why, exc_info=not known)
    return why


@timed(every="day", at="03:40", catch_up=False)
def tidy(*, at: datetime) -> None:
    """Unite small files of the raw table, and forget records as received that are older than they may be kept.

    They are kept for the months of the setting `usage.received_months` beside the present one; six unless it says
    otherwise, as Italian law allows for traffic data that serve billing (D.Lgs. 196/2003, art. 123 paragraph 2).
    """
    months = max(int(setting("usage.received_months", RECEIVED_MONTHS)), 0)
    operations.forget_received(before_month=_month_before(local_date(at), months))
    operations.compact_raw()


def _month_before(day: date, months: int) -> str:
    index = day.year * 12 + day.month - 1 - months
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


@checks("usage")
def look(*, at: datetime) -> list[Finding]:  # noqa: ARG001 - what every check is told
    """See whether every source is collected, and whether records wait to be corrected."""
    sources = queries.sources()
    found = [
        Finding(
            name=f"usage {one.code}",
            state=State.BAD,
            text=f"Not collected since {one.failing_since:%Y-%m-%d %H:%M} UTC: {one.failure}",
            advice="Mend what it says; the next collection, within five minutes, takes what has waited.",
        )
        for one in sources
        if one.failure
    ]
    held = sum(one.held_open for one in sources)
    if held:
        found.append(
            Finding(
                name="usage quarantine",
                state=State.WARNING,
                text=f"{held} records of usage are held back.",
                advice="See them with 'utenza usage quarantine', correct and send them again.",
            )
        )
    if not found:
        found.append(Finding(name="usage", state=State.OK, text=f"{len(sources)} sources, nothing held back."))
    return found


register_drain("usage.write_raw", operations.write_raw)
