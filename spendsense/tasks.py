"""The one task: walk the pipeline."""

from celery import shared_task
from django.utils import timezone

from accounts.tasks import WALK
from spendsense import pipeline


@shared_task(name=WALK)
def walk() -> None:
    pipeline.run(clock=timezone.now)
