"""Waking the worker. What there is to do stands in rows; a broker that is away only makes it wait for the beat."""

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

WALK = "spendsense.walk"
log = structlog.get_logger("accounts.tasks")


def wake() -> None:
    """After a commit: let a worker ask what is due."""
    try:
        current_app.send_task(WALK, expires=300, retry=False)
    except (OperationalError, OSError):
        log.warning("broker_away")
