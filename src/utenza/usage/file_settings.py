"""What the settings of a folder of files say, read whole before any file is looked at. Pure.

    folder: /srv/usage/switch
    pattern: "*.csv"
    delimiter: ";"
    encoding: utf-8-sig
    identifier_kind: number
    time_zone: Europe/Rome
    columns: {record_id: CALL_ID, identifier: A_NUMBER, b_number: B_NUMBER, started_at: START, quantity: SECONDS}
    values: {kind: voice}
    settle_s: 60

Only `folder` must be there. Without `columns` the fields are the columns of the same names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from utenza.core.errors import N_, Refusal
from utenza.usage.records import FIELDS

SETTINGS = (
    "folder", "pattern", "delimiter", "encoding", "identifier_kind", "time_zone", "columns", "values", "settle_s",
)  # fmt: skip
# Fields without which no line of a file can become usage.
NEEDED = ("record_id", "kind", "started_at", "quantity", "identifier")
SETTLE_S = 60


class SourceSettingsWrong(Refusal):
    code = "usage_source_settings_wrong"
    text = N_("The setting '%(setting)s' of this source of usage is wrong: %(reason)s.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings:
    """Where the files of a source are, and how their columns become fields; `values` fill fields that they lack.

    `columns` is None where the files name their columns as the fields are named. `settle_s` is how long a file has
    to stand still where nothing else tells that its writer is done.
    """

    folder: Path
    pattern: str
    columns: Mapping[str, str] | None
    values: Mapping[str, str]
    delimiter: str
    encoding: str
    zone: ZoneInfo
    settle_s: int


def read_settings(settings: Mapping[str, Any], *, zone: ZoneInfo) -> FileSettings:
    """Return what settings say; `zone` is the operator's, for a source that names none.

    :raises SourceSettingsWrong: naming the setting that is wrong, and why.
    """
    for name in settings:
        if name not in SETTINGS:
            raise SourceSettingsWrong(setting=name, reason=f"it is not known; known are {', '.join(SETTINGS)}")
    values = _texts(settings, "values")
    if "identifier_kind" in settings:
        values["identifier_kind"] = str(settings["identifier_kind"])
    return FileSettings(
        folder=_folder(settings),
        pattern=_pattern(settings),
        columns=_columns(settings, values),
        values=values,
        delimiter=_delimiter(settings),
        encoding=_encoding(settings),
        zone=_zone(settings, zone),
        settle_s=_seconds(settings),
    )


def _folder(settings: Mapping[str, Any]) -> Path:
    folder = settings.get("folder")
    if not isinstance(folder, str) or not folder or "\0" in folder:
        raise SourceSettingsWrong(setting="folder", reason="it is the path of a folder")
    return Path(folder)


def _pattern(settings: Mapping[str, Any]) -> str:
    pattern = settings.get("pattern", "*.csv")
    if not isinstance(pattern, str) or not pattern or "/" in pattern or "\0" in pattern or "**" in pattern:
        raise SourceSettingsWrong(setting="pattern", reason="it is a pattern of file names, such as *.csv")
    return pattern


def _columns(settings: Mapping[str, Any], values: Mapping[str, str]) -> Mapping[str, str] | None:
    if not settings.get("columns"):
        return None
    columns = _texts(settings, "columns")
    missing = [field for field in NEEDED if field not in columns and field not in values]
    if missing:
        raise SourceSettingsWrong(
            setting="columns", reason=f"nothing fills {', '.join(missing)}, neither a column nor one of the values"
        )
    return columns


def _texts(settings: Mapping[str, Any], name: str) -> dict[str, str]:
    given = settings.get(name) or {}
    if not isinstance(given, Mapping):
        raise SourceSettingsWrong(setting=name, reason="it gives something for each field, as 'field: text'")
    for field in given:
        if field not in FIELDS:
            raise SourceSettingsWrong(setting=name, reason=f"'{field}' is no field; fields are {', '.join(FIELDS)}")
    return {str(field): str(value) for field, value in given.items()}


def _delimiter(settings: Mapping[str, Any]) -> str:
    delimiter = settings.get("delimiter", ",")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '\r\n"\0 ':
        raise SourceSettingsWrong(setting="delimiter", reason='it is one character, such as "," or ";" or "\\t"')
    return delimiter


def _encoding(settings: Mapping[str, Any]) -> str:
    encoding = str(settings.get("encoding", "utf-8-sig"))
    try:
        "a".encode(encoding).decode(encoding)
    except (LookupError, ValueError) as error:
        raise SourceSettingsWrong(
            setting="encoding", reason=f"'{encoding}' is not known; write such as utf-8 or latin-1"
        ) from error
    return encoding


def _zone(settings: Mapping[str, Any], zone: ZoneInfo) -> ZoneInfo:
    name = settings.get("time_zone")
    if not name:
        return zone
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SourceSettingsWrong(
            setting="time_zone", reason=f"'{name}' is not known; write such as Europe/Rome"
        ) from error


def _seconds(settings: Mapping[str, Any]) -> int:
    seconds = settings.get("settle_s", SETTLE_S)
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds <= 86_400:
        raise SourceSettingsWrong(setting="settle_s", reason="it is a whole number of seconds, at most a day")
    return seconds
