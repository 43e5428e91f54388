"""Italian municipalities and foreign states by their code in tax codes (H501 is Rome), those that ceased included.

The table is the one that the package python-codicefiscale ships as data (archive of the municipalities of the national
register of residents, and of the states of the revenue agency); none of its code runs here.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_FILES = ("municipalities.json", "municipalities-patch.json", "countries.json", "deleted-countries.json",
          "countries-patch.json")  # fmt: skip
ABROAD = "EE"
_PROVINCE = re.compile(r"[(,/\-\s]\s*([a-z]{2})\s*\)?$")
# Everyday names leave these out: Reggio Emilia is Reggio nell'Emilia.
_JOINING = re.compile(r"\b(?:di|nell|nel|nello|nella|dell|del|della|dei)\b")
_SAINT = re.compile(r"\b(?:san|santo|santa|sant|ss?\.)(?:\s+|(?<=\.))")


@dataclass(frozen=True, slots=True)
class Place:
    """One name of a place code, in force from `from_date` to `to_date` (None: still). `province` is EE abroad."""

    code: str
    name: str
    province: str
    from_date: date | None
    to_date: date | None

    def existed_on(self, day: date) -> bool:
        """Tell whether the place bore this name and code on a day."""
        return (self.from_date is None or self.from_date <= day) and (self.to_date is None or day <= self.to_date)


@dataclass(frozen=True, slots=True)
class _Table:
    by_code: dict[str, tuple[Place, ...]]
    codes_by_name: dict[str, frozenset[str]]


def places_of(code: str) -> tuple[Place, ...]:
    """Return every name that a place code had, or nothing for a code that was never given out."""
    return _table().by_code.get(code.upper(), ())


def codes_named(text: str) -> frozenset[str]:
    """Return the codes of all places, of today or of the past, that are called `text`; 'Samone (TO)' names one."""
    folded = _folded(text)
    table = _table()
    province = _PROVINCE.search(folded)
    if province is None:
        return table.codes_by_name.get(_key(folded), frozenset())
    codes = table.codes_by_name.get(_key(folded[: province.start()]), frozenset())
    inside = frozenset(
        code for code in codes if any(place.province == province[1].upper() for place in table.by_code[code])
    )
    return inside or codes or table.codes_by_name.get(_key(folded), frozenset())


def agrees(code: str, text: str) -> bool | None:
    """Tell whether a person whose tax code has the place `code` can be born in `text`; None if nothing can be said.

    Someone born abroad may give the town, which the table does not have: only an Italian town, or another state,
    contradicts.
    """
    named = codes_named(text)
    if code in named:
        return True
    if not named:
        return None if is_abroad(code) else False
    return False


def is_abroad(code: str) -> bool:
    """Tell whether a place code is that of a foreign state."""
    return code.startswith("Z")


def existed_on(code: str, day: date) -> bool:
    """Tell whether a code was in use by someone born on a day: it is kept for ever, but not given before it is made."""
    places = places_of(code)
    last = [place.to_date for place in places]
    return bool(places) and (None in last or max(each for each in last if each is not None) >= day)


@cache
def _table() -> _Table:
    periods: dict[tuple[str, str], tuple[str, str, str]] = {}
    names: dict[str, set[str]] = defaultdict(set)
    for row in _rows():
        code, name, start, end = row["code"], row["name"], row["date_created"][:10], row["date_deleted"][:10]
        if (code, name) not in periods:
            for slug in row["name_slugs"]:
                # Places of two languages are written with a stroke: Bolzano/Bozen.
                names[_key(slug)].add(code)
        earlier = periods.get((code, name), (row["province"], start, end))
        # The archive notes each change of borders: the periods of one name are joined.
        last = "" if "" in (earlier[2], end) else max(earlier[2], end)
        periods[code, name] = (row["province"], min(earlier[1], start), last)
    by_code: dict[str, list[Place]] = defaultdict(list)
    for (code, name), (province, start, end) in periods.items():
        by_code[code].append(Place(code, name, province, _day(start), _day(end)))
    return _Table(
        {code: tuple(found) for code, found in by_code.items()},
        {name: frozenset(codes) for name, codes in names.items() if name},
    )


def _rows() -> Iterator[dict[str, Any]]:
    spec = find_spec("codicefiscale")
    folder = Path(next(iter(spec.submodule_search_locations or ()))) / "data" if spec else Path()
    for name in _FILES:
        yield from json.loads((folder / name).read_text(encoding="utf-8"))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("’", "'").replace("`", "'"))
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).strip()


def _key(folded: str) -> str:
    """Return what equal names share: 'S. Giovanni in Fiore' and 'San Giovanni in Fiore' are one."""
    saints = _SAINT.sub("s ", folded.replace("-", " ").replace("'", " "))
    return re.sub(r"[^a-z0-9]", "", _JOINING.sub("", saints))
