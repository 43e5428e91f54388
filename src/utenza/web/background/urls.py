"""Addresses of the work behind the pages."""

from __future__ import annotations

from django.urls import path

from utenza.web.background import views

urlpatterns = [
    path("background/", views.background, name="background"),
    path("background/deliveries/retry/", views.retry_deliveries, name="deliveries_retry"),
    path("background/jobs/retry/", views.retry_job, name="job_retry"),
]
