"""Addresses of applications."""

from __future__ import annotations

from django.urls import path

from utenza.web.application import fraud, views

urlpatterns = [
    path("applications/", views.applications, name="applications"),
    path("applications/new/", views.new, name="application_new"),
    path("applications/<int:application_id>/", views.application, name="application"),
    path("applications/<int:application_id>/steps/<slug:code>/", views.step, name="application_step"),
    path("applications/<int:application_id>/submit/", views.submit, name="application_submit"),
    path("applications/<int:application_id>/decision/", views.override, name="application_override"),
    path("applications/<int:application_id>/order/", views.place_order, name="application_order"),
    path("applications/<int:application_id>/code/", views.send_code, name="application_send_code"),
    path("applications/<int:application_id>/proof/", views.prove_code, name="application_prove_code"),
    path("applications/<int:application_id>/fraud/", fraud.review, name="fraud_review"),
    path("applications/fraud/", fraud.reviews, name="fraud_reviews"),
    path("applications/denied/", fraud.denied, name="denied"),
    path("applications/denied/<int:denial_id>/lift/", fraud.lift, name="denied_lift"),
    path("settings/fraud/", fraud.rules, name="fraud_rules"),
    path("applications/<int:application_id>/withdraw/", views.withdraw, name="application_withdraw"),
]
