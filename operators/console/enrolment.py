"""Setting up the second factor also gives it: the code that proves the new device counts for this session."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from django.http import HttpResponse


class EnrolSecondFactor(ActivateTOTPView):
    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        made = Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.TOTP)
        made.wrap().validate_code(form.cleaned_data["code"])  # used up, like any code that gave a second factor
        record_authentication(self.request, self.request.user, "mfa", type=Authenticator.Type.TOTP)
        return response
