"""Addresses of payments."""

from __future__ import annotations

from django.urls import path

from utenza.web.payments import views

urlpatterns = [
    path("payments/", views.payments, name="payments"),
    path("payments/<int:payment_id>/", views.payment, name="payment"),
    path("payments/<int:payment_id>/return/", views.give_back, name="payment_return"),
    path("billing-accounts/<int:account_id>/payment/", views.take, name="payment_take"),
]
