"""The console: the Django admin behind our sign-in, for staff who gave their second factor."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import urlencode

from accounts import rowsecurity


class Console(AdminSite):
    site_header = "SpendSense"
    site_title = "SpendSense console"
    index_title = "Overview"
    site_url = None
    enable_nav_sidebar = False  # the theme's rail stands without scripts

    def has_permission(self, request: HttpRequest) -> bool:
        known = request.known  # type: ignore[attr-defined]
        return bool(known and known.complete and known.user.is_staff)

    def get_urls(self) -> list[Any]:
        """Ours first; without the stock way to a row elsewhere: it asks for no permission and tells what there is."""
        from operators.console.urls import PAGES  # pages stand on the admins of other apps, which stand on this site

        ours = [page.pattern(self) for pages in PAGES.values() for page in pages]
        return ours + [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        if context["has_permission"]:
            from operators.console import keyboard, rail

            context["keys"] = keyboard.KEYS
            context["rail"] = rail.headings(request.known.user, request.path)  # type: ignore[attr-defined]
        return context

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Never the stock form: the library's pages ask for the password, and for the second factor."""
        known = request.known  # type: ignore[attr-defined]
        back = request.GET.get("next", resolve_url("admin:index"))
        if known is None:
            return redirect(f"{resolve_url('account_login')}?{urlencode({'next': back})}")
        if not known.user.is_staff:
            raise PermissionDenied
        with rowsecurity.viewing(rowsecurity.SIGNIN):
            enrolled = Authenticator.objects.filter(user=known.user).exclude(type="recovery_codes").exists()
        page = "mfa_reauthenticate" if enrolled else "mfa_activate_totp"
        return redirect(f"{resolve_url(page)}?{urlencode({'next': back})}")

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        return redirect("account_logout")

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: Any = None
    ) -> HttpResponse:
        return redirect("account_change_password")
