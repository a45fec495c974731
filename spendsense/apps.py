"""Who the wiring is, for Django: its commands, its checks, its logging."""

from django.apps import AppConfig


class SpendSenseConfig(AppConfig):
    name = "spendsense"

    def ready(self) -> None:
        from spendsense import checks, logs  # noqa: F401 (checks register themselves)

        logs.configure()
