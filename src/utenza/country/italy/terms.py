"""Dated Italian rules: tax rates (basis points), terms (days, months, years) and interest, each with its source."""

from __future__ import annotations

from datetime import date

from utenza.country.base import DatedRule, DatedValue


def _since(value: int, year: int, month: int, day: int, source: str) -> DatedValue[int]:
    return DatedValue(value=value, from_date=date(year, month, day), source=source)


_INTEREST = "Codice civile art. 1284; D.M. Economia for the year"
_LATE = "D.Lgs. 231/2002 art. 5; reference rate published by the Ministry of the Economy for the half-year"

VAT_RATES: dict[str, DatedRule[int]] = {
    rule.name.removeprefix("vat."): rule
    for rule in (
        DatedRule(
            "vat.standard",
            _since(2000, 1997, 10, 1, "DPR 633/1972 art. 16; D.L. 328/1997 art. 1"),
            _since(2100, 2011, 9, 17, "DPR 633/1972 art. 16; D.L. 138/2011 art. 2 c. 2-bis"),
            _since(2200, 2013, 10, 1, "DPR 633/1972 art. 16; D.L. 98/2011 art. 40 c. 1-ter as amended"),
        ),
        DatedRule("vat.reduced", _since(1000, 1995, 2, 24, "DPR 633/1972 table A part III; D.L. 41/1995")),
        DatedRule("vat.reduced_5", _since(500, 2016, 1, 1, "DPR 633/1972 table A part II-bis; L. 208/2015")),
        DatedRule("vat.reduced_4", _since(400, 1989, 1, 1, "DPR 633/1972 table A part II")),
        DatedRule("vat.exempt", _since(0, 1973, 1, 1, "DPR 633/1972 art. 10")),
        DatedRule("vat.out_of_scope", _since(0, 1973, 1, 1, "DPR 633/1972 art. 2, 3, 7 and 15")),
        DatedRule("vat.reverse_charge", _since(0, 1973, 1, 1, "DPR 633/1972 art. 17")),
    )
}

TERMS: dict[str, DatedRule[int]] = {
    rule.name: rule
    for rule in (
        DatedRule("legal_age_years", _since(18, 1975, 3, 10, "Codice civile art. 2; L. 39/1975")),
        DatedRule(
            "cooling_off_days",
            _since(14, 2014, 6, 13, "Codice del consumo (D.Lgs. 206/2005) art. 52; D.Lgs. 21/2014"),
        ),
        DatedRule(
            "cooling_off_doorstep_days",
            _since(14, 2014, 6, 13, "Codice del consumo (D.Lgs. 206/2005) art. 52; D.Lgs. 21/2014"),
            _since(30, 2023, 4, 2, "Codice del consumo art. 52 c. 1-bis; D.Lgs. 26/2023"),
        ),
        DatedRule("notice_max_days", _since(30, 2007, 2, 2, "D.L. 7/2007 art. 1 c. 3, converted by L. 40/2007")),
        DatedRule(
            "commitment_max_months",
            _since(24, 2021, 12, 24, "D.Lgs. 259/2003 art. 98-septiesdecies; D.Lgs. 207/2021"),
        ),
        DatedRule("usage_retention_months", _since(6, 2004, 1, 1, "D.Lgs. 196/2003 art. 123 c. 2")),
        DatedRule("books_retention_years", _since(10, 1942, 4, 21, "Codice civile art. 2220")),
        DatedRule("invoice_ahead_of_due_days", _since(15, 2003, 10, 1, "AGCOM delibera 179/03/CSP annex A art. 7")),
        DatedRule("suspension_notice_days", _since(40, 2020, 1, 1, "L. 160/2019 art. 1 c. 291")),
        DatedRule("late_payment_compensation_micro", _since(40_000_000, 2012, 11, 30, "D.Lgs. 231/2002 art. 6 c. 2")),
        DatedRule("late_payment_margin_bp", _since(800, 2013, 1, 1, "D.Lgs. 231/2002 art. 2; D.Lgs. 192/2012")),
        DatedRule(
            "late_payment_rate_bp",
            _since(1050, 2023, 1, 1, _LATE),
            _since(1200, 2023, 7, 1, _LATE),
            _since(1250, 2024, 1, 1, _LATE),
            _since(1225, 2024, 7, 1, _LATE),
            _since(1115, 2025, 1, 1, _LATE),
            _since(1015, 2025, 7, 1, _LATE),
        ),
        DatedRule(
            "legal_interest_bp",
            _since(30, 2018, 1, 1, _INTEREST),
            _since(80, 2019, 1, 1, _INTEREST),
            _since(5, 2020, 1, 1, _INTEREST),
            _since(1, 2021, 1, 1, _INTEREST),
            _since(125, 2022, 1, 1, _INTEREST),
            _since(500, 2023, 1, 1, _INTEREST),
            _since(250, 2024, 1, 1, _INTEREST),
            _since(200, 2025, 1, 1, _INTEREST),
            _since(160, 2026, 1, 1, _INTEREST),
        ),
    )
}
