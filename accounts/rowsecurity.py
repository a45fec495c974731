"""Whose eyes: tells PostgreSQL who is looking, for one transaction; without it every table is empty."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import astuple, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import CharField, Func, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat

if TYPE_CHECKING:
    from accounts.models import ApiKey, User

SETTINGS = ("role", "tenant_id", "user_id", "actor", "subject_ref")
_TELL = "SELECT " + ", ".join(
    f"set_config('app.current_{name}', %s, true)" for name in SETTINGS
)  # local to the transaction: nothing survives on a pooled connection


class Context(StrEnum):
    NOBODY = ""
    SIGNIN = "signin"
    CONSUMER = "consumer"
    OPERATOR = "operator"
    SERVICE = "service"
    PIPELINE = "pipeline"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True)
class Viewer:
    """Who is looking. `user_id` is the caller, or in maintenance the one person whose money is in reach."""

    role: Context
    tenant_id: str = ""
    user_id: str = ""
    actor: str = ""
    subject_ref: str = ""


NOBODY = Viewer(Context.NOBODY)
SIGNIN = Viewer(Context.SIGNIN)
MAINTENANCE = Viewer(Context.MAINTENANCE, actor="maintenance")


def of(user: "User") -> Viewer:
    """The context in which a signed-in person's own request runs."""
    role = Context.CONSUMER if user.is_consumer else Context.OPERATOR
    return Viewer(role, str(user.tenant_id), str(user.user_id), user.actor)


def as_subject(user: "User", subject_ref: str) -> Viewer:
    """As the person, who now also sees which staff opened their file."""
    return replace(of(user), subject_ref=subject_ref)


def service(tenant_id: UUID | None, actor: str) -> Viewer:
    return Viewer(Context.SERVICE, str(tenant_id or ""), actor=actor)


def pipeline(tenant_id: UUID | str) -> Viewer:
    return Viewer(Context.PIPELINE, str(tenant_id), actor="pipeline")


def maintenance_of(user_id: UUID | str) -> Viewer:
    """Acts done for one named person: load, export, erasure."""
    return replace(MAINTENANCE, user_id=str(user_id))


_viewer: ContextVar[Viewer] = ContextVar("viewer", default=NOBODY)


def viewer() -> Viewer:
    return _viewer.get()


def become(new: Viewer, using: str = DEFAULT_DB_ALIAS) -> None:
    """Go on as somebody else until the transaction ends."""
    with connections[using].cursor() as cursor:
        cursor.execute(_TELL, astuple(new))
    _viewer.set(new)


@contextmanager
def viewing(new: Viewer, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """One transaction (a savepoint inside another one) seen with these eyes; the former eyes come back."""
    former = _viewer.get()
    nested = connections[using].in_atomic_block
    try:
        with transaction.atomic(using=using):
            _open(new, using, nested)
            yield
            if nested and not connections[using].needs_rollback:
                become(former, using)  # where the savepoint is rolled back, the settings go back with it
    finally:
        _viewer.set(former)


def _open(new: Viewer, using: str, nested: bool) -> None:
    connection = connections[using]
    if nested or connection.connection is None:
        become(new, using)
        return
    # BEGIN and the settings travel together: opening a request costs one round trip.
    with connection.connection.pipeline():
        connection.connection.execute(_TELL, astuple(new))
    _viewer.set(new)


# The read that finds the caller in `users` also tells PostgreSQL that it is the caller: no second round trip.
# The settings are made while the single row is returned; a read that finds nobody changes nothing.
INTRODUCING = f"""
    set_config('app.current_role', CASE users.role WHEN 'user' THEN '{Context.CONSUMER}' ELSE '{Context.OPERATOR}' END,
               true) AS _role,
    set_config('app.current_tenant_id', users.tenant_id::text, true) AS _tenant,
    set_config('app.current_user_id', users.user_id::text, true) AS _user,
    set_config('app.current_actor', 'user:' || users.user_id::text, true) AS _actor
"""


def introduced(user: "User") -> None:
    _viewer.set(of(user))


def opening(people: QuerySet["User"]) -> QuerySet["User"]:
    """The read that finds the person whose file staff open tells PostgreSQL whose it is.

    It widens nothing: what is asked of each row while many are read is then asked once a statement for this person's.
    """
    return people.annotate(_opened=_set("person", Cast("user_id", CharField())))


def introducing_service(keys: QuerySet["ApiKey"]) -> QuerySet["ApiKey"]:
    """As `INTRODUCING`, for the key of a service; a key of the platform names no institution."""
    return keys.annotate(
        _role=_set("role", Value(Context.SERVICE)),
        _tenant=_set("tenant_id", Coalesce(Cast("tenant_id", CharField()), Value(""))),
        _actor=_set("actor", Concat(Value("key:"), Cast("pk", CharField()))),
    )


def introduced_service(tenant_id: UUID | None, actor: str) -> None:
    _viewer.set(service(tenant_id, actor))


def _set(name: str, value: Any) -> Func:
    return Func(Value(f"app.current_{name}"), value, Value(True), function="set_config", output_field=CharField())
