"""The library's routes at which a secret can be guessed or somebody flooded, each counted before it is judged.

The library asks its adapter too late there, or not at all; whatever else these routes do is the library's.
"""

from typing import Any

from allauth.account.forms import ChangePasswordForm
from allauth.core import context
from allauth.headless.account import inputs
from allauth.headless.account import views as account
from allauth.headless.constants import Client
from allauth.headless.mfa import views as mfa
from allauth.headless.mfa.inputs import AuthenticateInput, ReauthenticateInput
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils import timezone

from accounts import attempts, limits, origin
from accounts.attempts import Method
from accounts.limits import Scope, Use
from accounts.models import User
from accounts.passwords import take, tries
from accounts.refusals import Refused


def _failed(method: Method, user: User, use: Use | None = None) -> None:
    attempts.failed(
        method=method,
        tenant=user.tenant,
        user=user,
        use=use,
        now=timezone.now(),
        origin=origin.of(context.request),
    )


class SecondFactor:
    """A code of the person's device, or a recovery code."""

    user: User

    def clean_code(self) -> str:
        use = Use(Scope.SECOND_FACTOR, str(self.user.pk))
        take(context.request, use)
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except ValidationError:
            _failed(Method.SECOND_FACTOR, self.user)
            raise
        limits.give_back(use)
        attempts.passed(Method.SECOND_FACTOR)
        return code


class PresentPassword:
    """The password that somebody must know to change it."""

    user: User

    def judged(self, judge: Any) -> str:
        uses = tries(context.request, self.user.email or self.user.phone_number or "")
        take(context.request, *uses)
        try:
            password: str = judge()
        except ValidationError:
            _failed(Method.PASSWORD, self.user, uses[1])
            raise
        limits.give_back(*uses)
        attempts.passed(Method.PASSWORD)
        return password


class SignInCode(SecondFactor, AuthenticateForm):
    pass


class ProofCode(SecondFactor, ReauthenticateForm):
    pass


class NewPassword(PresentPassword, ChangePasswordForm):
    def clean_oldpassword(self) -> str:
        return self.judged(super().clean_oldpassword)


class SignInCodeInput(SecondFactor, AuthenticateInput):
    pass


class ProofCodeInput(SecondFactor, ReauthenticateInput):
    pass


class NewPasswordInput(PresentPassword, inputs.ChangePasswordInput):
    def clean_current_password(self) -> str:
        return self.judged(super().clean_current_password)


class PhoneInput(inputs.RequestLoginCodeInput):
    """A code comes by SMS; by mail come links."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["email"]
        self.fields["phone"].required = True


class Crossed(Refused):
    code = "CONCURRENT_SIGN_UP"
    sentence = "Two sign-ups with this address came at once. Send it again."


class SignUp(account.SignupView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        left = limits.take(limits.by_address(Scope.REGISTER, origin.client_address(request)))
        request.rate = left  # type: ignore[attr-defined]
        if self.input.account_already_exists:  # a known address must take as long as a new one
            User().set_password(self.input.cleaned_data["password"])
        try:
            with transaction.atomic():
                return super().post(request, *args, **kwargs)
        except IntegrityError as crossed:
            raise Crossed from crossed


class SentCode:
    """A code that was sent: three tries however many come at once, and one of them may be right."""

    request: Any
    process: Any

    def handle_input(self, data: Any) -> HttpResponse | None:
        sent = f"{self.request.session.session_key}:{self.process.state['at']}"
        self.request.rate = limits.take(limits.by_hash(Scope.CODE, sent))
        refused: HttpResponse | None = super().handle_input(data)  # type: ignore[misc]
        if refused is None:
            limits.take(limits.by_hash(Scope.CODE_SPENT, sent))
            attempts.passed(Method.CODE)
        elif self.process.user:
            _failed(Method.CODE, self.process.user)
        return refused


class SignInByCode(SentCode, account.ConfirmLoginCodeView):
    pass


class PhoneByCode(SentCode, account.VerifyPhoneView):
    pass


def _routes(client: Client) -> list[Any]:
    asked: list[tuple[str, Any, dict[str, Any]]] = [
        ("auth/signup", SignUp, {}),
        ("auth/code/request", account.RequestLoginCodeView, {"input_class": PhoneInput}),
        ("auth/code/confirm", SignInByCode, {}),
        ("auth/phone/verify", PhoneByCode, {}),
        ("auth/2fa/authenticate", mfa.AuthenticateView, {"input_class": SignInCodeInput}),
        ("auth/2fa/reauthenticate", mfa.ReauthenticateView, {"input_class": ProofCodeInput}),
        ("account/password/change", account.ChangePasswordView, {"input_class": NewPasswordInput}),
    ]
    return [path(route, view.as_api_view(client=client, **initial)) for route, view, initial in asked]


urlpatterns = [path(f"{client.value}/v1/", include(_routes(client))) for client in (Client.APP, Client.BROWSER)]
