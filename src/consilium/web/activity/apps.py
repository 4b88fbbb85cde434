"""The application of the activities."""

from django.apps import AppConfig


class ActivityConfig(AppConfig):
    """What learners do in an activity."""

    name = "consilium.web.activity"
    label = "activity"
    default_auto_field = "django.db.models.BigAutoField"
