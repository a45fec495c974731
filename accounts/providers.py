"""Signing in through Google and GitHub: what a provider's word is taken for, and what not."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.github.provider import GitHubProvider
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.google.provider import GoogleProvider
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest

from accounts.models import User

MISSHAPEN = (AttributeError, KeyError, TypeError, ValueError, ImproperlyConfigured)  # the last: an id beyond all length


def of_any_shape(read: Callable[..., Any]) -> Callable[..., Any]:
    """The library reads a provider's answer as if it had its shape; where it has not, the provider failed, not we."""

    @wraps(read)
    def reading(*args: Any, **kwargs: Any) -> Any:
        try:
            return read(*args, **kwargs)
        except MISSHAPEN as misshapen:
            raise OAuth2Error("The provider's answer cannot be read.") from misshapen

    return reading


def offered_here(find: Callable[..., Any]) -> Callable[..., Any]:
    """A way back from a provider that does not know us leads nowhere."""

    @wraps(find)
    def finding(*args: Any) -> Any:
        try:
            return find(*args)
        except SocialApp.DoesNotExist as unknown:
            raise Http404 from unknown

    return finding


class FromGoogle(GoogleOAuth2Adapter):
    get_provider = offered_here(GoogleOAuth2Adapter.get_provider)
    get_access_token_data = of_any_shape(GoogleOAuth2Adapter.get_access_token_data)
    parse_token = of_any_shape(GoogleOAuth2Adapter.parse_token)

    @of_any_shape
    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> SocialLogin:
        self.did_fetch_access_token = False  # the signature is checked even of a token we fetched ourselves
        return super().complete_login(request, app, token, **kwargs)


class FromGitHub(GitHubOAuth2Adapter):
    get_provider = offered_here(GitHubOAuth2Adapter.get_provider)
    get_access_token_data = of_any_shape(GitHubOAuth2Adapter.get_access_token_data)
    parse_token = of_any_shape(GitHubOAuth2Adapter.parse_token)
    complete_login = of_any_shape(GitHubOAuth2Adapter.complete_login)


class Google(GoogleProvider):
    oauth2_adapter_class = FromGoogle


class GitHub(GitHubProvider):
    oauth2_adapter_class = FromGitHub


OFFERED = {"google": Google, "github": GitHub}
google_callback = OAuth2CallbackView.adapter_view(FromGoogle)
github_callback = OAuth2CallbackView.adapter_view(FromGitHub)


class ProviderAdapter(DefaultSocialAccountAdapter):
    """A provider says who somebody is there; it never says who they are here."""

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """From the settings alone: no row decides whom we trust."""
        configured: dict[str, Any] = settings.SOCIALACCOUNT_PROVIDERS
        return [
            SocialApp(provider=name, name=name, client_id=app["client_id"], secret=app["secret"])
            for name in OFFERED
            for app in configured[name]["APPS"]
            if provider in (None, name) and client_id in (None, app["client_id"])
        ]

    def list_providers(self, request: HttpRequest) -> list[Any]:
        return [OFFERED[app.provider](request, app) for app in self.list_apps(request)]

    def get_provider(self, request: HttpRequest, provider: Any, client_id: Any = None) -> Any:
        app = self.get_app(request, provider=provider, client_id=client_id)
        return OFFERED[app.provider](request, app)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Sign-up begins at /api/auth/ and may end on the provider's way back; our own pages sign nobody up."""
        return bool(sociallogin.is_headless) or super().is_open_for_signup(request, sociallogin)

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: Any) -> User:
        """Of all that a provider tells, one e-mail is kept: verified, and nobody's here.

        An address that somebody has here already is left out in silence: it neither joins the two nor tells.
        """
        verified = [address for address in sociallogin.email_addresses if address.verified]  # the primary one leads
        sociallogin.email_addresses = [address for address in verified[:1] if not _taken(address.email)]
        sociallogin.account.extra_data = {}
        user: User = sociallogin.user
        user.email = sociallogin.email_addresses[0].email if sociallogin.email_addresses else None
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """The library saves the whole row of who links: it must be the row as it is now, and stay so."""
        if sociallogin.state.get("process") == "connect" and request.user.is_authenticated:
            request.user.refresh_from_db(from_queryset=User.objects.select_for_update())

    def authenticate_by_email(self, sociallogin: SocialLogin) -> None:
        """Never: whoever holds a mailbox there is not thereby the person here."""


def _taken(email: str) -> bool:
    return (
        User.objects.filter(email__iexact=email).exists() or EmailAddress.objects.filter(email__iexact=email).exists()
    )
