"""How often a caller may use our routes: generally, or as often as a route says of itself with `limit`."""

from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts import limits, origin
from accounts.keys import Service
from accounts.limits import Scope, Use
from accounts.models import User

if TYPE_CHECKING:  # the view module reads this class from the settings while it is being imported
    from rest_framework.views import APIView


class GeneralLimit(BaseThrottle):
    """Without Redis the general limit admits everybody; a limit of a route's own admits nobody."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        scope = getattr(view, "limit", Scope.API)
        use = by_caller(scope, request)
        request._request.rate = limits.admit(use) if scope == Scope.API else limits.take(use)  # type: ignore[attr-defined]
        return True


def by_caller(scope: Scope, request: Request) -> Use:
    if isinstance(request.user, User):
        return Use(scope, str(request.user.user_id))
    if isinstance(request.user, Service):
        return Use(scope, str(request.user.key_id))
    return limits.by_address(scope, origin.client_address(request._request))
