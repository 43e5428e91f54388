"""When usage is collected, and the drain that brings batches into the raw table."""

from __future__ import annotations

from datetime import datetime

import psycopg

from utenza.infra.logs import get_logger
from utenza.infra.timed import timed
from utenza.infra.work import register_drain
from utenza.provisioning import queries as provisioning
from utenza.usage import operations
from utenza.usage.collectors import file, radius
from utenza.usage.models import Source
from utenza.usage.states import SourceKind

_log = get_logger(__name__)


@timed(every="minutes", minutes=5)
def collect(*, at: datetime) -> None:
    """Collect from every source; one that fails keeps no other from being collected."""
    failed: list[str] = []
    for source in Source.objects.filter(kind=SourceKind.FILE, enabled=True).order_by("code"):
        try:
            file.collect(source=source.code, settings=source.settings, at=at)
        except OSError:
            _log.error("usage_collection_failed", source=source.code, exc_info=True)
            failed.append(source.code)
    for access in provisioning.element_access(kind="freeradius"):
        try:
            radius.collect(access, at=at)
        except psycopg.Error:
            _log.error("usage_collection_failed", source=access.code, exc_info=True)
            failed.append(access.code)
    if failed:
        raise CollectionFailed(", ".join(failed))


class CollectionFailed(RuntimeError):  # noqa: N818 - says what happened
    """Some sources could not be read; the others were."""


register_drain("usage.write_raw", operations.write_raw)
