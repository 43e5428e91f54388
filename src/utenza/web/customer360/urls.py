"""Addresses of customers."""

from __future__ import annotations

from django.urls import path

from utenza.web.customer360 import documents, usage, views

urlpatterns = [
    path("customers/", views.customers, name="customers"),
    path("customers/<int:customer_id>/", views.customer, name="customer"),
    path("customers/<int:customer_id>/lines/", views.lines, name="customer_lines"),
    path("customers/<int:customer_id>/bills/", views.bills, name="customer_bills"),
    path("customers/<int:customer_id>/cases/", views.cases, name="customer_cases"),
    path("customers/<int:customer_id>/usage/", usage.usage, name="customer_usage"),
    path("customers/<int:customer_id>/documents/", documents.documents, name="customer_documents"),
    path("customers/<int:customer_id>/documents/<int:dispatch_id>/pdf/", documents.letter, name="customer_letter"),
    path("customers/<int:customer_id>/documents/<int:dispatch_id>/again/", documents.again, name="customer_send_again"),
    path("customers/<int:customer_id>/tree/", views.tree, name="customer_tree"),
    path("customers/<int:customer_id>/notes/", views.add_note, name="customer_note"),
    path("customers/<int:customer_id>/facts/<slug:name>/", views.fact, name="customer_fact"),
]
