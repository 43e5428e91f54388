"""Identity documents that Italian law accepts (DPR 445/2000 art. 35) and the forms of their numbers."""

from __future__ import annotations

import re

from utenza.core.errors import N_
from utenza.country.base import DocumentKind, InvalidDocument

IDENTITY_CARD = DocumentKind(code="identity_card", label=N_("Identity card"), valid_years=10)
PASSPORT = DocumentKind(code="passport", label=N_("Italian passport"), valid_years=10)
DRIVING_LICENCE = DocumentKind(code="driving_licence", label=N_("Driving licence"), valid_years=10)
RESIDENCE_PERMIT = DocumentKind(code="residence_permit", label=N_("Residence permit"), valid_years=10)
FOREIGN_PASSPORT = DocumentKind(code="foreign_passport", label=N_("Passport of another country"), valid_years=10)

KINDS = (IDENTITY_CARD, PASSPORT, DRIVING_LICENCE, RESIDENCE_PERMIT, FOREIGN_PASSPORT)

_FORMS: dict[str, re.Pattern[str]] = {
    # Paper (AA1234567), electronic of the second generation (1234567AA) and of the third (CA12345AB).
    IDENTITY_CARD.code: re.compile(r"[A-Z]{2}[0-9]{7}|[0-9]{7}[A-Z]{2}|[A-Z]{2}[0-9]{5}[A-Z]{2}"),
    PASSPORT.code: re.compile(r"[A-Z]{2}[0-9]{7}"),
    # Issued by a prefecture or motor office (RM1234567X), or by the central one (U1 and seven signs).
    DRIVING_LICENCE.code: re.compile(r"[A-Z]{2}[0-9]{7}[A-Z]|U1[A-Z0-9]{7}[A-Z]"),
    RESIDENCE_PERMIT.code: re.compile(r"[A-Z]{1,2}[0-9]{7,8}"),
    FOREIGN_PASSPORT.code: re.compile(r"[A-Z0-9]{6,9}"),
}


def validate(kind: str, number: str) -> str:
    """Return the document's number in capitals without blanks.

    :raises InvalidDocument: if there is no such kind, or the number has not its form.
    """
    written = re.sub(r"[\s.\-/]+", "", number).upper()
    form = _FORMS.get(kind)
    if form is None or not form.fullmatch(written):
        raise InvalidDocument(field="document_number", value=number)
    return written
