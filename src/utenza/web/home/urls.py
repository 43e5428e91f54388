"""Addresses of the first page."""

from __future__ import annotations

from django.urls import path

from utenza.web.home import views

urlpatterns = [
    path("", views.home, name="home"),
    path("preferences/", views.preferences, name="preferences"),
]
