"""Who the app is, for Django."""

from django.apps import AppConfig


class PersonasConfig(AppConfig):
    name = "personas"
    verbose_name = "What the money says about a person"
