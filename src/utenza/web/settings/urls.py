"""Addresses of settings."""

from __future__ import annotations

from django.urls import path

from utenza.web.settings import views

urlpatterns = [path("settings/", views.settings, name="settings")]
