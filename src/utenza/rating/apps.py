from django.apps import AppConfig


class RatingConfig(AppConfig):
    name = "utenza.rating"
    label = "rating"
    default_auto_field = "django.db.models.BigAutoField"
