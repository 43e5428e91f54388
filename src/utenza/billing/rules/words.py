"""The words of a bill, by language. A bill is written once, in its account's language, and kept as it was written."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from utenza.core.money import Money
from utenza.core.rounding import divide_half_away

MINUS = "\N{MINUS SIGN}"

_LABELS: dict[str, dict[str, str]] = {
    "en": {
        "usage.voice": "Calls",
        "usage.data": "Data",
        "usage.sms": "Messages",
        "credit": "credit",
        "late": "usage that reached us late",
        "credit_note": "Credit on bill {number}",
        "deposit": "Deposit given back",
        "first": "A first bill can be higher than the ones after it: it includes the days since your start and what is "
        "paid only once.",
        "same": "The total is the same as on bill {number}.",
        "higher": "This bill is {amount} higher than bill {number}.",
        "lower": "This bill is {amount} lower than bill {number}.",
        "began": "New: {subject} ({amount}).",
        "ended": "No more: {subject} ({amount}).",
        "refunded": "{subject}: days charged in advance are given back ({amount}).",
        "changed": "Your plan changed; now: {subject} ({amount}).",
        "fewer_days": "{subject}: fewer days than last time, when part of a month was added ({amount}).",
        "more_days": "{subject}: more days than last time ({amount}).",
        "price": "{subject}: another price than last time ({amount}).",
        "discount_new": "Discount “{subject}” begins ({amount}).",
        "discount_gone": "Discount “{subject}” is over ({amount}).",
        "discount_other": "Discount “{subject}” is not the same as last time ({amount}).",
        "one_off_new": "Once only: {subject} ({amount}).",
        "one_off_gone": "Last time only: {subject} ({amount}).",
        "one_off_other": "{subject}: not the same as last time ({amount}).",
        "adjustment_new": "{subject} ({amount}).",
        "adjustment_gone": "Last time only: {subject} ({amount}).",
        "adjustment_other": "{subject}: not the same as last time ({amount}).",
        "deposit_new": "{subject} ({amount}).",
        "usage_more": "{subject}: you used more ({amount}).",
        "usage_less": "{subject}: you used less ({amount}).",
    },
    "it": {
        "usage.voice": "Chiamate",
        "usage.data": "Dati",
        "usage.sms": "Messaggi",
        "credit": "accredito",
        "late": "traffico arrivato in ritardo",
        "credit_note": "Accredito sulla fattura {number}",
        "deposit": "Restituzione del deposito",
        "first": "La prima fattura può costare più delle altre: comprende anche i giorni dall’attivazione e quello "
        "che si paga una volta sola.",
        "same": "Il totale è uguale a quello della fattura {number}.",
        "higher": "Questa fattura costa {amount} in più della {number}.",
        "lower": "Questa fattura costa {amount} in meno della {number}.",
        "began": "Novità: {subject} ({amount}).",
        "ended": "Non c’è più: {subject} ({amount}).",
        "refunded": "{subject}: ti restituiamo i giorni già pagati ({amount}).",
        "changed": "Hai cambiato offerta; ora hai: {subject} ({amount}).",
        "fewer_days": "{subject}: meno giorni della volta scorsa, che comprendeva una parte di mese ({amount}).",
        "more_days": "{subject}: più giorni della volta scorsa ({amount}).",
        "price": "{subject}: il prezzo è cambiato ({amount}).",
        "discount_new": "Comincia lo sconto «{subject}» ({amount}).",
        "discount_gone": "È finito lo sconto «{subject}» ({amount}).",
        "discount_other": "Lo sconto «{subject}» è diverso dalla volta scorsa ({amount}).",
        "one_off_new": "Solo questa volta: {subject} ({amount}).",
        "one_off_gone": "Solo la volta scorsa: {subject} ({amount}).",
        "one_off_other": "{subject}: importo diverso dalla volta scorsa ({amount}).",
        "adjustment_new": "{subject} ({amount}).",
        "adjustment_gone": "Solo la volta scorsa: {subject} ({amount}).",
        "adjustment_other": "{subject}: importo diverso dalla volta scorsa ({amount}).",
        "deposit_new": "{subject} ({amount}).",
        "usage_more": "{subject}: hai consumato di più ({amount}).",
        "usage_less": "{subject}: hai consumato di meno ({amount}).",
    },
}


def label(key: str, language: str, **values: str) -> str:
    """Return the words of `key` in `language` (English where it is unknown), with `values` filled in."""
    return _LABELS.get(language, _LABELS["en"])[key].format(**values)


def amount_text(micro: int, currency: str, language: str, *, signed: bool = False) -> str:
    """Write an amount as the language does, with a true minus sign; `signed` writes the plus, too."""
    text = format_currency(Money(abs(micro), currency).decimal, currency, locale=language)
    sign = MINUS if micro < 0 else ("+" if signed and micro > 0 else "")
    return f"{sign}{text}"


def date_text(day: date, language: str, *, style: str = "long") -> str:
    return format_date(day, format=style, locale=_date_locale(language))


def quantity_text(quantity: int, unit: str, language: str) -> str:
    """Write a quantity of usage for people: minutes, gigabytes, a count."""
    sign, value = (MINUS, -quantity) if quantity < 0 else ("", quantity)
    if unit == "second":
        minutes, seconds = divmod(value, 60)
        return f"{sign}{format_decimal(minutes, locale=language)}:{seconds:02d} min"
    if unit == "octet":
        for name, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
            if value >= size:
                hundredths = divide_half_away(value * 100, size)
                whole = format_decimal(Money.of(hundredths, "EUR").decimal / 100, format="#,##0.00", locale=language)
                return f"{sign}{whole} {name}"
        return f"{sign}{value} B"
    return f"{sign}{format_decimal(value, locale=language)}"


def rate_text(basis_points: int, language: str) -> str:
    """Write a rate in basis points as a percentage: 2200 gives 22%."""
    return format_decimal(Money.of(basis_points, "EUR").decimal / 100, format="0.##", locale=language) + "%"


def _date_locale(language: str) -> str:
    # English for customers in Europe: the day before the month.
    return {"en": "en_GB"}.get(language, language)
