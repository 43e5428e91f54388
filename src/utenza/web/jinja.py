"""The Jinja2 environment of the web shell: filters, translation, addresses and icons."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import json_script
from django.utils.translation import gettext, ngettext, npgettext, pgettext
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from utenza.web import chips, formats, icons, refusals


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
        url=url,
        icon=icons.icon,
        chip_of=chips.chip_of,
        bill_state=chips.bill_state,
        has_page=has_page,
        messages_of=messages_of,
        ui=Components(env),
        attributes=attributes,
        period=formats.period,
    )
    return env


class Components:
    """The macros of `components/*.html` under one name, so that a page, and any block of it, needs no imports."""

    FILES = ("frame", "basics", "forms", "tables", "records", "charts")

    def __init__(self, env: Environment) -> None:
        self._env = env

    def __getattr__(self, name: str) -> Any:
        for file in self.FILES:
            module = self._env.get_template(f"components/{file}.html").module
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(f"no component is called {name}")


def url(name: str, /, *args: Any, **kwargs: Any) -> str:
    """Return the address of a named page."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


def has_page(name: str) -> bool:
    """Whether the shell has a page without arguments called `name`."""
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True


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
