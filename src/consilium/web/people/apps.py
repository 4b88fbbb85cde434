"""The application of accounts, roles and the audit."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Accounts and roles."""

    name = "consilium.web.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
