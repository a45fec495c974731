"""The first page: alerts, what waits, how the system stands."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import User
from operators import overview as read
from operators.console.pages import frame


def overview(request: HttpRequest, by: User) -> HttpResponse:
    now = timezone.now()
    return frame(request, "overview", "Overview", overview=read.overview(by=by, now=now), by=by)
