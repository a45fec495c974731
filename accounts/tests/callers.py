"""Who calls the API in a test: a real session row and a real token, without the minutes of hashing."""

from typing import Any

from allauth.headless.tokens.strategies.jwt.internal import create_access_token
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from rest_framework.test import APIClient

from accounts import rowsecurity
from accounts.models import User
from accounts.sessions import SessionStore


def session_for(user: User, *, second_factor: bool | None = None) -> SessionStore:
    """A signed-in session; staff gave their second factor unless told otherwise."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    with_factor = user.is_staff if second_factor is None else second_factor
    session["account_authentication_methods"] = [{"method": "mfa" if with_factor else "password"}]
    session.save()
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        UserSession.objects.create(user=user, session_key=session.session_key, ip="127.0.0.1", user_agent="test")
    return session


def client_of(user: User | None = None, *, second_factor: bool | None = None, **kwargs: Any) -> APIClient:
    client = APIClient(raise_request_exception=False, **kwargs)
    if user:
        token = create_access_token(user, session_for(user, second_factor=second_factor), {})
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client
