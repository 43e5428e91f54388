"""The time line as it is shown: each entry's sentence in the reader's language, with its icon and its page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.urls import NoReverseMatch
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from utenza.care import queries as care
from utenza.core.money import Money
from utenza.web import chips, formats
from utenza.web.addresses import address

PAGE_ENTRIES = 30
# kind of an entry: its icon and its tone
SIGNS: dict[str, tuple[str, str]] = {
    "note": ("note", "accent"),
    "call": ("phone", "accent"),
    "email": ("mail", ""),
    "application": ("form", "info"),
    "order": ("cart", "info"),
    "service": ("line", "info"),
    "recharge": ("payment", "good"),
    "bill": ("bill", ""),
    "payment": ("payment", "good"),
    "reminder": ("overdue", "bad"),
    "termination": ("exit", "warn"),
    "customer": ("person", ""),
}
# choice in the address: its word and the kinds it shows
CHOICES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "": (_("All"), ()),
    "talk": (_("Notes and calls"), ("note", "call")),
    "bills": (_("Bills and payments"), ("bill", "payment", "recharge", "reminder")),
    "service": (_("Orders and services"), ("application", "order", "service", "termination")),
    "mail": (_("Messages"), ("email", "reminder")),
}
# what an entry is about: the name of its page
PAGES = {"bill": "bill", "line": "line", "order": "order", "application": "application", "payment": "payment"}
DIRECTIONS = {"inbound": _("Call from the customer"), "outbound": _("Call to the customer")}


def entries(customer_id: int, *, choice: str, before: int | None) -> tuple[list[dict[str, Any]], int | None]:
    """Return a page of the time line, and the id from which the next page goes on (None at its end)."""
    kinds = CHOICES.get(choice, CHOICES[""])[1]
    found = care.timeline(customer_id=customer_id, kinds=kinds, before=before, limit=PAGE_ENTRIES + 1)
    shown = found[:PAGE_ENTRIES]
    return [_shown(entry) for entry in shown], shown[-1].entry_id if len(found) > PAGE_ENTRIES else None


def _shown(entry: care.EntryView) -> dict[str, Any]:
    icon, tone = SIGNS.get(entry.kind, ("info", ""))
    typed = entry.kind in ("note", "call")
    if entry.sentence:
        title = gettext(entry.sentence) % _Slots(entry.data)
    elif entry.kind == "call":
        title = str(DIRECTIONS.get(str(entry.data.get("direction", "")), gettext("Call")))
    else:
        title = gettext("Note")
    return {
        "at": entry.at,
        "icon": icon,
        "tone": "bad" if entry.data.get("why") else tone,
        "title": title,
        "text": entry.text,
        "said": typed,
        "by": entry.by if typed else "",
        "address": _address(entry.about_kind, entry.about_key),
    }


def _address(kind: str, key: str) -> str:
    try:
        return address(PAGES[kind], int(key) if key.isdecimal() else key) if kind in PAGES and key else ""
    except NoReverseMatch:
        return ""


class _Slots(dict[str, Any]):
    """The data of an entry as its sentence shows it: money by currency, days by locale; what is missing as a dash."""

    def __missing__(self, name: str) -> str:
        return formats.NOTHING

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if name.endswith("_micro") and isinstance(value, int):
            return formats.money_text(Money(value, str(self.get("currency") or "EUR")))
        if name.endswith("_date") and isinstance(value, str):
            return formats.day(date.fromisoformat(value[:10]))
        if name in ("reason", "reasons") and isinstance(value, str):
            return _reasons(value)
        return value


def _reasons(text: str) -> str:
    """Return the words of reasons that the house gives by their codes; what a person wrote stays as it is."""
    words = {code: chip.word for kind in ("leaving", "bar") for code, chip in chips.CHIPS[kind].items()}
    codes = [one.strip() for one in text.split(",")]
    return ", ".join(str(words[one]).lower() for one in codes) if all(one in words for one in codes) else text
