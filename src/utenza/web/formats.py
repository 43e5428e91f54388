"""How values read on a page: money, days, instants and quantities, by the reader's language."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel import dates as babel_dates
from babel import numbers as babel_numbers
from django.utils.translation import get_language, gettext, ngettext
from markupsafe import Markup, escape

from utenza.core.money import MINOR_DIGITS, Money
from utenza.infra import clock
from utenza.infra.operator import profile

MINUS = "−"
NOTHING = "–"
_MONEY = Markup('<span class="money%s">%s%s</span>')
# Latin letters follow the operator's first market: "en" alone would print American dates.
LOCALES = {"en": "en_GB", "it": "it_IT"}
# How long ago is said in the largest unit of which there is one, or nearly: unit and its seconds.
AGO_STEPS = (
    ("year", 31_536_000), ("month", 2_592_000), ("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60),
)  # fmt: skip
AGO_NEARLY = 0.99
# Days, amounts and counts come again and again on a page and from page to page: each is written out by babel once.
KEPT = 8_192
OCTET_STEPS = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def locale() -> Locale:
    """Return the reader's locale."""
    return _locale((get_language() or "en")[:2])


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(LOCALES.get(language, "en_GB"))


def zone() -> ZoneInfo:
    """Return the operator's time zone: every instant is shown in it."""
    return profile().zone


def money_text(value: Money | None, *, sign: bool = False) -> str:
    """Write an amount as the locale does, with a true minus; finer than a cent only when the amount is."""
    if value is None:
        return NOTHING
    text = _amount(value, locale())
    if value.micro < 0:
        return MINUS + text
    return f"+{text}" if sign and value.micro > 0 else text


@lru_cache(KEPT)
def _amount(value: Money, reader: Locale) -> str:
    """Write an amount without its sign."""
    digits = MINOR_DIGITS.get(value.currency, 2)
    places = digits if value.is_minor else 6
    amount = abs(value.decimal).quantize(Decimal(1).scaleb(-places))
    if places == 6:
        amount = _without_tail(amount, digits)
    return babel_numbers.format_currency(
        amount, value.currency, locale=reader, currency_digits=False, decimal_quantization=False
    )


def money_text_of(micro: int | None, currency: str = "") -> str:
    """Write micro-units of `currency` (the operator's, if none is given) as `money_text` does."""
    return NOTHING if micro is None else money_text(Money(micro, currency or profile().currency))


def _without_tail(amount: Decimal, digits: int) -> Decimal:
    places = 6
    while places > digits and amount == amount.quantize(Decimal(1).scaleb(1 - places)):
        places -= 1
    return amount.quantize(Decimal(1).scaleb(-places))


def money(value: Money | int | None, currency: str | None = None, *, credit: bool = False) -> Markup:
    """Return an amount as markup that aligns in a column; `credit` adds the word to a negative balance."""
    if value is None:
        return Markup('<span class="money money-none">{}</span>').format(NOTHING)
    amount = value if isinstance(value, Money) else Money(value, currency or profile().currency)
    word = Markup(" <small>{}</small>").format(gettext("credit")) if credit and amount.micro < 0 else ""
    tone = " money-minus" if amount.micro < 0 else ""
    return _MONEY % (tone, money_text(amount), word)


def day(value: date | datetime | None, style: str = "medium") -> str:
    """Write a day; an instant is first taken to the operator's time zone."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        value = value.astimezone(zone()).date()
    return _day(value, style, locale())


@lru_cache(KEPT)
def _day(value: date, style: str, reader: Locale) -> str:
    return babel_dates.format_date(value, style, locale=reader)


def instant(value: datetime | None, style: str = "medium") -> str:
    """Write an instant to the minute, in the operator's time zone."""
    if value is None:
        return NOTHING
    local = value.astimezone(zone())
    return f"{_day(local.date(), style, locale())}, {local:%H:%M}"


def month(value: date | None) -> str:
    """Write a month and its year."""
    if value is None:
        return NOTHING
    return _day(date(value.year, value.month, 1), "LLLL y", locale())


def period(start: date | None, end: date | None) -> str:
    """Write a half-open period of days by its first and last day."""
    if start is None:
        return NOTHING
    if end is None:
        return gettext("from %(day)s") % {"day": day(start)}
    last = end - timedelta(days=1)
    if last <= start:  # what is charged once has a day, and no period
        return day(start)
    return babel_dates.format_interval(start, last, skeleton="yMMMd", locale=locale())


