"""What an app holds: the library's token strategy over our sessions and tokens."""

from typing import Any

from allauth.core import context
from allauth.headless.internal import sessionkit
from allauth.headless.tokens.strategies.base import AbstractTokenStrategy
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.utils import timezone

from accounts import origin, sessions, signin, tokens


class TokenStrategy(AbstractTokenStrategy):
    """A session token opens the library's routes while signing in; the pair opens everything else."""

    def get_session_token(self, request: HttpRequest) -> str | None:
        if given := super().get_session_token(request):
            return str(given)
        found = request.known if request.bearer else None  # type: ignore[attr-defined]
        return found.session_key if found else None

    def create_session_token(self, request: HttpRequest) -> str:
        if not request.session.session_key:
            request.session.save()
        return str(request.session.session_key)

    def lookup_session(self, session_token: str) -> SessionBase | None:
        """A session in which somebody signed in counts only while its row stands; the cache may not know yet."""
        session = sessionkit.lookup_session(session_token)
        if session is None or SESSION_KEY not in session:
            return session
        return session if signin.known(session_token, now=timezone.now(), introduce=False) else None

    def create_access_token_payload(self, request: HttpRequest) -> dict[str, Any]:
        pair = sessions.issue(session_key=str(request.session.session_key), now=timezone.now())
        return {"access_token": pair.access, "refresh_token": pair.refresh}

    def refresh_token(self, refresh_token: str) -> tuple[str, str] | None:
        now = timezone.now()
        named = tokens.read(refresh_token, tokens.Use.REFRESH, now=now)
        found = signin.known(named, now=now, introduce=False) if named else None
        if named is None or found is None:
            return None
        pair = sessions.renew(named=named, user=found.user, now=now, origin=origin.of(context.request))
        return (pair.access, pair.refresh) if pair else None
