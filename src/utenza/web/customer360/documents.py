"""What was sent to a customer, how and when it arrived, and the document itself."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from utenza.billing import queries as billing
from utenza.delivery import operations
from utenza.delivery import queries as delivery
from utenza.infra import clock
from utenza.infra.permissions import Permission, may
from utenza.web import chips
from utenza.web.customer360.summary import summary
from utenza.web.customer360.views import head, see
from utenza.web.listing import Column, Filter, Listing
from utenza.web.permissions import requires
from utenza.web.render import redirect, render

MOST = 500


@require_GET
@see
def documents(request: HttpRequest, customer_id: int) -> HttpResponse:
    """List the bills, credit notes and letters that were sent, the newest first."""
    found = summary(customer_id, today=clock.today())
    kinds = {bill.bill_id: bill.kind for bill in billing.bills_of_customer(customer_id)}
    columns = [
        Column("document", gettext("Document")),
        Column("made", gettext("Date"), sort=lambda row: row.planned_at),
        Column("how", gettext("How")),
        Column("to", gettext("To")),
        Column("state", gettext("State")),
        Column("when", gettext("Delivered"), sort=lambda row: row.delivered_at or row.planned_at),
    ]
    group = Filter(
        "kind",
        [("", gettext("All")), ("bill", gettext("Bills")), ("letter", gettext("Letters"))],
        lambda row, choice: row.kind == choice,
    )
    rows = delivery.dispatches_of_customer(customer_id, limit=MOST)
    context = {
        "listing": Listing(request, columns, rows, (group,)),
        "words": {row.dispatch_id: _word(row, kinds) for row in rows},
        "sends": may(request.user, Permission.CARE_WRITE),
        "opens": may(request.user, Permission.BILL_VIEW),
    }
    return render(request, "customer360/documents.html", head(request, found, "customer_documents") | context)


@require_GET
@requires(Permission.BILL_VIEW)
def letter(request: HttpRequest, customer_id: int, dispatch_id: int) -> HttpResponse:  # noqa: ARG001 - as every view
    """Give a letter as it was sent."""
    if delivery.dispatch(dispatch_id).customer_id != customer_id:
        raise Http404
    name, content = delivery.letter_pdf(dispatch_id)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


@require_POST
@requires(Permission.CARE_WRITE)
def again(request: HttpRequest, customer_id: int, dispatch_id: int) -> HttpResponse:
    """Send again what could not be delivered."""
    if delivery.dispatch(dispatch_id).customer_id != customer_id:
        raise Http404
    operations.resend(dispatch_id=dispatch_id, at=clock.now())
    return redirect(request, "customer_documents", customer_id, toast=gettext("It is being sent again."))


def _word(row: delivery.DispatchView, kinds: dict[int, str]) -> str:
    if row.bill_id is None:
        return str(chips.chip_of("letter", row.title).word)
    return str(chips.chip_of("bill_kind", kinds.get(row.bill_id, "regular")).word)
