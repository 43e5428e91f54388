from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "utenza.retention"
    label = "retention"
    default_auto_field = "django.db.models.BigAutoField"
