"""The invented operator's switch: writes its records into files, where mediation finds them as it would find real ones.

Two sources, each a folder: calls and messages of the switch, and data sessions of the access servers. A file holds
one day and is named by it, so that a day lived twice writes no file twice.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

from utenza.demo.habits import Subscriber, Use, uses_of_day
from utenza.infra import configuration
from utenza.infra.transactions import transaction
from utenza.provisioning.queries import LineView, ServiceView
from utenza.usage import operations as usage

CALLS, SESSIONS = "switch", "access"
COLUMNS: dict[str, dict[str, str]] = {
    CALLS: {
        "record_id": "CALL_ID", "kind": "TYPE", "identifier_kind": "A_KIND", "identifier": "A_NUMBER",
        "b_number": "B_NUMBER", "started_at": "START", "quantity": "UNITS", "zone_hint": "VISITED",
    },
    SESSIONS: {
        "record_id": "SESSION_ID", "identifier_kind": "USER_KIND", "identifier": "USER", "started_at": "START",
        "quantity": "OCTETS", "zone_hint": "VISITED",
    },
}  # fmt: skip
# What the story spoils on purpose, so that there is something in quarantine: the day after the first, and how.
SPOILT_ON = 21


def folder(source: str) -> Path:
    return configuration.load().home / "collect" / source


def set_up() -> None:
    """Tell mediation where the files come and what their columns mean. Safe to repeat."""
    for source, columns in COLUMNS.items():
        folder(source).mkdir(parents=True, exist_ok=True)
        settings: dict[str, object] = {"folder": str(folder(source)), "delimiter": ";", "columns": columns}
        if source == SESSIONS:
            settings["values"] = {"kind": "data"}
        with transaction():
            usage.set_source(code=source, kind="file", settings=settings)


def write_day(day: date, *, lines: Iterable[LineView], midnight: datetime, number: int) -> int:
    """Write the files of the `number`-th day of the story, and return how many records there are.

    Only services that were let in before `midnight`, when the day began, and that nothing bars now are used.
    """
    served = [(line, service) for line in lines for service in line.services if _is_served(line, service, midnight)]
    numbers = sorted(service.identifier for _line, service in served if service.kind == "mobile")
    uses: dict[str, list[Use]] = {CALLS: [], SESSIONS: []}
    for line, service in served:
        for use in uses_of_day(_subscriber(line, service), day, numbers):
            uses[SESSIONS if use.kind == "data" else CALLS].append(use)
    for source, found in uses.items():
        _write(source, day, sorted(found, key=lambda use: (use.started_at, use.identifier)), spoil=number == SPOILT_ON)
    return sum(len(found) for found in uses.values())


def _is_served(line: LineView, service: ServiceView, midnight: datetime) -> bool:
    activated_at = service.activated_at
    wanted = service.desired_state == service.actual_state == "active"
    return wanted and not line.bars and activated_at is not None and activated_at < midnight


def _subscriber(line: LineView, service: ServiceView) -> Subscriber:
    habit = service.kind
    if service.profile.startswith("fwa"):
        habit = "fwa"
    elif service.profile == "mobile-basic":
        habit = "mobile-ricarica"
    return Subscriber(
        kind=service.kind,
        identifier=service.identifier,
        habit=habit,
        travels=line.line_id % 5 == 0,
    )


def _write(source: str, day: date, uses: Sequence[Use], *, spoil: bool) -> None:
    name = f"{source}-{day:%Y%m%d}.csv"
    place = folder(source)
    if not uses or (place / name).exists() or (place / "done" / name).exists():
        return
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\n")
    writer.writerow(COLUMNS[source].values())
    for number, use in enumerate(uses, 1):
        row = [f"{day:%Y%m%d}{number:06d}"]
        if source == CALLS:
            row += [use.kind, use.identifier_kind, use.identifier, use.b_number]
        else:
            row += [use.identifier_kind, use.identifier]
        writer.writerow([*row, f"{use.started_at:%Y-%m-%dT%H:%M:%S}", use.quantity, use.place])
    if spoil and source == CALLS:
        # A number that the operator never had, and a call whose clock had stopped.
        moment = f"{day:%Y-%m-%d}T12:00:00"
        writer.writerow([f"{day:%Y%m%d}900001", "voice", "msisdn", "393799999999", "39061234567", moment, 61, ""])
        writer.writerow([f"{day:%Y%m%d}900002", "voice", "msisdn", "393799999998", "39061234567", "--", 61, ""])
    draft = place / f".{name}.part"
    draft.write_text(buffer.getvalue(), encoding="utf-8")
    draft.replace(place / name)
