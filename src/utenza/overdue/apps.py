from django.apps import AppConfig


class OverdueConfig(AppConfig):
    name = "utenza.overdue"
    label = "overdue"
    default_auto_field = "django.db.models.BigAutoField"
