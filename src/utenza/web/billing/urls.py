"""Addresses of bills and bill runs."""

from __future__ import annotations

from django.urls import path, re_path

from utenza.web.billing import credit, disputes, views

urlpatterns = [
    path("bills/", views.bills, name="bills"),
    path("bills/<int:bill_id>/", views.bill, name="bill"),
    path("bills/<int:bill_id>/credit/", credit.credit_note, name="credit_note"),
    path("bills/<int:bill_id>/pdf/", views.pdf, name="bill_pdf"),
    path("bills/<int:bill_id>/lines/<int:bill_line_id>/", views.explain, name="bill_line"),
    path("bills/<int:bill_id>/lines/<int:bill_line_id>/dispute/", disputes.open_dispute, name="dispute_open"),
    path("disputes/<int:dispute_id>/", disputes.answer, name="dispute_answer"),
    path("bill-runs/", views.runs, name="bill_runs"),
    path("bill-runs/plan/", views.plan, name="bill_run_plan"),
    path("bill-runs/<int:run_id>/", views.run, name="bill_run"),
    re_path(
        r"^bill-runs/(?P<run_id>[0-9]+)/(?P<name>calculate|check|approve|issue)/$", views.step, name="bill_run_step"
    ),
]
