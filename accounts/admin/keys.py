"""API keys in the console: which there are, making one that is shown once, and revoking one with its name typed."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import keys, origin, rowsecurity
from accounts.admin.administered import Administered
from accounts.admin.people import by
from accounts.models import ApiKey

OPENS = {
    keys.Scope.CARDS_READ: "Read cards",
    keys.Scope.CARDS_WRITE: "Write cards",
    keys.Scope.PERSONS_READ: "Read dossiers",
    keys.Scope.PERSONS_WRITE: "Write dossiers",
    keys.Scope.METRICS_READ: "Read metrics",
}
LIVES = {"30": "30 days", "90": "90 days", "365": "One year", "": "Until it is revoked"}


class NewKey(forms.Form):
    name = forms.CharField(max_length=100, label="Name", help_text="The service that will use it.")
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, says) for scope, says in OPENS.items()],
        label="What it opens",
        widget=forms.CheckboxSelectMultiple,
    )
    life = forms.ChoiceField(
        choices=list(LIVES.items()), label="How long", widget=forms.RadioSelect, required=False, initial="365"
    )


class Revocation(forms.Form):
    typed = forms.CharField(max_length=100, widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}))

    def __init__(self, key: ApiKey, data: Any = None) -> None:
        super().__init__(data)
        self.key = key
        self.fields["typed"].label = f"Type {key.name} to confirm"

    def clean_typed(self) -> str:
        typed = str(self.cleaned_data["typed"]).strip()
        if typed != self.key.name.strip():
            raise forms.ValidationError("This is not its name.")
        return typed


@admin.register(ApiKey)
class KeyAdmin(Administered):
    permission = "accounts.manage_keys"
    ordering = ["-created_at", "id"]
    list_display = ["name", "beginning", "opens", "state", "last_used_at", "expires_at", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return keys.of_tenant(by(request).tenant_id)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description="begins with")
    def beginning(self, key: ApiKey) -> str:
        return f"ss_{key.prefix}"

    @admin.display(description="opens")
    def opens(self, key: ApiKey) -> str:
        return opens(key)

    @admin.display(description="state")
    def state(self, key: ApiKey) -> str:
        return standing(key)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewKey(request.POST or None)
        if request.method == "POST" and form.is_valid():
            now, life = timezone.now(), form.cleaned_data["life"]
            made = keys.make(
                by=by(request),
                name=form.cleaned_data["name"],
                scopes=[keys.Scope(word) for word in form.cleaned_data["scopes"]],
                expires_at=now + timedelta(days=int(life)) if life else None,
                now=now,
                origin=origin.of(request),
            )
            # No redirect: the secret is in this one answer and nowhere else.
            return self.page(request, "apikey/made", f"The key {made.key.name}", made=made)
        return self.page(request, "apikey/make", "Make a key", form)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        key = self._found(request, object_id)
        form = Revocation(key, request.POST or None)
        if request.method == "POST" and form.is_valid():
            keys.revoke(by=by(request), key_id=key.pk, now=timezone.now(), origin=origin.of(request))
            messages.success(request, f"Revoked {key.name}. It opens nothing any more.")
            return redirect("admin:accounts_apikey_changelist")
        return self.page(request, "apikey/key", key.name, form, key=key, state=standing(key), opens=opens(key))

    def _found(self, request: HttpRequest, object_id: str) -> ApiKey:
        try:
            with rowsecurity.viewing(rowsecurity.SIGNIN):
                return keys.of_tenant(by(request).tenant_id).get(pk=UUID(object_id))
        except (ApiKey.DoesNotExist, ValueError) as missing:
            raise Http404 from missing


def opens(key: ApiKey) -> str:
    return ", ".join(OPENS[keys.Scope(word)] for word in key.scopes).capitalize()


def standing(key: ApiKey) -> str:
    if key.revoked_at:
        return "Revoked"
    return "Expired" if key.expires_at and key.expires_at <= timezone.now() else "In use"
