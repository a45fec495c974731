"""Sessions begin, are renewed and end: the one writer of what stands in the session row about tokens and time."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet

from accounts import events, rowsecurity, tokens
from accounts.models import OpenSession, User
from accounts.origin import NOWHERE, Origin
from accounts.sessionstore import SessionStore

CONSUMER_LIVES = timedelta(days=30)
STAFF_LIVES = timedelta(hours=8)
STAFF_IDLES = timedelta(minutes=30)
RACES = timedelta(seconds=10)  # two requests of one app that refresh at once are no theft
MARKED_EVERY = timedelta(minutes=1)  # a use is not worth a write at each request
NO_ADDRESS = "0.0.0.0"  # noqa: S104 (the unspecified address; a socket file has none)


@transaction.atomic
def begin(
    *, user: User, session_key: str, now: datetime, methods: Sequence[str] = (), origin: Origin = NOWHERE
) -> None:
    """The person has signed in: from here the session lives its time, whatever is refreshed."""
    begun = OpenSession(
        user=user,
        session_id=session_key,
        ip=origin.ip_address or NO_ADDRESS,
        user_agent=origin.user_agent[:200],
        created_at=now,
        last_seen_at=now,
        expires_at=now + (CONSUMER_LIVES if user.is_consumer else STAFF_LIVES),
    )
    OpenSession.objects.bulk_create(
        [begun],
        update_conflicts=True,
        unique_fields=["session"],
        update_fields=["user", "ip", "user_agent", "created_at", "last_seen_at", "expires_at"],
    )
    User.objects.filter(pk=user.pk).update(last_active_at=now)
    events.record(
        kind=events.Kind.SIGN_IN,
        tenant_id=user.tenant_id,
        user_id=user.pk,
        now=now,
        origin=origin,
        detail={"methods": list(methods)},
    )


@transaction.atomic
def issue(*, session_key: str, now: datetime) -> tokens.Pair:
    """The first pair of a session that has just begun."""
    return _replace(OpenSession.objects.select_for_update().get(session_id=session_key), now)


@transaction.atomic
def renew(*, named: tokens.Named, user: User, now: datetime, origin: Origin = NOWHERE) -> tokens.Pair | None:
    """The next pair for the current refresh token; None for one that was used before.

    Used a moment ago, it is the loser of a race. Used longer ago, two hold it and one of them is a thief: the session
    ends for both.
    """
    session = OpenSession.objects.select_for_update().filter(pk=named.session_id, user=user).first()
    if session is None:
        return None
    stored = tokens.fingerprint(named.token_id)
    if stored == session.refresh_token:
        User.objects.filter(pk=user.pk).update(last_active_at=now)
        return _replace(session, now)
    replaced_at = session.replaced.get(stored)
    if replaced_at is None or now - replaced_at >= RACES:
        _end(OpenSession.objects.filter(pk=session.pk))
        events.record(kind=events.Kind.REFRESH_REUSE, tenant_id=user.tenant_id, user_id=user.pk, now=now, origin=origin)
    return None


def _replace(session: OpenSession, now: datetime) -> tokens.Pair:
    pair = tokens.pair(user_id=session.user_id, session_id=session.pk, ends_at=session.expires_at, now=now)
    replaced = {token: at for token, at in session.replaced.items() if now - at < tokens.ACCESS_LIVES}
    if session.refresh_token:
        replaced[session.refresh_token] = now
    session.data = {**session.data, "replaced": {token: at.isoformat() for token, at in replaced.items()}}
    session.refresh_token, session.last_seen_at = pair.stored, now
    session.save(update_fields=["refresh_token", "last_seen_at", "data"])
    return pair


def touch(*, session_id: int, now: datetime) -> None:
    """Mark a use. A row that another request holds is left to that one: nobody waits for a mark."""
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        free = OpenSession.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=session_id)
        OpenSession.objects.filter(pk__in=free.values("pk"), last_seen_at__lt=now).update(last_seen_at=now)


def end(*, session_key: str) -> None:
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        _end(OpenSession.objects.filter(session_id=session_key))


def end_all(*, user: User, except_: str | None = None) -> int:
    """Every session of a person, wherever it is open, but the one with this key; the number that ended."""
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        return _end(OpenSession.objects.filter(user=user).exclude(session_id=except_ or ""))


def _end(sessions: QuerySet[OpenSession]) -> int:
    """The rows go now; what Redis knows of them goes once that is certain, and need not be there to go."""
    ended = list(sessions.select_for_update())
    Session.objects.filter(pk__in=[session.session_id for session in ended]).delete()  # and our rows with them
    transaction.on_commit(partial(_forget, ended))
    return len(ended)


def _forget(ended: Iterable[OpenSession]) -> None:
    cache.delete_many([SessionStore.cache_key_prefix + session.session_id for session in ended])
    alive = [token for session in ended for token in (session.refresh_token, *session.replaced) if token]
    cache.set_many({_hint(token): True for token in alive}, tokens.ACCESS_LIVES.total_seconds())


def _hint(token_id: str) -> str:
    return f"blacklist:token:{token_id}"


def hinted(token_id: str) -> bool:
    """Whether Redis remembers that the session of this access token ended. No is no answer: the row is asked."""
    return bool(cache.get(_hint(token_id)))
