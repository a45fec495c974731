"""Who is calling, as DRF wants to hear it; the middleware has already asked."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.request import Request

from accounts import rowsecurity
from accounts.keys import Service
from accounts.models import User


class SecondFactorMissing(NotAuthenticated):
    default_code = "MFA_REQUIRED"
    default_detail = "Staff sign in with a second factor. Set one up, then sign in with it."


class TenantRequired(NotAuthenticated):
    default_code = "TENANT_REQUIRED"
    default_detail = "These credentials name no institution. Say which one in X-Tenant-ID."


class ForgedForm(PermissionDenied):
    default_code = "CSRF_FAILED"
    default_detail = "A browser must send the CSRF token of its session."


def caller(request: Request) -> User:
    """The signed-in user of a route whose permission admits nobody else."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def acting(request: Request) -> User | Service:
    """Who writes, on a route that admits services too."""
    return request.user if isinstance(request.user, Service) else caller(request)


def eyes(who: User | Service) -> rowsecurity.Viewer:
    """What an action that opens its own transactions sees with."""
    return rowsecurity.of(who) if isinstance(who, User) else rowsecurity.service(who.tenant_id, who.actor)


class SignedIn(BaseAuthentication):
    """Bearer token or session cookie, with the second factor that staff need; or the key of a service."""

    def authenticate(self, request: Request) -> tuple[User | Service, Any] | None:
        asked = request._request
        if service := getattr(asked, "service", None):
            return service, service
        known = getattr(asked, "known", None)  # the schema is drawn from a request that nobody made
        if known is None:
            if getattr(asked, "bearer", False):
                raise AuthenticationFailed
            return None
        if not known.complete:
            raise SecondFactorMissing
        if not asked.bearer:  # type: ignore[attr-defined]
            self._same_site(request)
        return known.user, known

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"

    def _same_site(self, request: Request) -> None:
        check = CSRFCheck(lambda _: HttpResponse())
        check.process_request(request._request)
        if check.process_view(request._request, lambda _: HttpResponse(), (), {}):
            raise ForgedForm


class _InTheSchema(OpenApiAuthenticationExtension):
    target_class = SignedIn
    name = ["bearer", "session"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            {"type": "apiKey", "in": "cookie", "name": "sessionid"},
        ]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """Either of the two, not both."""
        return [{name: []} for name in self.name]
