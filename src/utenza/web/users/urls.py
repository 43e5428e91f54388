"""Addresses of staff."""

from __future__ import annotations

from django.urls import path

from utenza.web.users import views

urlpatterns = [
    path("users/", views.users, name="users"),
    path("users/new/", views.new, name="user_new"),
    path("users/<int:user_id>/", views.user, name="user"),
]
