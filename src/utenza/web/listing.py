"""A table's state, kept in the address: what is searched, filtered, sorted, and which page of fifty is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `number` aligns it by its digits; `sort` gives the value by which rows are ordered."""

    key: str
    label: str | Promise
    number: bool = False
    unit: str = ""
    sort: Callable[[Any], Any] | None = None

    @property
    def sortable(self) -> bool:
        return self.sort is not None


@dataclass(frozen=True, slots=True)
class Filter:
    """A row of choices of which one is taken; `test` says whether a row belongs to a choice, `counts` how many do."""

    key: str
    choices: Sequence[tuple[str, str | Promise]]
    test: Callable[[Any, str], bool] | None = None
    default: str = ""
    counts: Mapping[str, int] | None = None


@dataclass
class Listing:
    """What a table shows. Give it all rows of a short list, or one page of a long one with its `total`."""

    request: HttpRequest
    columns: Sequence[Column]
    everything: Sequence[Any]
    groups: Sequence[Filter] = ()
    sort: str = ""
    descending: bool = False
    search: Callable[[Any], str] | None = None
    search_hint: str = ""
    size: int = PAGE_ROWS
    known_total: int | None = None
    rows: list[Any] = field(init=False)
    total: int = field(init=False)

    def __post_init__(self) -> None:
        self.path = self.request.path
        self.query: dict[str, str] = {name: str(value) for name, value in self.request.GET.items() if value}
        self.q = self.query.get("q", "").strip()
        self.search_hint = self.search_hint or gettext("Find in this list")
        wanted = self.query.get("sort", "")
        if any(column.key == wanted.removeprefix("-") and column.sortable for column in self.columns):
            self.sort, self.descending = wanted.removeprefix("-"), wanted.startswith("-")
        page = self.query.get("page", "1")
        self.page = max(int(page), 1) if page.isdecimal() and len(page) < 7 else 1
        self._fill()

    @property
    def searchable(self) -> bool:
        return self.search is not None

    @property
    def first(self) -> int:
        return (self.page - 1) * self.size + 1

    @property
    def last(self) -> int:
        return min(self.first + len(self.rows) - 1, self.total)

    @property
    def filtered(self) -> bool:
        """Whether something hides rows, so that an empty table can say so."""
        return bool(self.q) or any(self.taken(group) != group.default for group in self.groups)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a search keeps of the address."""
        return [(name, value) for name, value in self.query.items() if name not in ("q", "page")]

    def taken(self, group: Filter) -> str:
        """Return the choice taken of `group`."""
        wanted = self.query.get(group.key, group.default)
        return wanted if any(key == wanted for key, _ in group.choices) else group.default

    @property
    def filters(self) -> list[dict[str, Any]]:
        """The groups of choices, each with its address and how many rows it would show."""
        return [
            {
                "choices": [
                    {
                        "label": label,
                        "address": self.address(**{group.key: None if key == group.default else key, "page": None}),
                        "here": key == self.taken(group),
                        "count": self._count(group, key),
                    }
                    for key, label in group.choices
                ]
            }
            for group in self.groups
        ]

    def address(self, **changes: Any) -> str:
        """Return this page's address with some of its words changed; None takes one away."""
        query = self.request.GET.copy()
        for name, value in changes.items():
            if value is None:
                query.pop(name, None)
            else:
                query[name] = str(value)
        text = query.urlencode()
        return f"{self.path}?{text}" if text else self.path

    def sort_address(self, key: str) -> str:
        """Return the address that sorts by `key`, the other way round if it already does."""
        return self.address(sort=f"-{key}" if key == self.sort and not self.descending else key, page=None)

    def page_address(self, page: int) -> str:
        return self.address(page=None if page == 1 else page)

    def _fill(self) -> None:
        if self.known_total is not None:
            self.rows, self.total = list(self.everything), self.known_total
            return
        rows = [row for row in self.everything if all(self._passes(group, row) for group in self.groups)]
        if self.search is not None and self.q:
            words = self.q.casefold().split()
            rows = [row for row in rows if all(word in self.search(row).casefold() for word in words)]
        for column in self.columns:
            if column.key == self.sort and column.sort is not None:
                by = column.sort
                rows.sort(key=lambda row: (by(row) is None, by(row)), reverse=self.descending)
        self.total = len(rows)
        self.rows = rows[(self.page - 1) * self.size : self.page * self.size]

    def _passes(self, group: Filter, row: Any) -> bool:
        choice = self.taken(group)
        return not choice or choice == "all" or group.test is None or group.test(row, choice)

    def _count(self, group: Filter, key: str) -> int | None:
        if group.counts is not None:
            return group.counts.get(key, 0)
        if group.test is None or self.known_total is not None or not key or key == "all":
            return None
        return sum(1 for row in self.everything if group.test(row, key))
