"""Addresses of payments."""

from __future__ import annotations

from django.urls import path

from utenza.web.payments import deposits, views

urlpatterns = [
    path("payments/", views.payments, name="payments"),
    path("payments/<int:payment_id>/", views.payment, name="payment"),
    path("payments/<int:payment_id>/return/", views.give_back, name="payment_return"),
    path("orders/<int:order_id>/deposit/", deposits.take, name="deposit_take"),
    path("billing-accounts/<int:account_id>/payment/", views.take, name="payment_take"),
]
