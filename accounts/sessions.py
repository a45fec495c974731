"""Sessions in cache and database, read and written with the eyes of sign-in whoever is looking."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.sessions.backends.cached_db import SessionStore as CachedInDatabase

from accounts import rowsecurity

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
