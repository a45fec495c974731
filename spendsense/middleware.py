"""One transaction a request, in which PostgreSQL is told who is looking."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from prometheus_client import Counter

from accounts import keys, limits, origin, rowsecurity, sessions, signin, tokens
from accounts.limits import Scope
from accounts.refusals import Refused
from accounts.tokens import Named
from spendsense import problems

authorised = Counter("authorisations_total", "Requests to our routes, by whether the caller was let in", ["outcome"])
Respond = Callable[[HttpRequest], HttpResponse]

SIGN_IN_ROUTES = ("/api/auth/", "/signin/")
OF_PEOPLE = (*SIGN_IN_ROUTES, "/admin")  # where a service has no business
OWN_LIMIT = (  # these count for themselves, in accounts.passwords, phones and api.guesses
    "/auth/login",
    "/auth/reauthenticate",
    "/auth/signup",
    "/auth/code/request",
    "/auth/code/confirm",
    "/auth/phone/verify",
    "/auth/2fa/authenticate",
    "/auth/2fa/reauthenticate",
    "/account/phone",
    "/account/password/change",
)
FAILURES_BEFORE_A_CHALLENGE = 3
FORMER = "/v1/persona"
SUCCESSOR = '</v1/person>; rel="successor-version"'
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
    """What every answer says of itself: what a browser may load, how much of the limit is left, what came after."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Content-Security-Policy"] = POLICY
        if left := getattr(request, "rate", None):
            response["X-RateLimit-Limit"] = str(left.limit)
            response["X-RateLimit-Remaining"] = str(left.remaining)
            response["X-RateLimit-Reset"] = str(left.reset)
        if request.path == FORMER or request.path.startswith(f"{FORMER}/"):
            response["Deprecation"], response["Link"] = "true", SUCCESSOR
        if settings.CHALLENGE_VERIFIER and getattr(request, "failures", 0) >= FAILURES_BEFORE_A_CHALLENGE:
            response["X-Challenge-Required"] = "true"
        if request.path.startswith("/api/") and not request.path.startswith("/api/auth/"):
            authorised.labels("refused" if response.status_code in (401, 403) else "admitted").inc()
        return response


class LibraryRoutes:
    """What DRF does for our routes, for the library's: the general limit, and a refusal in the one envelope."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        if not request.path.startswith("/api/auth/") or request.path.endswith(OWN_LIMIT):
            return None
        user = request.user
        try:
            request.rate = limits.admit(  # type: ignore[attr-defined]
                limits.Use(Scope.API, str(user.pk))
                if user.is_authenticated
                else limits.by_address(Scope.API, origin.client_address(request))
            )
        except limits.Limited as refused:
            return problems.refused(request, refused)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return problems.refused(request, exception) if isinstance(exception, Refused) else None


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
    """Finds out who is calling, by bearer token, session cookie or key, and goes on as that person or service."""

    def process_request(  # type: ignore[override]
        self, request: HttpRequest
    ) -> HttpResponse | None:
        request.known = request.service = None  # type: ignore[attr-defined]
        request.bearer = False  # type: ignore[attr-defined]
        request.user = AnonymousUser()
        if request.path.startswith(NO_DATABASE):
            return None
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "api-key":
            return self._serve(request, secret.strip())
        presented = self._presented(request)
        if rowsecurity.viewer() != rowsecurity.SIGNIN:  # the view opens its own transactions
            with rowsecurity.viewing(rowsecurity.SIGNIN):
                self._remember(request, presented, introduce=False)
        elif request.path.startswith(SIGN_IN_ROUTES):
            self._remember(request, presented, introduce=False)
        elif not self._remember(request, presented, introduce=True):
            rowsecurity.become(rowsecurity.NOBODY)
        return None

    def _serve(self, request: HttpRequest, secret: str) -> HttpResponse | None:
        """Goes on as the service of a key; nothing of a person's session counts beside it."""
        request.bearer = True  # type: ignore[attr-defined]
        if rowsecurity.viewer() != rowsecurity.SIGNIN:  # the view opens its own transactions
            with rowsecurity.viewing(rowsecurity.SIGNIN):
                service = keys.known(secret, now=timezone.now(), introduce=False)
        else:
            service = keys.known(secret, now=timezone.now(), introduce=True)
            if service is None:
                rowsecurity.become(rowsecurity.NOBODY)
        request.service = service  # type: ignore[attr-defined]
        if request.path.startswith(OF_PEOPLE):
            return problems.respond(problems.NOT_ALLOWED if service else problems.TOKEN_INVALID, request)
        return None

    def _remember(self, request: HttpRequest, presented: str | Named | None, *, introduce: bool) -> bool:
        now = timezone.now()
        found = signin.known(presented, now=now, introduce=introduce) if presented else None
        if found is None:
            if isinstance(presented, str) and SESSION_KEY in request.session:
                request.session.flush()  # a browser whose session ended signs in with a new one
            return False
        if now - found.seen_at >= sessions.MARKED_EVERY:
            sessions.touch(session_id=found.session_id, now=now)
        request.known = found  # type: ignore[attr-defined]
        request.user = found.user
        return True

    def _presented(self, request: HttpRequest) -> str | Named | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return request.session.session_key
        request.bearer = True  # type: ignore[attr-defined]
        named = tokens.read(token.strip(), tokens.Use.ACCESS, now=timezone.now())
        return named if named and not sessions.hinted(named.token_id) else None
