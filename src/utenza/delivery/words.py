"""The words of bills on paper and of letters, by language; a customer is spoken to plainly."""

from __future__ import annotations

from typing import Any

LANGUAGES = ("en", "it")

BILL: dict[str, dict[str, str]] = {
    "en": {
        "bill": "Bill {number}",
        "final": "Final bill {number}",
        "credit_note": "Credit note {number}",
        "draft": "Draft bill, not issued",
        "page": "Page {page} of {pages}",
        "amount": "To pay",
        "credit": "Your credit",
        "nothing": "Nothing to pay",
        "due": "By",
        "due_past": "Pay by this day to avoid reminders",
        "how": "How to pay",
        "how_settled": "What happens with it",
        "how_transfer": "Bank transfer to",
        "how_reference": "Reference",
        "how_direct_debit": "Nothing to do: we collect it from your bank account {iban} on {due}",
        "how_card": "Nothing to do: we charge your card on {due}",
        "how_cash": "At our shops; bring this bill",
        "how_nothing": "There is nothing to do.",
        "how_credit": "We set it against what you owe, or against your next bills.",
        "why": "Why it differs from last time",
        "why_first": "Your first bill",
        "summary": "What it is made of",
        "what": "What",
        "period": "Days",
        "quantity": "Quantity",
        "with_tax": "VAT included",
        "amount_plain": "Amount",
        "without_tax": "without VAT",
        "note_with_tax": "Amounts include VAT.",
        "note_without_tax": "Amounts are without VAT, which is worked out on their sum.",
        "recurring": "Plans and options",
        "one_off": "Once only",
        "usage_kind": "Usage",
        "discount": "Discounts",
        "adjustment": "Credits and corrections",
        "deposit": "Deposit given back",
        "vat": "VAT",
        "total": "Total",
        "of_which_vat": "The total includes {tax} of VAT.",
        "charges": "Charges in detail",
        "subtotal": "Subtotal {name}",
        "usage": "How you used it",
        "taxes": "VAT",
        "rate": "Rate",
        "net": "Without VAT",
        "tax": "VAT",
        "gross": "With VAT",
        "number": "Number",
        "date": "Date",
        "for_period": "Period",
        "customer": "Customer",
        "account": "Account",
        "tax_code": "Tax code",
        "vat_number": "VAT number",
        "attention": "for {name}",
        "corrects": "This credit note corrects bill {number}.",
        "reason": "Reason: {reason}",
        "late": "usage that reached us late",
        "refund": "days given back",
        "help": "Is something unclear? Write to {email} or call {phone}: we explain every amount.",
        "help_mail": "Is something unclear? Write to {email}: we explain every amount.",
        "complaint": "A complaint about this bill costs nothing, and we answer it within 45 days.",
        "mail_subject": "Your bill {number}: {amount} by {due}",
        "mail_subject_credit": "Your bill {number}: a credit of {amount}",
        "mail_text": (
            "{salutation}\n\nyour bill {number} of {date} is attached.\n\nTo pay: {amount}\nBy: {due}\n{how}\n\n{why}"
            "\n\nKind regards\n{brand}\n"
        ),
        "mail_text_credit": (
            "{salutation}\n\n{number} of {date} is attached.\n\nAmount: {amount}\n{how}\n\n{why}\n\n"
            "Kind regards\n{brand}\n"
        ),
        "dear": "Dear {name},",
        "regards": "Kind regards",
        "our_vat": "VAT no. {number}",
    },
    "it": {
        "bill": "Fattura {number}",
        "final": "Fattura di chiusura {number}",
        "credit_note": "Nota di credito {number}",
        "draft": "Bozza di fattura, non emessa",
        "page": "Pagina {page} di {pages}",
        "amount": "Da pagare",
        "credit": "A tuo credito",
        "nothing": "Niente da pagare",
        "due": "Entro il",
        "due_past": "Se paghi entro questo giorno non ricevi solleciti",
        "how": "Come pagare",
        "how_settled": "Che cosa ne facciamo",
        "how_transfer": "Bonifico a",
        "how_reference": "Causale",
        "how_direct_debit": "Non devi fare niente: addebitiamo l’importo sul conto {iban} il {due}",
        "how_card": "Non devi fare niente: addebitiamo l’importo sulla tua carta il {due}",
        "how_cash": "Nei nostri negozi; porta questa fattura",
        "how_nothing": "Non devi fare niente.",
        "how_credit": "Lo usiamo per quello che devi ancora pagare o per le prossime fatture.",
        "why": "Perché è diversa dalla volta scorsa",
        "why_first": "La tua prima fattura",
        "summary": "Di che cosa è fatta",
        "what": "Voce",
        "period": "Giorni",
        "quantity": "Quantità",
        "with_tax": "IVA inclusa",
        "amount_plain": "Importo",
        "without_tax": "IVA esclusa",
        "note_with_tax": "Gli importi comprendono l’IVA.",
        "note_without_tax": "Gli importi sono senza IVA, che è calcolata sulla loro somma.",
        "recurring": "Offerte e opzioni",
        "one_off": "Solo questa volta",
        "usage_kind": "Consumi",
        "discount": "Sconti",
        "adjustment": "Accrediti e correzioni",
        "deposit": "Deposito restituito",
        "vat": "IVA",
        "total": "Totale",
        "of_which_vat": "Il totale comprende {tax} di IVA.",
        "charges": "Le voci in dettaglio",
        "subtotal": "Totale parziale {name}",
        "usage": "I tuoi consumi",
        "taxes": "IVA",
        "rate": "Aliquota",
        "net": "Imponibile",
        "tax": "Imposta",
        "gross": "Totale",
        "number": "Numero",
        "date": "Data",
        "for_period": "Periodo",
        "customer": "Cliente",
        "account": "Conto",
        "tax_code": "Codice fiscale",
        "vat_number": "Partita IVA",
        "attention": "per {name}",
        "corrects": "Questa nota di credito corregge la fattura {number}.",
        "reason": "Motivo: {reason}",
        "late": "traffico arrivato in ritardo",
        "refund": "giorni restituiti",
        "help": "Qualcosa non è chiaro? Scrivi a {email} o chiama {phone}: ti spieghiamo ogni importo.",
        "help_mail": "Qualcosa non è chiaro? Scrivi a {email}: ti spieghiamo ogni importo.",
        "complaint": "Il reclamo su questa fattura è gratuito e ti rispondiamo entro 45 giorni.",
        "mail_subject": "La tua fattura {number}: {amount} entro il {due}",
        "mail_subject_credit": "La tua fattura {number}: {amount} a tuo credito",
        "mail_text": (
            "{salutation}\n\nin allegato trovi la fattura {number} del {date}.\n\nDa pagare: {amount}\n"
            "Entro il: {due}\n{how}\n\n{why}\n\nCordiali saluti\n{brand}\n"
        ),
        "mail_text_credit": (
            "{salutation}\n\nin allegato trovi {number} del {date}.\n\nImporto: {amount}\n{how}\n\n{why}\n\n"
            "Cordiali saluti\n{brand}\n"
        ),
        "dear": "Gentile {name},",
        "regards": "Cordiali saluti",
        "our_vat": "P. IVA {number}",
    },
}

