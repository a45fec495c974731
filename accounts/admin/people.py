"""People and their accounts in the console, to look at; acts have their own pages and routes."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html

from accounts import access, origin
from accounts.models import User


class Shown(admin.ModelAdmin):
    """Nothing is written through the stock forms: every change is an act with its own rules and history."""

    list_per_page = 50
    show_full_result_count = False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Whoever is shown one person's row leaves one of their own."""
        response = super().change_view(request, object_id, form_url, extra_context)
        row = (getattr(response, "context_data", None) or {}).get("original")
        whom = row.pk if isinstance(row, User) else getattr(row, "user_id", None)
        if whom:
            section, now = str(self.opts.model_name), timezone.now()
            access.opened(by=by(request), whom=whom, section=section, now=now, origin=origin.of(request))
        return response

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Django's own log is not written; the audit chain is the history."""
        raise Http404

    def _get_obj_does_not_exist_redirect(self, *_: Any) -> HttpResponse:
        """What is not there, or not theirs, is not found; the stock admin leads elsewhere and says its id."""
        raise Http404

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def by(request: HttpRequest) -> User:
    """Who is looking; whoever passed the door of the console is signed in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def number(text: str) -> str:
    return format_html('<span class="num">{}</span>', text)
