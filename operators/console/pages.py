"""What every page of ours has: who may open it, the frame around it, and a refusal said in a sentence on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.admin.people import by
from accounts.models import User
from accounts.origin import of
from accounts.refusals import Refused

View = Callable[..., HttpResponse]
LOOKS, ACTS, ASKS = ("GET", "HEAD"), ("POST",), ("GET", "HEAD", "POST")


@dataclass(frozen=True)
class Page:
    """One address of the console. The view is called with the request, the operator and the ids of the address.

    `methods` are LOOKS for what only shows, ACTS for what only does, ASKS for a form that is shown and sent.
    With a `rail` label it stands in the navigation; without a permission it is for any staff.
    """

    path: str
    view: View
    permission: str
    name: str
    methods: tuple[str, ...] = LOOKS
    rail: str = ""

    def pattern(self, site: admin.AdminSite) -> URLPattern:
        @require_http_methods(list(self.methods))
        def opened(request: HttpRequest, **ids: Any) -> HttpResponse:
            operator = by(request)
            if not self.open_to(operator):
                raise PermissionDenied
            with timezone.override(zone(operator)):
                return self.view(request, operator, **ids)

        opened.methods = self.methods  # type: ignore[attr-defined]  # for whoever asks what can be called
        return path(self.path, site.admin_view(opened), name=self.name)

    def open_to(self, operator: User) -> bool:
        return not self.permission or operator.has_perm(self.permission)


def zone(operator: User) -> ZoneInfo:
    """Times are shown, and days begin and end, where the institution is."""
    return ZoneInfo(operator.tenant.time_zone)


def frame(request: HttpRequest, template: str, title: str, *, status: int = 200, **shown: Any) -> HttpResponse:
    """A page of templates/console in the frame of the console."""
    context = {**admin.site.each_context(request), "title": title, "time_zone": str(timezone.get_current_timezone())}
    return render(request, f"console/{template}.html", {**context, **shown}, status=status)


def refusal(request: HttpRequest, template: str, title: str, refused: Refused, **shown: Any) -> HttpResponse:
    """The same page again with the sentence of the refusal on it; what was typed is for the caller to pass on."""
    return frame(request, template, title, status=refused.status, refused=refused, **shown)


def acting(request: HttpRequest, operator: User) -> dict[str, Any]:
    """Who acts, when, and from where, as every act wants it."""
    return {"by": operator, "now": timezone.now(), "origin": of(request)}
