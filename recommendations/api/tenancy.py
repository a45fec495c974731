"""For which institution a caller of the cards API speaks: its credentials say so, a header may only agree."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from accounts import rowsecurity
from accounts.api.authentication import TenantRequired, acting
from accounts.keys import Scope, Service
from accounts.models import Tenant
from accounts.refusals import NotThere, Refused

HEADER = "X-Tenant-ID"


class TenantInvalid(NotAuthenticated):
    default_code = "TENANT_INVALID"
    default_detail = "X-Tenant-ID is a UUID."


class TenantNotFound(NotThere):
    code = "TENANT_NOT_FOUND"
    sentence = "The institution was not found."


class TenantMismatch(Refused):
    status = 403
    code = "TENANT_MISMATCH"
    sentence = "The tenant_id of the body is not that of the credentials."


class NamedByHeader(BaseAuthentication):
    """A header alone, where a setting trusts it; a system check admits that setting on no real machine."""

    def authenticate(self, request: Request) -> tuple[Service, None] | None:
        if not settings.CARDS_TRUST_TENANT_HEADER or HEADER not in request.headers:
            return None
        tenant_id = _named(request)
        return _for(Service(tenant_id, None, frozenset({Scope.CARDS_READ, Scope.CARDS_WRITE})), tenant_id), None


class _ServicesInTheSchema(OpenApiAuthenticationExtension):
    """What a service really sends, beside the two ways of people."""

    target_class = NamedByHeader
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        said = "`Api-Key`, a space, and the key."
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": said}


def tenant_of(request: Request) -> UUID:
    """That of the credentials, which a header may repeat; a key of the platform needs the header.

    A header that names another institution finds nothing, whether or not there is one.
    """
    who = acting(request)
    named = _named(request) if HEADER in request.headers else None
    if isinstance(who, Service) and who.tenant_id is None:
        if named is None:
            raise TenantRequired
        who = _for(who, named)
        request.user = who  # type: ignore[assignment]
    if who.tenant_id is None or named not in (None, who.tenant_id):
        raise TenantNotFound
    return who.tenant_id


def _for(service: Service, tenant_id: UUID) -> Service:
    """The service goes on as one of this institution."""
    if not Tenant.objects.filter(pk=tenant_id, is_active=True).exists():
        raise TenantNotFound
    rowsecurity.become(rowsecurity.service(tenant_id, service.actor))
    return replace(service, tenant_id=tenant_id)


def agreed(body: object, tenant_id: UUID) -> None:
    """A body may repeat whose it is; it cannot say otherwise."""
    named = body.get("tenant_id") if isinstance(body, dict) else None
    if named is not None and str(named).lower() != str(tenant_id):
        raise TenantMismatch


def _named(request: Request) -> UUID:
    said = request.headers[HEADER]
    try:
        return UUID(said) if len(said) == 36 else _invalid()
    except ValueError:
        return _invalid()


def _invalid() -> UUID:
    raise TenantInvalid
