"""Walking the house by its addresses: every pattern of the shell, filled with things that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

_HOLE = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Address:
    """One address of the shell: its name, its pattern and who answers it."""

    name: str
    pattern: str
    view: object

    @property
    def holes(self) -> list[str]:
        """The names that the pattern wants filled."""
        return [first or second for first, second, _choices in _HOLE.findall(self.pattern)]

    def filled(self, values: Mapping[str, str]) -> Iterator[str]:
        """Return the paths that the pattern makes with `values`, one for each word where it names its words."""
        choices = [found[2].split("|") for found in _HOLE.findall(self.pattern) if "|" in found[2]]
        for word in choices[0] if choices else [""]:

            def fill(found: re.Match[str], word: str = word) -> str:
                return word if "|" in (found[3] or "") else values[found[1] or found[2]]

            path = _HOLE.sub(fill, self.pattern)
            yield "/" + path.replace("^", "").replace("$", "").replace("\\", "")


def patterns(resolver: URLResolver | None = None, path: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Return every pattern with the whole path that leads to it."""
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one, path + str(one.pattern))
        else:
            yield path + str(one.pattern), one


def addresses() -> list[Address]:
    """Return every address that is ours, that is all but those of the library of sign-in."""
    return [
        Address(pattern.name or "", path, pattern.callback)
        for path, pattern in patterns()
        if not pattern.callback.__module__.startswith(("allauth.", "django."))
    ]
