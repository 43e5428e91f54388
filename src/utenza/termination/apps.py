from django.apps import AppConfig


class TerminationConfig(AppConfig):
    name = "utenza.termination"
    label = "termination"
    default_auto_field = "django.db.models.BigAutoField"