def ago(value: datetime | date | None) -> Markup:
    """Return 'three days ago' as markup whose title is the exact instant."""
    if value is None:
        return Markup("{}").format(NOTHING)
    if isinstance(value, datetime):
        exact, machine = instant(value, "full"), value.isoformat()
        text = _ago_text((clock.now() - value).total_seconds())
    else:
        exact, machine = day(value, "full"), value.isoformat()
        text = relative_day(value)
    return Markup(f'<time datetime="{machine}" title="{escape(exact)}">{escape(text)}</time>')  # noqa: S704 - escaped


def _ago_text(seconds: float) -> str:
    if abs(seconds) < 60:
        return gettext("just now")
    unit_s = next((step for _unit, step in AGO_STEPS if abs(seconds) >= step * AGO_NEARLY), 60)
    return _counted(round(seconds / unit_s) * unit_s, locale())


@lru_cache(KEPT)
def _counted(seconds: int, reader: Locale) -> str:
    """Write how long ago a whole number of a unit is, given in seconds."""
    return babel_dates.format_timedelta(timedelta(seconds=-seconds), add_direction=True, locale=reader, threshold=0.99)


def relative_day(value: date) -> str:
    """Write a day as today, tomorrow, or so many days from now."""
    days = (value - clock.today()).days
    if days == 0:
        return gettext("today")
    if days == 1:
        return gettext("tomorrow")
    if days == -1:
        return gettext("yesterday")
    if days > 0:
        return ngettext("in %(n)s day", "in %(n)s days", days) % {"n": number(days)}
    return ngettext("%(n)s day ago", "%(n)s days ago", -days) % {"n": number(-days)}


def number(value: int | Decimal | None, places: int | None = None) -> str:
    """Write a number with the locale's separators and a true minus."""
    if value is None:
        return NOTHING
    pattern = None if places is None else "#,##0." + "0" * places if places else "#,##0"
    text = _number(Decimal(value).copy_abs(), pattern, locale())
    return MINUS + text if value < 0 else text


@lru_cache(KEPT)
def _number(value: Decimal, pattern: str | None, reader: Locale) -> str:
    return babel_numbers.format_decimal(value, format=pattern, locale=reader)


def percent(basis_points: int | None) -> str:
    """Write hundredths of a percent as a percentage."""
    if basis_points is None:
        return NOTHING
    text = babel_numbers.format_decimal(Decimal(abs(basis_points)) / 100, locale=locale())
    return f"{MINUS if basis_points < 0 else ''}{text}%"


def octets(value: int | None) -> str:
    """Write octets in the decimal unit that fits, with at most two decimals."""
    if value is None:
        return NOTHING
    for step, unit in OCTET_STEPS:
        if abs(value) >= step:
            return f"{babel_numbers.format_decimal(Decimal(value) / step, '#,##0.##', locale=locale())} {unit}"
    return f"{number(value)} B"


def duration(seconds: int | None) -> str:
    """Write seconds as h:mm:ss or m:ss."""
    if seconds is None:
        return NOTHING
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{number(hours)}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def allowance(value: int | None, unit: str) -> str:
    """Write what an allowance grants or has left: calls in minutes, as they are sold."""
    if unit != "second" or value is None:
        return quantity(value, unit)
    minutes = babel_numbers.format_decimal(Decimal(value) / 60, "#,##0.#", locale=locale())
    return gettext("%(minutes)s min") % {"minutes": minutes}


def words_of(name: str) -> str:
    """Write a name of a tariff's own (a zone, an allowance) as words."""
    text = name.replace("_", " ").replace("-", " ").strip()
    return text[:1].upper() + text[1:]


def quantity(value: int | None, unit: str) -> str:
    """Write a quantity of usage: octets in a unit that fits, seconds as a duration, messages as their number."""
    if unit == "octet":
        return octets(value)
    return duration(value) if unit == "second" else number(value)


def iban(value: str) -> str:
    """Write an IBAN in groups of four."""
    plain = value.replace(" ", "")
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def initials(name: str) -> str:
    """Return the letters that stand for a name."""
    words = [word for word in name.replace(".", " ").split() if word[:1].isalnum()]
    letters = (words[0][:1] + words[-1][:1]) if len(words) > 1 else (words[0][:2] if words else "?")
    return letters.upper()


def paragraphs(text: str) -> Markup:
    """Return text typed by a person with its line breaks kept."""
    return Markup("<br>").join(escape(line) for line in text.strip().splitlines())


FILTERS = {
    "money": money,
    "money_text": money_text,
    "money_text_of": money_text_of,
    "day": day,
    "instant": instant,
    "month": month,
    "ago": ago,
    "relative_day": relative_day,
    "number": number,
    "percent": percent,
    "octets": octets,
    "duration": duration,
    "quantity": quantity,
    "allowance": allowance,
    "words_of": words_of,
    "iban": iban,
    "initials": initials,
    "paragraphs": paragraphs,
}
