"""One transaction a request, in which PostgreSQL is told who is looking."""

from collections.abc import Callable

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone

from accounts import rowsecurity, signin
from spendsense import problems

Respond = Callable[[HttpRequest], HttpResponse]

SIGN_IN_ROUTES = ("/api/auth/", "/signin/")
NO_DATABASE = ("/health", "/ready", "/static/", "/api/docs", "/api/schema", "/api/personas/health")

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)


class AnswerHeaders:
    """What every answer says of itself: what a browser may load with it, and how much of the limit is left."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Content-Security-Policy"] = POLICY
        for name, value in zip(("Limit", "Remaining", "Reset"), getattr(request, "rate", ()), strict=False):
            response[f"X-RateLimit-{name}"] = str(value)
        return response


class OneTransaction:
    """Opens the request's transaction as `signin`; an answer of 500 or more takes everything back."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(NO_DATABASE) or opens_its_own(request):
            return self.get_response(request)
        try:
            with rowsecurity.viewing(rowsecurity.SIGNIN):
                response = self.get_response(request)
                if response.status_code >= 500:
                    transaction.set_rollback(True)
                return response
        except OperationalError:
            return problems.database_away(request)


def opens_its_own(request: HttpRequest) -> bool:
    """Actions that wait for an outside system open short transactions themselves, in the caller's context."""
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    action = getattr(view, "actions", {}).get((request.method or "").lower())
    return action in getattr(getattr(view, "cls", None), "waits_for_outside", ())


class Caller(AuthenticationMiddleware):
    """Finds out who is calling, by bearer token or session cookie, and goes on as that person."""

    def process_request(self, request: HttpRequest) -> None:
        request.known = None  # type: ignore[attr-defined]
        request.bearer = False  # type: ignore[attr-defined]
        request.user = AnonymousUser()
        if request.path.startswith(NO_DATABASE):
            return
        session_key = self._session_key(request)
        if rowsecurity.viewer() != rowsecurity.SIGNIN:  # the view opens its own transactions
            with rowsecurity.viewing(rowsecurity.SIGNIN):
                self._remember(request, session_key, introduce=False)
        elif request.path.startswith(SIGN_IN_ROUTES):
            self._remember(request, session_key, introduce=False)
        elif not self._remember(request, session_key, introduce=True):
            rowsecurity.become(rowsecurity.NOBODY)

    def _remember(self, request: HttpRequest, session_key: str | None, *, introduce: bool) -> bool:
        found = signin.known(session_key, now=timezone.now(), introduce=introduce) if session_key else None
        if found:
            request.known = found  # type: ignore[attr-defined]
            request.user = found.user
        return found is not None

    def _session_key(self, request: HttpRequest) -> str | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return request.session.session_key
        session_key = signin.session_of(token.strip())
        request.bearer = True  # type: ignore[attr-defined]
        return session_key
