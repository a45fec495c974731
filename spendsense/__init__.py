"""Wiring only: knows everyone, known by no one."""

from spendsense.celery import app as celery_app

__all__ = ["celery_app"]
