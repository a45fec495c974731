"""The Django admin as our console: its site, in place of the stock one."""

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig

LIBRARIES = ("allauth.", "django.")


class ConsoleConfig(AdminConfig):
    default_site = "operators.console.site.Console"

    def ready(self) -> None:
        """The libraries bring pages of their own; what they hold is shown and changed by their routes alone."""
        super().ready()
        pages = list(admin.site._registry.items())
        admin.site.unregister([model for model, page in pages if page.__module__.startswith(LIBRARIES)])
