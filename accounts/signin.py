"""What sign-in asks beyond django-allauth: who a session belongs to, strong passwords, staff's second factor."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY as METHODS
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme

from accounts import events, methods, origin, rowsecurity, sessions
from accounts.models import DEFAULT_TENANT, Tenant, User
from accounts.passwords import CountedPasswords
from accounts.phones import PhoneCodes
from accounts.roles import Role
from accounts.sessionstore import SessionStore
from accounts.tokens import Named


@dataclass(frozen=True)
class Known:
    """A caller whose session stands in the database at this moment."""

    user: User
    second_factor: bool
    session_id: int
    session_key: str
    seen_at: datetime
    proven_at: datetime  # when they last gave a password, a code or a key

    @property
    def complete(self) -> bool:
        return self.second_factor or not self.user.is_staff


# Sessions that still live, of people who may still come in; staff also used theirs within half an hour. It is asked at
# every request, and building it from fields would take half of what the request costs us.
OPEN = f"""
    SELECT users.*, tenants.slug AS tenant_slug, opened.id AS session_id, opened.session_key,
           opened.created_at AS begun_at, opened.last_seen_at AS seen_at, django_session.session_data{{introducing}}
      FROM usersessions_usersession opened
      JOIN users USING (user_id)
      JOIN tenants ON tenants.id = users.tenant_id
      JOIN django_session ON django_session.session_key = opened.session_key
     WHERE {{presented}} AND users.is_active AND tenants.is_active AND opened.expires_at > %(now)s
       AND django_session.expire_date > %(now)s
       AND (users.role = '{Role.USER}' OR opened.last_seen_at > %(now)s - %(idle)s)
"""
BY_KEY, BY_TOKEN = "opened.session_key = %(key)s", "opened.id = %(session)s AND opened.user_id = %(user)s"


def known(presented: str | Named, *, now: datetime, introduce: bool) -> Known | None:
    """The person of a session key or an access token, read in one statement with the session's row.

    With `introduce` PostgreSQL learns who it is by the same read.
    """
    values: dict[str, object] = {"now": now, "idle": sessions.STAFF_IDLES}
    if isinstance(presented, Named):
        values |= {"user": presented.user_id, "session": presented.session_id}
    else:
        values["key"] = presented
    query = OPEN.format(
        presented=BY_TOKEN if isinstance(presented, Named) else BY_KEY,
        introducing=f", {rowsecurity.INTRODUCING}" if introduce else "",
    )
    user = next(iter(User.objects.raw(query, values)), None)
    if user is None:
        return None
    if introduce:
        rowsecurity.introduced(user)
    row = vars(user)
    session = SessionStore().decode(row["session_data"])
    if not constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        if introduce:
            rowsecurity.become(rowsecurity.NOBODY)
        return None
    given = session.get(METHODS) or []
    return Known(
        user,
        second_factor=any(step.get("method") == "mfa" for step in given),
        session_id=row["session_id"],
        session_key=row["session_key"],
        seen_at=row["seen_at"],
        proven_at=max([row["begun_at"], *(datetime.fromtimestamp(step["at"], UTC) for step in given if "at" in step)]),
    )


def freshly_proven(known: Known, *, now: datetime, within: timedelta = timedelta(minutes=10)) -> bool:
    """Whether the caller signed in, or proved again who they are, so recently that it may not be another by now."""
    return now - known.proven_at < within


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

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        given = request.session.get(METHODS) or []
        sessions.begin(
            user=user,
            session_key=str(request.session.session_key),
            now=timezone.now(),
            methods=[step["method"] for step in given],
            origin=origin.of(request),
        )

    def logout(self, request: HttpRequest) -> None:
        sessions.end(session_key=request.session.session_key or "")
        super().logout(request)

    def set_password(self, user: User, password: str) -> None:
        """A change and a reset alike: whoever else holds a session of this person is out."""
        super().set_password(user, password)
        sessions.end_all(user=user, except_=self.request.session.session_key)
        events.record(
            kind=events.Kind.PASSWORD_CHANGE,
            tenant_id=user.tenant_id,
            user_id=user.pk,
            now=timezone.now(),
            origin=origin.of(self.request),
        )

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url(settings.LOGIN_REDIRECT_URL)


class SessionsAdapter(DefaultUserSessionsAdapter):
    """Sessions that a person ends from the list of their own."""

    def end_sessions(self, ended: Iterable[UserSession]) -> None:
        for session in ended:
            sessions.end(session_key=session.session_key)


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
