"""The two tasks: walk the pipeline, and do what is done once a day."""

from celery import shared_task
from django.utils import timezone

from accounts.tasks import WALK
from spendsense import chores, pipeline


@shared_task(name=WALK)
def walk() -> None:
    pipeline.run(clock=timezone.now)


@shared_task(name="spendsense.chores")
def tend() -> None:
    for _ in chores.run(clock=timezone.now):
        pass
