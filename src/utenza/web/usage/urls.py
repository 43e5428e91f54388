"""Addresses of usage: a line's events, what is quarantined, and where usage comes from."""

from __future__ import annotations

from django.urls import path

from utenza.web.usage import quarantine, views

urlpatterns = [
    path("lines/<int:line_id>/usage/", views.events, name="line_usage"),
    path("lines/<int:line_id>/usage/<slug:month>/<int:event_id>/", views.event, name="usage_event"),
    path("usage/", quarantine.sources, name="usage"),
    path("usage/quarantine/", quarantine.quarantine, name="quarantine"),
    path("usage/quarantine/resend/", quarantine.resend_many, name="quarantine_resend_many"),
    path("usage/quarantine/<int:quarantined_id>/", quarantine.record, name="quarantined"),
]
