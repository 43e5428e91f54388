"""Addresses of prepaid balances."""

from __future__ import annotations

from django.urls import path

from utenza.web.charging import views

urlpatterns = [
    path("lines/<int:line_id>/balance/", views.balance, name="line_balance"),
    path("lines/<int:line_id>/recharge/", views.recharge, name="line_recharge"),
]
