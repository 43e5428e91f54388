"""Invented applicants, with tax codes and VAT numbers that are well-formed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from utenza.country.italy.tax_code import compute

WOMEN = ("Adele", "Bruna", "Cosima", "Donata", "Elvira", "Fiamma", "Gemma", "Ines", "Livia", "Mirella", "Ornella")
MEN = ("Aldo", "Bruno", "Cesare", "Dario", "Ezio", "Flavio", "Gino", "Ivano", "Leone", "Mirko", "Orazio")
FAMILIES = (
    "Acquaviva", "Bentivegna", "Castellari", "D'Ambra", "Fontanarosa", "Grimandi", "Lazzaretto", "Montefusco",
    "Novelli", "Pietrasanta", "Ravelli", "Sottocasa", "Tornabuoni", "Valleriana", "Zambonin",
)  # fmt: skip
# Town, province, postcode, and the code of the town in tax codes.
TOWNS = (
    ("Roma", "RM", "00185", "H501"),
    ("Milano", "MI", "20121", "F205"),
    ("Torino", "TO", "10121", "L219"),
    ("Napoli", "NA", "80133", "F839"),
    ("Bologna", "BO", "40121", "A944"),
    ("Firenze", "FI", "50122", "D612"),
    ("Palermo", "PA", "90133", "G273"),
)
STREETS = (
    "Via dei Glicini", "Via del Mulino", "Viale Aurora", "Piazza della Fonte", "Via delle Lucciole",
    "Vicolo del Melograno", "Corso dei Tessitori", "Via della Meridiana",
)  # fmt: skip
COMPANIES = (
    "Officine Valdarco", "Panificio Serchio", "Studio Lanterna", "Cantine Rocchetta", "Tipografia Meridiana",
    "Falegnameria Altopiano", "Vivai Pratolungo", "Autotrasporti Brenta",
)  # fmt: skip
IBAN = "IT60X0542811101000000123456"


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who applies, for what, and what the form says. `offers` are codes of the catalogue, add-ons after their plan.

    `fate` is what makes the applicant's story differ from that of others, one of `FATES` or ''; `adds` is the offer
    that the customer orders some weeks later, or ''.
    """

    index: int
    kind: str
    market: str
    payment: str
    offers: tuple[str, ...]
    form: dict[str, Any]
    language: str
    fate: str
    adds: str

    @property
    def name(self) -> str:
        given = f"{self.form['given_name']} {self.form['family_name']}"
        return str(self.form.get("legal_name") or given)


# Which market the next applicant comes from, again and again: all four, and both kinds of customer.
MIX: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("individual", "fixed", "postpaid", ("fibra-100", "voce")),
    ("individual", "mobile", "prepaid", ("mobile-ricarica",)),
    ("company", "fixed", "postpaid", ("business-fibra",)),
    ("individual", "mobile", "postpaid", ("mobile-plus",)),
    ("individual", "fixed", "prepaid", ("fwa-ricarica",)),
    ("individual", "fixed", "postpaid", ("fibra-1000",)),
    ("individual", "mobile", "prepaid", ("mobile-mese",)),
    ("individual", "mobile", "postpaid", ("mobile-plus",)),
)
# What befalls the first applicants, one of each kind; those who come after them live without events of this sort.
FATES: dict[int, str] = {
    3: "late",  # pays nothing until its line is suspended, then everything
    4: "dry",  # recharges once and never again
    5: "unpaid",  # never pays
    6: "refills",  # lets its credit run out and recharges five days later
    7: "leaves",  # terminates, and has its final bill
    8: "leaving",  # has given notice when the story ends
    9: "lost",  # loses its SIM
    10: "slow",  # pays after the first reminder
}
ADDS: dict[int, str] = {0: "mobile-plus", 2: "mobile-plus", 13: "mobile-mese", 16: "mobile-plus", 18: "mobile-plus"}


def applicant(index: int) -> Applicant:
    """Return the invented applicant number `index`; the same number gives the same applicant."""
    kind, market, payment, offers = MIX[index % len(MIX)]
    person = _person_form(index)
    form = {**person, **_company_form(index)} if kind == "company" else person
    return Applicant(
        index=index,
        kind=kind,
        market=market,
        payment=payment,
        offers=offers,
        form=form,
        language=str(form["language"]),
        fate=FATES.get(index, "slow" if index % 13 == 11 else ""),
        adds=ADDS.get(index, ""),
    )


def _person_form(index: int) -> dict[str, Any]:
    sex = "FM"[index % 2]
    given = (WOMEN if sex == "F" else MEN)[index // 2 * 4 % 11]
    family = FAMILIES[index * 7 % 15]
    birth = date(1955 + index % 45, index % 12 + 1, index % 28 + 1)
    town, province, postcode, place = TOWNS[index * 3 % 7]
    mailbox = f"{given}.{family}.{index}".lower().replace("'", "")
    return {
        "given_name": given,
        "family_name": family,
        "sex": sex,
        "birth_date": birth.isoformat(),
        "birth_place": town,
        "household": "yes" if index % 10 == 0 else "no",
        "language": "en" if index % 12 == 4 else "it",
        "email": f"{mailbox}@posta.example",
        "mobile": f"+39333{(index * 7_907 + 2_140_361) % 10_000_000:07d}",
        "phone": "",
        "street": STREETS[index % len(STREETS)],
        "house_number": str(index % 90 + 1),
        "postcode": postcode,
        "city": town,
        "province": province,
        "tax_code": compute(given_name=given, family_name=family, birth_date=birth, sex=sex, place_code=place),
        "document_kind": "identity_card",
        "document_number": f"CA{index:05d}AB",
        "document_expiry": "2034-06-30",
        "employment": "permanent",
        "employment_years": str(index % 20 + 2),
        "income_monthly": f"{1500 + index % 8 * 150},00",
        "payment_method": "direct_debit" if index % 3 == 0 else "transfer",
        "iban": IBAN,
        "offers": [],
        "delivery_channel": "email",
        "bill_day": "1" if index % 2 else "15",
        "cycle_months": "1",
        "terms_accepted": "yes",
        "consent_marketing": "yes" if index % 3 else "no",
    }


def _company_form(index: int) -> dict[str, Any]:
    town = TOWNS[(index + 3) % 7][0]
    other = TOWNS[(index + 5) % 7][0]
    word = COMPANIES[index // len(MIX) % len(COMPANIES)]
    domain = f"{word.lower().replace(' ', '-')}-{index}"
    return {
        "legal_name": word if index < len(MIX) * len(COMPANIES) else f"{word} {other}",
        "legal_form": "S.r.l.",
        "vat_number": _vat_number(4_100_000 + index),
        "company_tax_code": "",
        "founded_year": str(1995 + index % 20),
        "email": f"amministrazione@{domain}.example",
        "pec": f"{domain}@pec.example",
        "e_invoice_code": "AB12CD3",
        "turnover_yearly": "1.250.000,00",
        "employees": "14",
        "branches": [
            {"name": f"Sede di {town}", "node_kind": "branch", "pays_itself": False},
            {"name": f"Sede di {other}", "node_kind": "branch", "pays_itself": True},
        ],
    }


def _vat_number(serial: int) -> str:
    """Return a VAT number with the office of Rome and its check digit (Luhn's rule, DM 23/12/1976)."""
    body = f"{serial:07d}058"
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in body[1::2])
    return body + str(-(doubled + sum(int(digit) for digit in body[0::2])) % 10)
