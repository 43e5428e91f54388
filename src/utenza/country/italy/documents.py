"""Identity documents that Italian law accepts (DPR 445/2000 art. 35) and the forms of their numbers."""

from __future__ import annotations

import re
from datetime import date

from utenza.core.errors import N_
from utenza.country.base import DocumentKind, InvalidDocument
from utenza.country.generic import EU_IDENTITY_CARD, foreign_document
from utenza.country.generic import PASSPORT as FOREIGN_PASSPORT

IDENTITY_CARD = DocumentKind(code="identity_card", label=N_("Identity card"), valid_years=10)
PASSPORT = DocumentKind(code="passport", label=N_("Italian passport"), valid_years=10)
DRIVING_LICENCE = DocumentKind(code="driving_licence", label=N_("Driving licence"), valid_years=10)
RESIDENCE_PERMIT = DocumentKind(code="residence_permit", label=N_("Residence permit"), valid_years=10)

KINDS = (IDENTITY_CARD, PASSPORT, DRIVING_LICENCE, RESIDENCE_PERMIT, FOREIGN_PASSPORT, EU_IDENTITY_CARD)
_ABROAD = (FOREIGN_PASSPORT.code, EU_IDENTITY_CARD.code)

_FORMS: dict[str, re.Pattern[str]] = {
    # Paper (AA1234567), electronic of the second generation (1234567AA) and of the third (CA12345AB).
    IDENTITY_CARD.code: re.compile(r"[A-Z]{2}[0-9]{7}|[0-9]{7}[A-Z]{2}|[A-Z]{2}[0-9]{5}[A-Z]{2}"),
    PASSPORT.code: re.compile(r"[A-Z]{2}[0-9]{7}"),
    # Issued by a prefecture or motor office (RM1234567X), or by the central one (U1 and seven signs).
    DRIVING_LICENCE.code: re.compile(r"[A-Z]{2}[0-9]{7}[A-Z]|U1[A-Z0-9]{7}[A-Z]"),
    RESIDENCE_PERMIT.code: re.compile(r"[A-Z]{1,2}[0-9]{7,8}"),
}


# Cards without machine-readable lines end with their term, and on 3 August 2026 at the latest (Regulation (EU)
# 2019/1157 art. 5).
PAPER_CARDS_END_DATE = date(2026, 8, 3)
_PAPER_CARD = re.compile(r"[A-Z]{2}[0-9]{7}")


def validate(kind: str, number: str, *, issuer: str = "") -> str:
    """Return the document's number in capitals without blanks; `issuer` (two letters) matters to those of other states.

    :raises InvalidDocument: if there is no such kind, or the number has not its form.
    """
    if kind in _ABROAD:
        return foreign_document(kind, number, issuer=issuer)
    written = re.sub(r"[\s.\-/]+", "", number).upper()
    form = _FORMS.get(kind)
    if form is None or not form.fullmatch(written):
        raise InvalidDocument(field="document_number", value=number)
    return written


def ceased(kind: str, number: str, day: date) -> bool:
    """Tell whether a document is a paper identity card on a day on which these are no longer valid."""
    return kind == IDENTITY_CARD.code and day >= PAPER_CARDS_END_DATE and _PAPER_CARD.fullmatch(number) is not None
