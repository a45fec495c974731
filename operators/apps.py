"""Who the app is, for Django."""

from django.apps import AppConfig


class OperatorsConfig(AppConfig):
    name = "operators"
    verbose_name = "People who decide"
