from django.apps import AppConfig


class ApplicationConfig(AppConfig):
    name = "utenza.application"
    label = "application"
    default_auto_field = "django.db.models.BigAutoField"
