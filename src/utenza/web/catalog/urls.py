"""Addresses of the catalog."""

from __future__ import annotations

from django.urls import path

from utenza.web.catalog import views

urlpatterns = [
    path("offers/", views.offers, name="offers"),
    path("offers/<int:offer_version_id>/", views.offer, name="offer"),
]
