"""What sign-in asks beyond django-allauth: who a session belongs to, strong passwords, staff's second factor."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.headless.tokens.strategies.jwt import internal as tokens
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db.models import F, OuterRef, Subquery
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import methods, origin, rowsecurity
from accounts.models import DEFAULT_TENANT, Tenant, User
from accounts.passwords import CountedPasswords
from accounts.phones import PhoneCodes
from accounts.sessions import SessionStore


@dataclass(frozen=True)
class Known:
    """A caller whose session stands in the database at this moment."""

    user: User
    second_factor: bool

    @property
    def complete(self) -> bool:
        return self.second_factor or not self.user.is_staff


def known(session_key: str, *, now: datetime, introduce: bool) -> Known | None:
    """The person of a session, read in one statement; with `introduce` PostgreSQL learns it by the same read."""
    alive = Session.objects.filter(pk=OuterRef("usersession__session_key"), expire_date__gt=now)
    users = User.objects.filter(usersession__session_key=session_key, is_active=True, tenant__is_active=True).annotate(
        session_data=Subquery(alive.values("session_data")), tenant_slug=F("tenant__slug")
    )
    users = users.filter(session_data__isnull=False)
    user = (rowsecurity.introducing(users) if introduce else users).first()
    if user is None:
        return None
    if introduce:
        rowsecurity.introduced(user)
    session = SessionStore().decode(vars(user)["session_data"])
    if not constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        if introduce:
            rowsecurity.become(rowsecurity.NOBODY)
        return None
    given = session.get("account_authentication_methods") or []
    return Known(user, any(step.get("method") == "mfa" for step in given))


def session_of(access_token: str) -> str | None:
    """The session key inside an access token of ours; None for anything else."""
    payload = tokens.decode_token(access_token, "access")
    return tokens.session_key_from_sid(payload["sid"]) if payload else None


class AccountAdapter(PhoneCodes, CountedPasswords, DefaultAccountAdapter):
    """Sign-up joins the tenant of the request's host; role and level are never taken from a body."""

    def new_user(self, request: HttpRequest) -> User:
        return User(tenant=tenant_of_host(request.get_host().partition(":")[0]))

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return request.path.startswith("/api/auth/")  # consumers sign up in apps; staff are invited

    def is_safe_url(self, url: str) -> bool:
        """A page of this host, or word for word an address of the list; to share a host with one is not enough."""
        return url in settings.OAUTH_CALLBACK_URLS or url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **kwargs: Any) -> None:
        """The library tells the person of every change of a method here; we also write it down."""
        methods.noted(told=template_prefix, user=user, now=timezone.now(), origin=origin.of(self.request))
        super().send_notification_mail(template_prefix, user, *args, **kwargs)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url(settings.LOGIN_REDIRECT_URL)


def tenant_of_host(host: str) -> Tenant:
    named = Tenant.objects.filter(is_active=True, settings__hosts__contains=[host]).first()
    return named or Tenant.objects.get(slug=DEFAULT_TENANT)


class FourKindsOfCharacter:
    """A password has an upper-case and a lower-case letter, a digit and a symbol, and at most 128 characters."""

    kinds = (r"[A-Z]", r"[a-z]", r"[0-9]", r"[^A-Za-z0-9]")

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) > 128:
            raise ValidationError("Use at most 128 characters.", code="password_too_long")
        if not all(re.search(kind, password) for kind in self.kinds):
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self) -> str:
        return "Use an upper-case letter, a lower-case letter, a digit and a symbol."
