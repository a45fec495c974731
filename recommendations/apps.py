"""Who the app is, for Django."""

from django.apps import AppConfig


class RecommendationsConfig(AppConfig):
    name = "recommendations"
    verbose_name = "What to say, and the life of a saying"
