"""The Celery app: workers are woken here; what there is to do stands in rows."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "spendsense.settings")

app = Celery("spendsense")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["spendsense", "accounts"])


@setup_logging.connect
def _log_as_the_web_does(**_: Any) -> None:
    from spendsense.logs import configure

    configure()


@worker_init.connect
def _refuse_what_is_unsafe(**_: Any) -> None:
    from django.core.management import call_command

    call_command("check", databases=["default"], verbosity=0)
