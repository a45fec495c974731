"""Who calls the API in a test: a real session row and a real token, without the minutes of hashing."""

from datetime import datetime
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY as METHODS
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import rowsecurity, sessions
from accounts.models import User
from accounts.sessionstore import SessionStore
from accounts.tokens import Pair


def session_for(user: User, *, second_factor: bool | None = None, now: datetime | None = None) -> SessionStore:
    """A signed-in session; staff gave their second factor unless told otherwise."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    with_factor = user.is_staff if second_factor is None else second_factor
    session[METHODS] = [{"method": "mfa" if with_factor else "password"}]
    session.save()
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        sessions.begin(user=user, session_key=session.session_key, now=now or timezone.now())
    return session


def pair_for(user: User, **session: Any) -> Pair:
    """The tokens of an app in which somebody has just signed in."""
    opened = session_for(user, **session)
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        return sessions.issue(session_key=opened.session_key, now=session.get("now") or timezone.now())


def client_of(user: User | None = None, *, second_factor: bool | None = None, **kwargs: Any) -> APIClient:
    client = APIClient(raise_request_exception=False, **kwargs)
    if user:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair_for(user, second_factor=second_factor).access}")
    return client
