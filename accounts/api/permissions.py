"""Who may do what, before it is asked whose object it is."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.keys import Scope, Service


class Consumer(BasePermission):
    """Only people themselves; staff have their own routes."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_authenticated and request.user.is_consumer)


def Allowed(permission: str) -> type[BasePermission]:
    """Staff whose group holds this permission."""

    class Holds(BasePermission):
        def has_permission(self, request: Request, view: APIView) -> bool:
            return bool(request.user.is_authenticated and request.user.has_perm(permission))

    return Holds


def HasScope(scope: Scope) -> type[BasePermission]:
    """Services whose key has this scope; joined to what staff need by `Allowed(...) | HasScope(...)`."""

    class Scoped(BasePermission):
        def has_permission(self, request: Request, view: APIView) -> bool:
            return isinstance(request.user, Service) and scope in request.user.scopes

    return Scoped