#: Letters by key: subject, paragraphs, and what follows the table or the box. Slots are filled as text.
LETTERS: dict[str, dict[str, dict[str, Any]]] = {
    "en": {
        "reminder_1": {
            "subject": "A reminder: {amount} is not paid yet",
            "paragraphs": [
                "perhaps it slipped your mind: we have not received {amount}, which was due some days ago. These are "
                "the bills:",
            ],
            "after": [
                "Please pay by bank transfer with the bill number as reference. If you have paid in the last few "
                "days, thank you: there is nothing to do.",
                "Is it difficult to pay just now? Write to us, and we will find a way together.",
            ],
        },
        "reminder_2": {
            "subject": "Notice of suspension: {amount} is overdue by {days} days",
            "paragraphs": [
                "we wrote to you before, and {amount} is still not paid. These are the bills:",
            ],
            "after": [
                "Please pay now. If the sum has not reached us {notice_days} days after you received this letter, we "
                "suspend your services; emergency calls stay possible.",
                "If you think that a bill is wrong, tell us: what is in dispute is not suspended for.",
            ],
        },
        "suspended": {
            "subject": "We have suspended services: {amount} is overdue",
            "paragraphs": [
                "in spite of our reminders {amount} is not paid. Today we have suspended: {lines}.",
            ],
            "after": [
                "Once the whole sum has reached us we restore the services at once; you need do nothing more.",
                "If you think that a bill is wrong, or if you cannot pay all at once, call us today.",
            ],
        },
        "welcome": {
            "subject": "Welcome, {name}",
            "paragraphs": [
                "thank you for choosing us. Your customer number is {customer_number}; keep it at hand when you write "
                "or call.",
                "Your first bill also covers the days from the start of your service to the end of its first month.",
            ],
            "after": ["You may withdraw within 14 days of the contract, without giving a reason."],
        },
        "payment_receipt": {
            "subject": "We have received {amount}",
            "paragraphs": ["thank you: your payment of {amount} arrived on {date}."],
            "after": [],
        },
        "services_restored": {
            "subject": "Your services work again",
            "paragraphs": ["thank you: everything is paid, and your services are restored."],
            "after": [],
        },
        "termination_confirmed": {
            "subject": "Your contract ends on {date}",
            "paragraphs": [
                "we confirm that your contract ends on {date}. Until then everything works as usual.",
                "After that day you receive a final bill: it gives back what you paid in advance for later days.",
            ],
            "after": [
                "If you change your mind before that day, write to us: it is enough to keep everything as it is."
            ],
        },
        "notice": {"subject": "{subject}", "paragraphs": ["{text}"], "after": []},
    },
    "it": {
        "reminder_1": {
            "subject": "Un promemoria: {amount} da pagare",
            "paragraphs": [
                "forse ti è sfuggito: non abbiamo ancora ricevuto {amount}, che dovevi pagare qualche giorno fa. Ecco "
                "le fatture:",
            ],
            "after": [
                "Paga con un bonifico e scrivi il numero della fattura nella causale. Se hai pagato negli ultimi "
                "giorni, grazie: non devi fare altro.",
                "In questo momento ti è difficile pagare? Scrivici: troviamo insieme una soluzione.",
            ],
        },
        "reminder_2": {
            "subject": "Preavviso di sospensione: {amount} in ritardo di {days} giorni",
            "paragraphs": [
                "ti abbiamo già scritto, ma non abbiamo ancora ricevuto {amount}. Ecco le fatture:",
            ],
            "after": [
                "Ti chiediamo di pagare subito. Se la somma non ci arriva entro {notice_days} giorni da quando ricevi "
                "questa lettera, sospendiamo i tuoi servizi; le chiamate di emergenza restano sempre possibili.",
                "Se pensi che una fattura sia sbagliata, diccelo: per gli importi contestati non sospendiamo.",
            ],
        },
        "suspended": {
            "subject": "Abbiamo sospeso dei servizi: {amount} non pagati",
            "paragraphs": [
                "nonostante i solleciti non abbiamo ricevuto {amount}. Oggi abbiamo sospeso: {lines}.",
            ],
            "after": [
                "Appena riceviamo tutta la somma riattiviamo subito i servizi; non devi fare altro.",
                "Se pensi che una fattura sia sbagliata, o se non puoi pagare tutto insieme, chiamaci oggi.",
            ],
        },
        "welcome": {
            "subject": "Ti diamo il benvenuto, {name}",
            "paragraphs": [
                "grazie di averci scelto. Il tuo numero cliente è {customer_number}: tienilo a portata di mano quando "
                "ci scrivi o ci chiami.",
                "La prima fattura comprende anche i giorni dall’attivazione alla fine del primo mese.",
            ],
            "after": ["Puoi recedere entro 14 giorni dal contratto, senza spiegare perché."],
        },
        "payment_receipt": {
            "subject": "Abbiamo ricevuto {amount}",
            "paragraphs": ["grazie: il tuo pagamento di {amount} è arrivato il {date}."],
            "after": [],
        },
        "services_restored": {
            "subject": "I tuoi servizi funzionano di nuovo",
            "paragraphs": ["grazie: è tutto pagato e i tuoi servizi sono di nuovo attivi."],
            "after": [],
        },
        "termination_confirmed": {
            "subject": "Il tuo contratto finisce il {date}",
            "paragraphs": [
                "confermiamo che il tuo contratto finisce il {date}. Fino ad allora tutto funziona come sempre.",
                "Dopo quel giorno ricevi una fattura di chiusura: ti restituisce quello che hai pagato in anticipo.",
            ],
            "after": ["Se cambi idea prima di quel giorno, scrivici: basta questo."],
        },
        "notice": {"subject": "{subject}", "paragraphs": ["{text}"], "after": []},
    },
}


def words_of(language: str) -> dict[str, str]:
    """Return the words of a bill in a language, English where it is not spoken here."""
    return BILL.get(language, BILL["en"])


def letter_words(template: str, language: str) -> dict[str, Any]:
    """Return the words of a letter.

    :raises KeyError: if there is no such letter.
    """
    return LETTERS.get(language, LETTERS["en"])[template]
