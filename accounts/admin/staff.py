"""Staff in the console: who there is, inviting somebody, and what can be done to one, with their address typed."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts import invitations, origin, staff
from accounts.admin.administered import Administered
from accounts.admin.people import by
from accounts.api.staff import mail
from accounts.models import Staff, User
from accounts.refusals import NotThere, Refused
from accounts.roles import POSITIONS

BECOMES = [(name, f"Make {'an' if name == 'admin' else 'a'} {title}") for name, title in invitations.TITLES.items()]


class Invitation(forms.Form):
    email = forms.EmailField(max_length=254, label="E-mail address", widget=forms.EmailInput({"autocomplete": "off"}))
    position = forms.ChoiceField(
        choices=[(name, title.capitalize()) for name, title in invitations.TITLES.items()],
        label="Invite as",
        widget=forms.RadioSelect,
    )


class Deed(forms.Form):
    """What to do to one member; only what can be done is offered."""

    deed = forms.ChoiceField(label="What to do", widget=forms.RadioSelect)
    typed = forms.CharField(max_length=254, widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}))

    def __init__(self, member: User, data: Any = None) -> None:
        super().__init__(data)
        self.member = member
        self.possible = dict(self._possible())
        self.fields["deed"].choices = list(self.possible.items())  # type: ignore[attr-defined]
        self.fields["typed"].label = f"Type {member.email} to confirm"

    def _possible(self) -> Any:
        if not self.member.is_active:
            yield "activate", "Let them sign in again"
            return
        yield from (one for one in BECOMES if one[0] != self.member.position)
        if getattr(self.member, "second_factor", False):
            yield "reset_second_factor", "Reset the second factor; they set up a new one at the next sign-in"
        yield "end_sessions", "End every session; they sign in again"
        yield "deactivate", "Deactivate; they are out at once and cannot sign in"

    def named(self) -> str:
        return str(self.possible[self.cleaned_data["deed"]]).lower()

    def clean_typed(self) -> str:
        typed = str(self.cleaned_data["typed"]).strip()
        if typed.lower() != str(self.member.email).lower():
            raise forms.ValidationError("This is not their address.")
        return typed


@admin.register(Staff)
class StaffAdmin(Administered):
    permission = "accounts.manage_staff"
    ordering = ["email", "user_id"]
    list_display = ["email", "what", "state", "second_factor", "last_active_at", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Staff]:
        return staff.members(by(request).tenant_id)  # type: ignore[return-value]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description="position")
    def what(self, member: User) -> str:
        return invitations.TITLES[member.position].capitalize()

    @admin.display(description="state")
    def state(self, member: User) -> str:
        return standing(member)

    @admin.display(description="second factor", boolean=True)
    def second_factor(self, member: User) -> bool:
        return bool(getattr(member, "second_factor", False))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = Invitation(request.POST or None)
        if request.method == "POST" and form.is_valid():
            role, level = POSITIONS[form.cleaned_data["position"]]
            try:
                invited = staff.invite(
                    tenant=by(request).tenant,
                    email=form.cleaned_data["email"],
                    role=role,
                    level=level,
                    by=by(request),
                    now=timezone.now(),
                    origin=origin.of(request),
                )
            except Refused as refused:
                form.add_error("email", str(refused))
            else:
                mail(invited)
                came = "A mail with a link is on its way." if invited.link else "They have come already."
                messages.success(request, f"Invited {invited.user}. {came}")
                return redirect("admin:accounts_staff_changelist")
        return self.page(request, "staff/invite", "Invite somebody", form)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            member = staff.member(user_id=UUID(object_id), tenant_id=by(request).tenant_id)
        except (NotThere, ValueError) as missing:
            raise Http404 from missing
        if member.pk == by(request).pk:
            return self.page(request, "staff/member", str(member), member=member, state=standing(member))
        form = Deed(member, request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                done(form.cleaned_data["deed"], member, request)
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, f"Done for {member}: {form.named()}.")
                return redirect("admin:accounts_staff_change", object_id)
        return self.page(request, "staff/member", str(member), form, member=member, state=standing(member))


def done(deed: str, member: User, request: HttpRequest) -> None:
    """One act for each choice of the form."""
    whom: dict[str, Any] = {
        "by": by(request),
        "user_id": member.pk,
        "now": timezone.now(),
        "origin": origin.of(request),
    }
    if deed in POSITIONS:
        role, level = POSITIONS[deed]
        staff.change(**whom, role=role, level=level)
    elif deed == "reset_second_factor":
        staff.reset_second_factor(**whom)
    elif deed == "end_sessions":
        staff.end_sessions(**whom)
    else:
        staff.change(**whom, is_active=deed == "activate")


def standing(member: User) -> str:
    if not member.is_active:
        return "Out of service"
    return "In service" if member.has_usable_password() else "Invited"
