"""What stands on paper: a bill or a letter as data for the template; every text is written here, in its language."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from utenza.billing.queries import BillLineView, BillView
from utenza.billing.rules.words import amount_text, date_text, label, quantity_text, rate_text
from utenza.delivery.words import letter_words, words_of
from utenza.infra.operator import OperatorProfile

#: Ways of paying in which the customer has nothing to do.
COLLECTED = frozenset({"direct_debit", "card"})
KINDS = ("recurring", "one_off", "usage", "discount", "adjustment", "deposit")


def operator_data(operator: OperatorProfile, language: str) -> dict[str, Any]:
    words = words_of(language)
    return {
        "brand": operator.brand,
        "legal_name": operator.legal_name,
        "address_lines": list(operator.address_lines),
        "contact_lines": [text for text in (operator.phone, operator.email, operator.website) if text],
        "tax_line": words["our_vat"].format(number=operator.vat_number) if operator.vat_number else "",
    }


def addressee_rows(addressee: Mapping[str, Any], language: str) -> list[str]:
    """Return name and address as a window envelope shows them; the country's name only when it is abroad."""
    attention = addressee.get("attention")
    return [
        str(addressee.get("name", "")),
        *([words_of(language)["attention"].format(name=attention)] if attention else []),
        *(str(row) for row in addressee.get("lines", [])),
    ]


def bill_data(
    *, bill: BillView, operator: OperatorProfile, line_names: Mapping[int, str] | None = None
) -> dict[str, Any]:
    """Return a bill as the data of the template `bill`.

    Amounts are shown as priced where all prices include tax, or none does; where they are mixed, all without it.
    """
    language, words = bill.language, words_of(bill.language)
    gross = bool(bill.lines) and all(line.tax_included for line in bill.lines)
    total = amount_text(bill.total_micro, bill.currency, language)
    heading = words[_heading_key(bill)].format(number=bill.number)
    return {
        "title": heading,
        "heading": heading,
        "labels": words,
        "operator": operator_data(operator, language),
        "addressee": addressee_rows(bill.addressee, language),
        "facts": _facts(bill, words),
        "answer": _answer(bill, operator, words),
        "difference": list(bill.difference),
        "difference_head": words["why" if bill.previous_bill_id else "why_first"],
        "amount_head": words["with_tax" if gross else "without_tax"],
        "amount_note": words["note_with_tax" if gross else "note_without_tax"],
        "summary_head": words["with_tax" if gross else "amount_plain"],
        "summary": _summary(bill, words, gross=gross),
        "summary_total": [words["total"], total],
        "summary_note": words["of_which_vat"].format(tax=amount_text(bill.tax_micro, bill.currency, language))
        if gross
        else "",
        "messages": _messages(bill, words),
        "sections": _sections(bill, words, line_names or {}, gross=gross),
        "usage": _usage(bill, gross=gross),
        "taxes": [
            [
                rate_text(tax.rate_bp, language),
                *(
                    amount_text(micro, bill.currency, language)
                    for micro in (tax.net_micro, tax.tax_micro, tax.net_micro + tax.tax_micro)
                ),
            ]
            for tax in bill.taxes
        ],
        "taxes_total": [
            words["total"],
            *(
                amount_text(micro, bill.currency, language)
                for micro in (bill.net_micro, bill.tax_micro, bill.total_micro)
            ),
        ],
        "notes": _notes(bill, operator, words),
    }


def _heading_key(bill: BillView) -> str:
    if bill.status == "draft":
        return "draft"
    return {"final": "final", "credit_note": "credit_note"}.get(bill.kind, "bill")


def span_text(start: date, end: date, language: str) -> str:
    """Write a half-open span of days with its last day, as people do; one day as that day."""
    if end <= start:
        return date_text(start, language, style="short")
    last = end - timedelta(days=1)
    if last == start:
        return date_text(start, language, style="short")
    return f"{date_text(start, language, style='short')} – {date_text(last, language, style='short')}"


def _facts(bill: BillView, words: Mapping[str, str]) -> list[list[str]]:
    addressee, language = bill.addressee, bill.language
    facts = [
        [words["date"], date_text(bill.issue_date, language) if bill.issue_date else ""],
        [words["for_period"], span_text(bill.period_start, bill.period_end, language)],
        [words["customer"], str(addressee.get("customer_number", ""))],
        [words["account"], bill.account_number],
        [words["tax_code"], str(addressee.get("tax_code", ""))],
        [words["vat_number"], str(addressee.get("vat_number", ""))],
    ]
    return [fact for fact in facts if fact[1]]


