"""The Django admin as our console: its site, in place of the stock one."""

from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    default_site = "operators.console.site.Console"
