"""Addresses of orders."""

from __future__ import annotations

from django.urls import path

from utenza.web.ordering import views

urlpatterns = [
    path("orders/", views.orders, name="orders"),
    path("orders/<int:order_id>/", views.order, name="order"),
    path("orders/<int:order_id>/commands/<int:command_id>/retry/", views.retry, name="order_retry"),
    path("orders/<int:order_id>/cancel/", views.cancel, name="order_cancel"),
]