def _answer(bill: BillView, operator: OperatorProfile, words: Mapping[str, str]) -> dict[str, Any]:
    language = bill.language
    amount = amount_text(abs(bill.total_micro), bill.currency, language)
    if bill.total_micro <= 0:
        return {
            "amount_label": words["credit"] if bill.total_micro < 0 else words["nothing"],
            "amount": amount,
            "due_label": words["date"],
            "due": date_text(bill.issue_date or bill.period_end, language),
            "due_note": "",
            "how_label": words["how_settled" if bill.total_micro < 0 else "how"],
            "how": [["", words["how_credit"] if bill.total_micro < 0 else words["how_nothing"]]],
        }
    return {
        "amount_label": words["amount"],
        "amount": amount,
        "due_label": words["due"],
        "due": date_text(bill.due_date, language),
        "due_note": "" if bill.addressee.get("payment_method") in COLLECTED else words["due_past"],
        "how_label": words["how"],
        "how": how_to_pay(bill, operator),
    }


def how_to_pay(bill: BillView, operator: OperatorProfile) -> list[list[str]]:
    """Return how this customer pays: (what it is, what to copy), one pair a row."""
    words = words_of(bill.language)
    method = str(bill.addressee.get("payment_method", "transfer"))
    if method in {"direct_debit", "card", "cash"}:
        due = date_text(bill.due_date, bill.language)
        return [["", words[f"how_{method}"].format(iban=bill.addressee.get("iban", ""), due=due)]]
    rows = [[words["how_transfer"], operator.legal_name]]
    if operator.iban:
        rows.append(["IBAN", spaced_iban(operator.iban)])
    return [*rows, [words["how_reference"], bill.number]]


def spaced_iban(iban: str) -> str:
    """Write an IBAN in groups of four that stay on one line."""
    compact = iban.replace(" ", "")
    return "\N{NO-BREAK SPACE}".join(compact[i : i + 4] for i in range(0, len(compact), 4))


def _shown(line: BillLineView, *, gross: bool) -> int:
    return line.amount_micro if gross else line.net_micro


def _summary(bill: BillView, words: Mapping[str, str], *, gross: bool) -> list[list[str]]:
    rows = []
    for kind in KINDS:
        lines = [line for line in bill.lines if line.kind == kind]
        micro = sum(_shown(line, gross=gross) for line in lines)
        if lines and (micro or kind == "usage"):
            name = words["usage_kind" if kind == "usage" else kind]
            rows.append([name, amount_text(micro, bill.currency, bill.language)])
    if not gross:
        rows.append([words["vat"], amount_text(bill.tax_micro, bill.currency, bill.language)])
    return rows


def _messages(bill: BillView, words: Mapping[str, str]) -> list[str]:
    messages = []
    if bill.corrects_number:
        messages.append(words["corrects"].format(number=bill.corrects_number))
    if bill.reason:
        messages.append(words["reason"].format(reason=bill.reason))
    return messages


def _sections(
    bill: BillView, words: Mapping[str, str], line_names: Mapping[int, str], *, gross: bool
) -> list[dict[str, Any]]:
    sections = bill.sections
    made = []
    for _node, name, lines, _subtotal in sections:
        several = len(sections) > 1
        subtotal = sum(_shown(line, gross=gross) for line in lines)
        named: set[int] = set()
        rows = []
        for line in lines:
            name_of_line = "" if line.line_id in named else line_names.get(line.line_id or 0, "")
            rows.append(_row(bill, line, words, name_of_line, gross=gross))
            named.add(line.line_id or 0)
        made.append(
            {
                "name": name if several else "",
                "lines": rows,
                "subtotal_label": words["subtotal"].format(name=name),
                "subtotal": amount_text(subtotal, bill.currency, bill.language) if several else "",
            }
        )
    return made


def _row(
    bill: BillView, line: BillLineView, words: Mapping[str, str], line_name: str, *, gross: bool
) -> dict[str, str]:
    details = [line.detail] if line.detail else []
    if line_name:
        details.append(line_name)
    if line.explanation.get("late"):
        details.append(words["late"])
    if line.explanation.get("credit"):
        details.append(words["refund"])
    return {
        "text": line.text,
        "detail": " · ".join(details),
        "period": span_text(line.period_start, line.period_end, bill.language),
        "quantity": quantity_text(line.quantity, line.unit, bill.language) if line.kind == "usage" else "",
        "amount": amount_text(_shown(line, gross=gross), bill.currency, bill.language),
    }


def _usage(bill: BillView, *, gross: bool) -> list[dict[str, Any]]:
    """Return usage by kind with the bar of each: its share of the dearest, or of nothing where all is covered."""
    sums: dict[tuple[str, str], list[int]] = {}
    for line in bill.lines:
        if line.kind == "usage":
            entry = sums.setdefault((str(line.explanation.get("usage_kind", "")), line.unit), [0, 0])
            entry[0] += line.quantity
            entry[1] += _shown(line, gross=gross)
    most = max((micro for _quantity, micro in sums.values()), default=0)
    return [
        {
            "text": label(f"usage.{kind}", bill.language),
            "share": round(micro / most, 3) if most > 0 and micro > 0 else 0,
            "quantity": quantity_text(quantity, unit, bill.language),
            "amount": amount_text(micro, bill.currency, bill.language),
        }
        for (kind, unit), (quantity, micro) in sorted(sums.items())
    ]


