"""Addresses of the ledger."""

from __future__ import annotations

from django.urls import path

from utenza.web.ledger import views

urlpatterns = [path("ledger/", views.trial_balance, name="ledger")]
