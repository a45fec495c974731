"""Sessions in cache and database, read and written with the eyes of sign-in whoever is looking."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.sessions.backends.cached_db import SessionStore as CachedInDatabase

from accounts import rowsecurity
from accounts.models import OpenSession

_Answer = TypeVar("_Answer")


def _as_signin(method: Callable[..., _Answer]) -> Callable[..., _Answer]:
    @wraps(method)
    def seen(*args: Any, **kwargs: Any) -> _Answer:
        if rowsecurity.viewer() == rowsecurity.SIGNIN:
            return method(*args, **kwargs)
        with rowsecurity.viewing(rowsecurity.SIGNIN):
            return method(*args, **kwargs)

    return seen


class SessionStore(CachedInDatabase):
    cache_key_prefix = "session:"

    _get_session_from_db = _as_signin(CachedInDatabase._get_session_from_db)  # type: ignore[attr-defined]
    exists = _as_signin(CachedInDatabase.exists)
    save = _as_signin(CachedInDatabase.save)
    delete = _as_signin(CachedInDatabase.delete)
    clear_expired = classmethod(_as_signin(CachedInDatabase.clear_expired.__func__))  # type: ignore[attr-defined]

    @_as_signin
    def cycle_key(self) -> None:
        """As Django's, but the user-session row goes over to the new key: a changed password signs nobody out here."""
        kept, former = self._session, self.session_key  # type: ignore[attr-defined]
        self.create()
        self._session_cache = kept
        if former:
            OpenSession.objects.filter(session_id=former).update(session_id=self.session_key)
            self.delete(former)
