"""The application form as data: steps and fields, from which a wizard draws itself and a draft is checked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from utenza.application.states import ApplicationKind, Market, Payment
from utenza.country import rules as country_rules


class FieldKind(StrEnum):
    """What an answer is; it decides how it is asked for and how it is checked."""

    TEXT = "text"
    CHOICE = "choice"
    YES_NO = "yes_no"
    DATE = "date"
    NUMBER = "number"
    MONEY = "money"
    EMAIL = "email"
    PHONE = "phone"
    TAX_CODE = "tax_code"
    COMPANY_TAX_CODE = "company_tax_code"
    VAT_NUMBER = "vat_number"
    DOCUMENT_NUMBER = "document_number"
    POSTCODE = "postcode"
    PROVINCE = "province"
    IBAN = "iban"
    REGISTER_NUMBER = "register_number"
    COUNTRY = "country"
    MRZ = "mrz"
    BRANCHES = "branches"
    OFFERS = "offers"


Words = str | Promise


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Words


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `needed_when` (field, value) makes it required, and shown, only for that answer to another."""

    name: str
    kind: FieldKind
    label: Words
    required: bool = True
    hint: Words = ""
    choices: tuple[Choice, ...] = ()
    default: str = ""
    max_length: int = 160
    width: int = 24
    autocomplete: str = ""
    needed_when: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    code: str
    title: Words
    fields: tuple[Field, ...]
    intro: Words = ""


YES_NO = (Choice("yes", _("Yes")), Choice("no", _("No")))

_K = FieldKind


def _person(who: Words) -> tuple[Field, ...]:
    sexes = (Choice("F", _("Female")), Choice("M", _("Male")))
    return (
        Field("given_name", _K.TEXT, _("Given name"), hint=who, max_length=80, autocomplete="given-name"),
        Field("family_name", _K.TEXT, _("Family name"), max_length=80, autocomplete="family-name"),
        Field("sex", _K.CHOICE, _("Sex"), hint=_("As on the tax card."), choices=sexes, width=10),
        Field("birth_date", _K.DATE, _("Date of birth"), width=12, autocomplete="bday"),
        Field("birth_place", _K.TEXT, _("Place of birth"), max_length=80),
    )


_LANGUAGE = Field(
    "language",
    _K.CHOICE,
    _("Language of bills and letters"),
    choices=(Choice("it", "Italiano"), Choice("en", "English")),
    default="it",
    width=12,
)

_HOUSEHOLD = Field(
    "household",
    _K.YES_NO,
    _("Applies for a household, as its head"),
    required=False,
    choices=YES_NO,
    default="no",
)

_COMPANY = (
    Field("legal_name", _K.TEXT, _("Legal name"), hint=_("As in the register of companies."), width=40),
    Field("legal_form", _K.TEXT, _("Legal form"), hint=_("For example S.r.l."), max_length=40, width=12),
    Field("vat_number", _K.VAT_NUMBER, _("VAT number"), width=16),
    Field(
        "company_tax_code",
        _K.COMPANY_TAX_CODE,
        _("Tax code of the company"),
        required=False,
        hint=_("Leave empty if it is the VAT number."),
        width=20,
    ),
    Field(
        "register_number",
        _K.REGISTER_NUMBER,
        _("Number in the register of companies"),
        required=False,
        hint=_("As on the register's extract; in Italy the REA, such as RM-1234567."),
        max_length=28,
        width=16,
    ),
    Field("founded_year", _K.NUMBER, _("Year of foundation"), max_length=4, width=8),
)

_REACH = (
    Field("email", _K.EMAIL, _("E-mail"), max_length=254, width=32, autocomplete="email"),
    Field("mobile", _K.PHONE, _("Mobile phone"), max_length=24, width=20, autocomplete="tel"),
    Field("phone", _K.PHONE, _("Other telephone"), required=False, max_length=24, width=20),
)


def _address(prefix: str, title: Words, needed_when: tuple[str, str] | None = None) -> tuple[Field, ...]:
    return (
        Field(f"{prefix}street", _K.TEXT, _("Street"), hint=title, max_length=120, width=40, needed_when=needed_when),
        Field(
            f"{prefix}house_number",
            _K.TEXT,
            _("House number"),
            required=False,
            max_length=16,
            width=8,
            needed_when=needed_when,
        ),
        Field(f"{prefix}postcode", _K.POSTCODE, _("Postcode"), max_length=12, width=10, needed_when=needed_when),
        Field(f"{prefix}city", _K.TEXT, _("Town"), max_length=80, needed_when=needed_when),
        Field(f"{prefix}province", _K.PROVINCE, _("Province"), max_length=40, width=8, needed_when=needed_when),
    )


_INSTALLATION = (
    Field(
        "installation_elsewhere",
        _K.YES_NO,
        _("The line is wanted at another address"),
        required=False,
        choices=YES_NO,
        default="no",
    ),
    *_address("installation_", _("Where the technician goes."), needed_when=("installation_elsewhere", "yes")),
)

_E_INVOICE = (
    Field("pec", _K.EMAIL, _("Certified e-mail (PEC)"), required=False, max_length=254, width=32),
    Field(
        "e_invoice_code",
        _K.TEXT,
        _("Recipient code for e-invoices"),
        required=False,
        hint=_("Seven signs, from the company's accountant."),
        max_length=7,
        width=10,
    ),
)

EMPLOYMENTS = (
    Choice("permanent", _("Employee, permanent")),
    Choice("fixed_term", _("Employee, fixed term")),
    Choice("self_employed", _("Self-employed")),
    Choice("pension", _("Pensioner")),
    Choice("student", _("Student")),
    Choice("none", _("Without work")),
)

