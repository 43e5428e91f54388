"""Addresses of payments."""

from __future__ import annotations

from django.urls import path

from utenza.web.payments import views

urlpatterns = [
    path("payments/", views.payments, name="payments"),
    path("billing-accounts/<int:account_id>/payment/", views.take, name="payment_take"),
]
