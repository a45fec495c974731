"""The institution in the console: its name, its time zone, and how strict its cards are."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import institutions, origin
from accounts.admin.administered import Administered
from accounts.admin.people import by
from accounts.models import Tenant


class Institution(forms.Form):
    name = forms.CharField(max_length=255, label="Name")
    time_zone = forms.ChoiceField(label="Time zone", help_text="By its clock a day of the institution begins and ends.")
    cards_strict = forms.BooleanField(
        label="Strict cards", required=False, help_text="Refuse a card whose content has parts we do not know."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = [(zone, zone) for zone in sorted(available_timezones())]  # type: ignore[attr-defined]


@admin.register(Tenant)
class InstitutionAdmin(Administered):
    permission = "accounts.manage_tenant"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one, so the list is its page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        tenant = by(request).tenant
        now = {
            "name": tenant.name,
            "time_zone": tenant.time_zone,
            "cards_strict": tenant.settings.get("cards_strict", False),
        }
        form = Institution(request.POST or None, initial=now)
        if request.method == "POST" and form.is_valid():
            institutions.change(by=by(request), now=timezone.now(), origin=origin.of(request), **form.cleaned_data)
            messages.success(request, "The institution is changed.")
            return redirect("admin:accounts_tenant_changelist")
        return self.page(request, "tenant/institution", "Institution", form)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return redirect("admin:accounts_tenant_changelist")
