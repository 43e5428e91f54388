"""Makers of people, companies and billing accounts, with invented names and tax codes that are well-formed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count

from utenza.country.italy.tax_code import compute
from utenza.parties import operations
from utenza.parties.operations import AccountRef, CustomerRef

AT = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)

GIVEN_NAMES = {
    "F": ("Giulia", "Chiara", "Martina", "Noemi", "Ilaria", "Bianca", "Teresa", "Lucia", "Elena", "Sofia"),
    "M": ("Marco", "Davide", "Simone", "Pietro", "Nicolò", "Andrea", "Tommaso", "Luca", "Enzo", "Fabio"),
}
FAMILY_NAMES = (
    "Bellandi", "Corvaro", "Dell'Olmo", "Ferrantini", "Gualdieri", "Landolfo", "Marchesin", "Nardacci", "Oliviero",
    "Pozzuoli", "Quaranta", "Rosselli", "Saviani", "Tramonti", "Ughetto", "Vallescura", "Zanforlin",
)  # fmt: skip
# Town, and its code in tax codes.
PLACES = (
    ("Roma", "H501"), ("Milano", "F205"), ("Torino", "L219"), ("Napoli", "F839"), ("Bologna", "A944"),
    ("Firenze", "D612"), ("Palermo", "G273"),
)  # fmt: skip

_serial = count()


@dataclass(frozen=True, slots=True)
class PersonFacts:
    given_name: str
    family_name: str
    birth_date: date
    sex: str
    tax_code: str
    email: str
    mobile: str
    birth_place: str
    document_number: str
    iban: str


def person_facts(n: int | None = None) -> PersonFacts:
    """Return the facts of the n-th invented adult; each n (up to some ten thousand) is another person."""
    n = next(_serial) if n is None else n
    sex = "FM"[n % 2]
    given = GIVEN_NAMES[sex][n // 2 % 10]
    family = FAMILY_NAMES[n // 20 % len(FAMILY_NAMES)]
    birth = date(1950 + n // 7 % 50, n % 12 + 1, n % 28 + 1)
    town, place_code = PLACES[n // 340 % len(PLACES)]
    tax_code = compute(
        given_name=given,
        family_name=family,
        birth_date=birth,
        sex=sex,
        place_code=place_code,
    )
    mailbox = f"{given}.{family}.{n}".lower().replace("'", "").replace("ò", "o")
    return PersonFacts(
        given_name=given,
        family_name=family,
        birth_date=birth,
        sex=sex,
        tax_code=tax_code,
        email=f"{mailbox}@posta.example",
        mobile=f"+39333{n:07d}",
        birth_place=town,
        document_number=f"CA{n % 100_000:05d}AB",
        iban=iban(n),
    )


def iban(n: int) -> str:
    """Return the n-th invented Italian IBAN, its check digits right (ISO 13616); its last four signs are those of n."""
    account = f"X0542811101{n:012d}"
    digits = "".join(str(int(sign, 36)) for sign in account + "IT00")
    return f"IT{98 - int(digits) % 97:02d}{account}"


def vat_number(n: int | None = None) -> str:
    """Return the n-th invented VAT number, with the office of Rome and a right check digit."""
    n = next(_serial) if n is None else n
    body = f"{n % 9_999_999 + 1:07d}058"  # no number begins with seven zeros
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in body[1::2])
    return body + str(-(doubled + sum(int(digit) for digit in body[0::2])) % 10)


def person_customer(*, n: int | None = None, at: datetime = AT, active: bool = True) -> CustomerRef:
    """Admit an invented person with contacts and a residence, active at once unless told otherwise."""
    facts = person_facts(n)
    ref = operations.admit_person(
        given_name=facts.given_name,
        family_name=facts.family_name,
        birth_date=facts.birth_date,
        birth_place=facts.birth_place,
        sex=facts.sex,
        tax_code=facts.tax_code,
        at=at,
    )
    operations.change_contact(customer_id=ref.customer_id, kind="email", value=facts.email, at=at)
    operations.change_contact(customer_id=ref.customer_id, kind="mobile", value=facts.mobile, at=at)
    operations.change_address(
        customer_id=ref.customer_id,
        purpose="residence",
        street="Via delle Magnolie",
        house_number="12",
        postcode="00185",
        city="Roma",
        province="RM",
        at=at,
    )
    if active:
        operations.activate_customer(customer_id=ref.customer_id, at=at)
    return ref


@dataclass(frozen=True, slots=True)
class CompanyWithBranches:
    """A company with one branch that it pays for and one that pays itself."""

    company: CustomerRef
    paid_branch: CustomerRef
    paying_branch: CustomerRef


def company_customer(*, name: str = "Officine Tramonto", at: datetime = AT, active: bool = True) -> CustomerRef:
    """Admit an invented company with contacts and a registered office, active at once unless told otherwise."""
    number = vat_number()
    ref = operations.admit_company(legal_name=name, legal_form="S.r.l.", vat_number=number, tax_code=number, at=at)
    operations.change_contact(customer_id=ref.customer_id, kind="email", value="conti@tramonto.example", at=at)
    operations.change_address(
        customer_id=ref.customer_id,
        purpose="registered_office",
        street="Viale dei Cantieri",
        house_number="7",
        postcode="20121",
        city="Milano",
        province="MI",
        at=at,
    )
    if active:
        operations.activate_customer(customer_id=ref.customer_id, at=at)
    return ref


def company_with_branches(*, at: datetime = AT) -> CompanyWithBranches:
    """Admit an invented company with two branches, the second paying itself."""
    company = company_customer(at=at)
    paid = operations.add_branch(
        parent_customer_id=company.customer_id, name="Sede di Bologna", node_kind="branch", pays_itself=False, at=at
    )
    paying = operations.add_branch(
        parent_customer_id=company.customer_id, name="Sede di Torino", node_kind="branch", pays_itself=True, at=at
    )
    return CompanyWithBranches(company, paid, paying)


def account_of(
    customer: CustomerRef, *, bill_day: int = 1, cycle_months: int = 1, language: str = "it", at: datetime = AT
) -> AccountRef:
    """Open a billing account by e-mail for a customer that pays itself."""
    return operations.open_account(
        customer_id=customer.customer_id,
        bill_day=bill_day,
        cycle_months=cycle_months,
        language=language,
        delivery_channel="email",
        email="bollette@posta.example",
        currency="EUR",
        at=at,
    )


def person_with_account(*, bill_day: int = 1, at: datetime = AT) -> tuple[CustomerRef, AccountRef]:
    """Admit an invented person and open a billing account."""
    customer = person_customer(at=at)
    return customer, account_of(customer, bill_day=bill_day, at=at)
