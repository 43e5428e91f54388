"""Address of the style guide."""

from __future__ import annotations

from django.urls import path

from utenza.web.styleguide import views

urlpatterns = [path("styleguide/", views.styleguide, name="styleguide")]
