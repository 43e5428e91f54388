"""Addresses of overdue cases."""

from __future__ import annotations

from django.urls import path

from utenza.web.overdue import views

urlpatterns = [path("overdue/", views.cases, name="overdue")]
