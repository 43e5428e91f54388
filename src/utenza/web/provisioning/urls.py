"""Addresses of lines and of the network's work."""

from __future__ import annotations

from django.urls import path

from utenza.web.provisioning import views

urlpatterns = [
    path("lines/", views.lines, name="lines"),
    path("lines/<int:line_id>/", views.line, name="line"),
    path("lines/<int:line_id>/suspend/", views.suspend, name="line_suspend"),
    path("lines/<int:line_id>/resume/", views.resume, name="line_resume"),
    path("work-orders/", views.work_orders, name="work_orders"),
    path("work-orders/<int:work_order_id>/", views.close_work_order, name="work_order_close"),
    path("commands/", views.commands, name="commands"),
    path("commands/<int:command_id>/retry/", views.retry, name="command_retry"),
]
