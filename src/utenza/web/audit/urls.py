"""Addresses of the history of changes."""

from __future__ import annotations

from django.urls import path

from utenza.web.audit import views

urlpatterns = [path("history/", views.audit, name="audit")]
