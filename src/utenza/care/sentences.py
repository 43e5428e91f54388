"""What an entry of the time line says, by the fact it tells; shells translate and fill the slots."""

from __future__ import annotations

from utenza.core.errors import N_

# A slot that ends in _micro is shown as money in the entry's currency, one that ends in _date as a day.
SENTENCES: dict[str, str] = {
    "parties.customer_admitted": N_("Became a customer"),
    "parties.customer_ended": N_("Customer ended: %(reason)s"),
    "parties.branch_added": N_("Added as node %(customer_number)s"),
    "parties.account_opened": N_("Billing account %(account_number)s opened"),
    "parties.account_closed": N_("Billing account %(account_number)s closed"),
    "parties.credit_class_assigned": N_("Credit class %(credit_class)s assigned"),
    "parties.consent_given": N_("Consent given: %(purpose)s"),
    "parties.consent_withdrawn": N_("Consent withdrawn: %(purpose)s"),
    "parties.block_placed": N_("Block placed: %(reason)s"),
    "parties.block_lifted": N_("Block lifted: %(reason)s"),
    "application.submitted": N_("Application %(application_number)s handed in"),
    "application.referred": N_("Application %(application_number)s needs a person: %(reason)s"),
    "application.accepted": N_("Application %(application_number)s accepted, credit class %(credit_class)s"),
    "application.refused": N_("Application %(application_number)s refused: %(reason)s"),
    "application.withdrawn": N_("Application %(application_number)s withdrawn: %(reason)s"),
    "ordering.order_placed": N_("Order %(order_number)s placed"),
    "ordering.order_completed": N_("Order %(order_number)s completed"),
    "ordering.order_cancelled": N_("Order %(order_number)s cancelled: %(reason)s"),
    "ordering.agreement_started": N_("Agreement in force from %(start_date)s"),
    "ordering.agreement_changed": N_("Plan changed from %(from_date)s"),
    "ordering.agreement_ended": N_("Agreement ended on %(end_date)s: %(reason)s"),
    "provisioning.service_activated": N_("Service activated in the network"),
    "provisioning.service_suspended": N_("Service suspended in the network: %(reasons)s"),
    "provisioning.service_resumed": N_("Service resumed in the network"),
    "provisioning.service_ceased": N_("Service ceased in the network"),
    "provisioning.command_failed": N_("A network command failed and waits for a person: %(why)s"),
    "provisioning.work_order_opened": N_("Work order opened: %(task)s"),
    "charging.balance_recharged": N_("Recharged %(amount_micro)s, balance %(balance_micro)s"),
    "charging.balance_exhausted": N_("Balance used up: %(balance_micro)s left"),
    "billing.bill_issued": N_("Bill %(bill_number)s of %(total_micro)s, due on %(due_date)s"),
    "delivery.bill_delivered": N_("Bill %(bill_number)s delivered to %(recipient)s"),
    "delivery.bill_undeliverable": N_("Bill %(bill_number)s could not be delivered: %(why)s"),
    "payments.payment_received": N_("Payment %(payment_number)s of %(amount_micro)s received"),
    "payments.payment_returned": N_("Payment %(payment_number)s of %(amount_micro)s returned: %(reason)s"),
    "payments.credit_allocated": N_("Credit of bill %(bill_number)s used: %(allocated_micro)s"),
    "overdue.reminder_sent": N_("Reminder sent for %(overdue_micro)s overdue"),
    "overdue.services_withdrawn": N_("Services suspended for %(overdue_micro)s overdue"),
    "overdue.debt_cleared": N_("Debt cleared, services given back"),
    "termination.requested": N_("Termination requested for %(effective_date)s: %(reason)s"),
    "termination.completed": N_("Termination completed: %(reason)s"),
}
