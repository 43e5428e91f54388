"""Addresses of terminations."""

from __future__ import annotations

from django.urls import path

from utenza.web.termination import views

urlpatterns = [
    path("customers/<int:customer_id>/terminate/", views.request_termination, name="termination_request"),
    path(
        "customers/<int:customer_id>/terminations/<int:termination_id>/withdraw/",
        views.withdraw,
        name="termination_withdraw",
    ),
]