def _notes(bill: BillView, operator: OperatorProfile, words: Mapping[str, str]) -> list[str]:
    help_line = words["help" if operator.phone else "help_mail"].format(email=operator.email, phone=operator.phone)
    return [help_line, words["complaint"]] if bill.kind != "credit_note" else [help_line]


def bill_mail(*, bill: BillView, operator: OperatorProfile) -> tuple[str, str]:
    """Return subject and text of the e-mail that carries a bill: the four answers, for those who never open the PDF."""
    language, words = bill.language, words_of(bill.language)
    answer = _answer(bill, operator, words)
    key = "mail_subject" if bill.total_micro > 0 else "mail_subject_credit"
    subject = words[key].format(number=bill.number, amount=answer["amount"], due=answer["due"])
    text = words["mail_text" if bill.total_micro > 0 else "mail_text_credit"].format(
        salutation=words["dear"].format(name=bill.addressee.get("name", "")),
        number=bill.number,
        date=date_text(bill.issue_date or bill.period_end, language),
        amount=answer["amount"],
        due=answer["due"],
        how="\n".join(f"{name} {value}".strip() for name, value in answer["how"]),
        why="\n".join(bill.difference),
        brand=operator.brand,
    )
    return subject, text


def letter_mail(*, data: Mapping[str, Any]) -> str:
    """Return a letter as the text of an e-mail."""
    rows = ["  ".join(cell for cell in row if cell) for row in (*data["rows"], data["row_total"]) if row]
    box = [f"{name} {value}" for name, value in data["box"]]
    blocks = [
        data["salutation"],
        *data["paragraphs"],
        "\n".join(rows),
        "\n".join(box),
        *data["after"],
        f"{data['closing']}\n{data['operator']['brand']}",
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


class _Slots(string.Formatter):
    """Fills slots with text; one that the sender did not give stays empty rather than stopping the letter."""

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key), "") if isinstance(key, str) else super().get_value(key, args, kwargs)


def letter_texts(*, template: str, language: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return subject, paragraphs and closing paragraphs of a letter with `data` filled in."""
    words = letter_words(template, language)
    values = letter_values(data, language)
    fill = _Slots()
    return {
        "subject": fill.format(words["subject"], **values),
        "paragraphs": [text for text in (fill.format(row, **values).strip() for row in words["paragraphs"]) if text],
        "after": [fill.format(row, **values) for row in words["after"]],
    }


def letter_values(data: Mapping[str, Any], language: str) -> dict[str, str]:
    """Write out the values of a letter: amounts (`…_micro` with `currency`) and dates as the language does."""
    currency = str(data.get("currency", "EUR"))
    values: dict[str, str] = {}
    for key, value in data.items():
        if key.endswith("_micro"):
            values[key.removesuffix("_micro")] = amount_text(int(value), currency, language)
        elif key.endswith("_date") or key == "date":
            day = value if isinstance(value, date) else date.fromisoformat(str(value))
            values[key] = date_text(day, language)
        elif key == "lines":
            values[key] = ", ".join(str(one) for one in value)
        elif isinstance(value, str | int):
            values[key] = str(value)
    values.setdefault("amount", values.get("overdue", ""))
    values.setdefault("notice_days", "40")
    values.setdefault("days", values.get("days_overdue", ""))
    values.setdefault("date", values.get("effective_date", ""))
    return values


def letter_data(
    *,
    template: str,
    data: Mapping[str, Any],
    language: str,
    operator: OperatorProfile,
    addressee: Mapping[str, Any],
    facts: Sequence[Sequence[str]],
) -> dict[str, Any]:
    """Return a letter as the data of the template `letter`."""
    words = words_of(language)
    texts = letter_texts(template=template, language=language, data=data)
    bills = list(data.get("bills", []))
    currency = str(data.get("currency", "EUR"))
    return {
        "title": texts["subject"],
        "heading": texts["subject"],
        "labels": words,
        "operator": operator_data(operator, language),
        "addressee": addressee_rows(addressee, language),
        "facts": [list(fact) for fact in facts if fact[1]],
        "salutation": words["dear"].format(name=addressee.get("name", "")),
        "paragraphs": texts["paragraphs"],
        "row_head": [words["number"], words["due"], words["amount"]] if bills else [],
        "rows": [
            [
                str(row["number"]),
                date_text(date.fromisoformat(str(row["due_date"])), language),
                amount_text(int(row["open_micro"]), currency, language),
            ]
            for row in bills
        ],
        "row_total": [words["total"], "", amount_text(sum(int(row["open_micro"]) for row in bills), currency, language)]
        if bills
        else [],
        "box": [["IBAN", spaced_iban(operator.iban)]] if bills and operator.iban else [],
        "after": texts["after"],
        "closing": words["regards"],
    }
