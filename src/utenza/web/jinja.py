"""The Jinja2 environment of the web shell: filters, translation, addresses and icons."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from django.templatetags.static import static
from django.utils.html import json_script
from django.utils.translation import gettext, ngettext, npgettext, pgettext
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from utenza.web import addresses, chips, formats, icons, refusals


def environment(**options: Any) -> Environment:
    """Return the environment that Django's Jinja2 backend uses."""
    options.setdefault("autoescape", True)
    options["undefined"] = StrictUndefined
    env = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], **options)  # noqa: S701 - set just above
    env.trim_blocks = True
    env.lstrip_blocks = True
    env.install_gettext_callables(gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext)  # type: ignore[attr-defined] # added by the i18n extension
    env.filters.update(formats.FILTERS)
    env.filters["json_script"] = json_script
    env.filters["sentence"] = refusals.sentence
    env.globals.update(
        static=static,
        url=addresses.address,
        icon=icons.icon,
        chip_of=chips.chip_of,
        bill_state=chips.bill_state,
        has_page=addresses.has_page,
        messages_of=messages_of,
        ui=Components(env),
        attributes=attributes,
        period=formats.period,
    )
    return env


class Components:
    """The macros of `components/*.html` under one name, so that a page, and any block of it, needs no imports."""

    FILES = ("frame", "basics", "forms", "tables", "records", "charts")
    KEPT_MAX = 500

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._kept: dict[Hashable, Markup] = {}

    def kept(self, name: str, key: Hashable, *args: Any) -> Markup:
        """Return the component called `name`, written out once for each `key`, which says all that it depends on."""
        place = (name, key)
        if place not in self._kept or self._env.auto_reload:
            if len(self._kept) >= self.KEPT_MAX:
                self._kept.clear()
            self._kept[place] = Markup(getattr(self, name)(*args))  # noqa: S704 - a component escapes what it shows
        return self._kept[place]

    def __getattr__(self, name: str) -> Any:
        for file in self.FILES:
            module = self._env.get_template(f"components/{file}.html").module
            if hasattr(module, name):
                found = getattr(module, name)
                if not self._env.auto_reload:
                    setattr(self, name, found)  # found without a search from now on
                return found
        raise AttributeError(f"no component is called {name}")


def messages_of(request: Any) -> list[dict[str, str]]:
    """Take the toasts that wait for this visitor."""
    from django.contrib.messages import get_messages

    return [{"tone": message.level_tag, "text": str(message)} for message in get_messages(request)]


def attributes(values: dict[str, Any] | None) -> Markup:
    """Write HTML attributes; True writes the bare name, False and None write nothing."""
    parts = []
    for name, value in (values or {}).items():
        if value is True:
            parts.append(Markup(" {}").format(name))
        elif value is not None and value is not False:
            parts.append(Markup(' {}="{}"').format(name, value))
    return Markup("").join(parts)
