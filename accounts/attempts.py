"""What is written down of tries to sign in: numbers for the alert, events for whoever looks into one account."""

from datetime import datetime
from functools import partial

from django.db import transaction
from prometheus_client import Counter

from accounts import events, limits
from accounts.events import Kind
from accounts.limits import Use
from accounts.models import Tenant, User
from accounts.origin import Origin
from accounts.words import Word

tried = Counter("sign_in_attempts_total", "Tries to sign in that were judged", ["method"])
wrong = Counter("sign_in_failures_total", "Tries to sign in that were wrong", ["method"])


class Method(Word):
    PASSWORD = "password"  # noqa: S105 (a word, not a password)
    SECOND_FACTOR = "second_factor"
    CODE = "code"


def passed(method: Method) -> None:
    tried.labels(method).inc()


@transaction.atomic
def failed(
    *, method: Method, tenant: Tenant, user: User | None, use: Use | None, now: datetime, origin: Origin
) -> None:
    """A wrong try; where it was the last one that `use` had, what it counts is locked."""
    tried.labels(method).inc()
    wrong.labels(method).inc()
    record = partial(events.record, tenant_id=tenant.pk, user_id=user.pk if user else None, now=now, origin=origin)
    record(kind=Kind.SIGN_IN_FAILED, detail={"method": method.value})
    if use and (seconds := limits.lock(use)):
        record(kind=Kind.LOCKOUT, detail={"seconds": seconds})