_MEANS_PERSON = (
    Field("employment", _K.CHOICE, _("Employment"), choices=EMPLOYMENTS),
    Field("employment_years", _K.NUMBER, _("Years in it"), max_length=2, width=6),
    Field(
        "income_monthly",
        _K.MONEY,
        _("Net income a month"),
        hint=_("In euro, as on the last pay slip or pension statement."),
        max_length=14,
        width=12,
    ),
)
_MEANS_COMPANY = (
    Field("turnover_yearly", _K.MONEY, _("Turnover of the last year"), hint=_("In euro."), max_length=18, width=14),
    Field("employees", _K.NUMBER, _("People employed"), max_length=6, width=8),
)
_PAYING = (
    Field(
        "payment_method",
        _K.CHOICE,
        _("How bills are paid"),
        choices=(
            Choice("direct_debit", _("Direct debit")),
            Choice("transfer", _("Bank transfer")),
            Choice("card", _("Card")),
            Choice("cash", _("Cash")),
        ),
        default="transfer",
    ),
    Field("iban", _K.IBAN, _("IBAN"), max_length=42, width=34, needed_when=("payment_method", "direct_debit")),
)

_OFFER = (
    Field("offers", _K.OFFERS, _("Offers"), required=False, hint=_("Add-ons follow their plan.")),
    Field(
        "delivery_channel",
        _K.CHOICE,
        _("Bills come by"),
        choices=(Choice("email", _("E-mail")), Choice("portal", _("Portal")), Choice("paper", _("Paper"))),
        default="email",
        width=12,
    ),
    Field("bill_day", _K.NUMBER, _("Day of the bill"), hint=_("1 to 31."), default="1", max_length=2, width=6),
    Field(
        "cycle_months",
        _K.CHOICE,
        _("A bill every"),
        choices=(Choice("1", _("month")), Choice("2", _("two months"))),
        default="1",
        width=12,
    ),
)


def _consent(name: str, label: Words) -> Field:
    return Field(name, _K.YES_NO, label, required=False, choices=YES_NO, default="no")


CONSENT_FIELDS: dict[str, str] = {
    "consent_marketing": "marketing",
    "consent_profiling": "profiling",
    "consent_third_parties": "third_parties",
    "consent_directory": "directory",
}
_CONSENTS = (
    Field(
        "terms_accepted",
        _K.YES_NO,
        _("I have read the contract and the information on personal data, and accept the contract"),
        choices=YES_NO,
    ),
    _consent("consent_marketing", _("News and offers may be sent to me")),
    _consent("consent_profiling", _("My own use may be analysed, to advise me on plans")),
    _consent("consent_third_parties", _("My contacts may be passed to partners, for their offers")),
    _consent("consent_directory", _("My name and number may be printed in directories")),
)


def _documents(country: str) -> tuple[Field, ...]:
    kinds = tuple(Choice(kind.code, _(kind.label)) for kind in country_rules(country).document_kinds())
    return (
        Field("tax_code", _K.TAX_CODE, _("Tax code"), hint=_("As on the tax card."), max_length=28, width=20),
        Field("document_kind", _K.CHOICE, _("Identity document"), choices=kinds),
        Field("document_number", _K.DOCUMENT_NUMBER, _("Number of the document"), max_length=28, width=16),
        Field("document_expiry", _K.DATE, _("Valid until"), width=12),
        Field(
            "document_country",
            _K.COUNTRY,
            _("Country that issued it"),
            required=False,
            hint=_("Two letters, such as FR. Leave empty if it was issued here."),
            max_length=2,
            width=6,
        ),
        Field(
            "mrz",
            _K.MRZ,
            _("Machine-readable lines"),
            required=False,
            hint=_(
                "The lines of capitals and < signs at the foot of the document, whole: they prove the answers above."
            ),
            max_length=140,
            width=40,
        ),
    )


def steps(*, kind: str, market: str = Market.ANY, payment: str = Payment.ANY, country: str = "IT") -> tuple[Step, ...]:
    """Return the steps of the form, in order, for an individual or a company.

    Prepaid is paid before it is used, so that it asks for no income; a fixed line asks where it is wanted.
    """
    company = kind == ApplicationKind.COMPANY
    installation = () if market == Market.MOBILE else _INSTALLATION
    who = (*_COMPANY, _LANGUAGE) if company else (*_person(""), _HOUSEHOLD, _LANGUAGE)
    seat = _("Where the registered office is.") if company else _("Where the person lives.")
    identity = (*_person(_("Of the person who signs for the company.")), *_documents(country))
    means = _MEANS_COMPANY if company else _MEANS_PERSON
    branches = Field("branches", _K.BRANCHES, _("Branches and departments"), required=False)
    found = [
        Step("who", _("Who"), who),
        Step(
            "contact",
            _("Contact and address"),
            (*_REACH, *(_E_INVOICE if company else ()), *_address("", seat), *installation),
        ),
    ]
    if company:
        found.append(Step("branches", _("Branches"), (branches,), intro=_("Only those that use or pay by themselves.")))
    found.append(Step("documents", _("Documents"), identity if company else _documents(country)))
    found.append(
        Step("means", _("Payment"), _PAYING)
        if payment == Payment.PREPAID
        else Step("means", _("Means and payment"), (*means, *_PAYING))
    )
    found += [
        Step("offer", _("Offer"), _OFFER),
        Step("consents", _("Consents"), _CONSENTS),
        Step("summary", _("Summary"), ()),
    ]
    return tuple(found)


def all_fields(form_steps: tuple[Step, ...]) -> dict[str, Field]:
    """Return the fields of all steps by name."""
    return {field.name: field for step in form_steps for field in step.fields}


def step_named(form_steps: tuple[Step, ...], code: str) -> Step | None:
    """Return the step with this code."""
    return next((step for step in form_steps if step.code == code), None)
