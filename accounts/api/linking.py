"""Adding and removing ways in: the library's routes, where they would trust the shape of what a caller sends."""

from typing import Any

from allauth.headless.adapter import get_adapter as headless_adapter
from allauth.headless.constants import Client
from allauth.headless.internal.restkit.inputs import CharField, Input
from allauth.headless.mfa.inputs import AddWebAuthnInput, AuthenticateWebAuthnInput, ReauthenticateWebAuthnInput
from allauth.headless.mfa.views import AuthenticateWebAuthnView, ManageWebAuthnView, ReauthenticateWebAuthnView
from allauth.headless.socialaccount.inputs import ProviderTokenInput
from allauth.headless.socialaccount.views import ManageProvidersView, ProviderTokenView
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, ReauthenticateWebAuthnForm
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.urls import path

from accounts import methods
from accounts.models import User
from accounts.providers import MISSHAPEN


class OfAnyShape:
    """What the library takes for granted of a key's or a provider's answer is the caller's mistake, not ours."""

    refusal: ValidationError

    def clean(self) -> dict[str, Any]:
        try:
            return dict(super().clean())  # type: ignore[misc]
        except MISSHAPEN as unreadable:
            raise self.refusal from unreadable


class OfAKey(OfAnyShape):
    refusal = ValidationError("This is not the answer of a security key.", code="incorrect_code")


class OfAKeysSignature(OfAKey):
    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except MISSHAPEN as unreadable:
            raise self.refusal from unreadable


class SignatureInput(OfAKeysSignature, AuthenticateWebAuthnInput):
    pass


class SignatureForm(OfAKeysSignature, AuthenticateWebAuthnForm):
    """The same on our pages."""


class ProofInput(OfAKeysSignature, ReauthenticateWebAuthnInput):
    pass


class ProofForm(OfAKeysSignature, ReauthenticateWebAuthnForm):
    """The same on our pages."""


class KeyInput(OfAKey, AddWebAuthnInput):
    pass


class KeyForm(OfAKey, AddWebAuthnForm):
    """The same on our pages."""


class TokenInput(OfAnyShape, ProviderTokenInput):
    refusal = ValidationError("This is not a token of that provider.", code="invalid_token")


class UnlinkInput(Input):
    """A phone is a way in as good as a password, which the library does not know."""

    provider = CharField()
    account = CharField()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        given = dict(super().clean())
        mine = SocialAccount.objects.filter(user=self.user, provider=given.get("provider"), uid=given.get("account"))
        account = mine.first()
        if account is None:
            raise headless_adapter().validation_error("account_not_found")
        if not methods.remain_without(account):
            raise ValidationError(
                "This is the only way you can sign in. Add a password or a phone first.", "last_method"
            )
        return {**given, "account": account}


class ManageKeys(ManageWebAuthnView):
    input_class = {**ManageWebAuthnView.input_class, "POST": KeyInput}


class Authenticate(AuthenticateWebAuthnView):
    input_class = {"POST": SignatureInput}


class Reauthenticate(ReauthenticateWebAuthnView):
    input_class = {"POST": ProofInput}


class ManageProviders(ManageProvidersView):
    input_class = {"DELETE": UnlinkInput}


class ProviderToken(ProviderTokenView):
    input_class = TokenInput


urlpatterns = [
    path(f"{client.value}/v1/{route}", view.as_api_view(client=client))
    for client in Client
    for route, view in (
        ("account/authenticators/webauthn", ManageKeys),
        ("auth/webauthn/authenticate", Authenticate),
        ("auth/webauthn/reauthenticate", Reauthenticate),
        ("account/providers", ManageProviders),
        ("auth/provider/token", ProviderToken),
    )
]
