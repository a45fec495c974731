"""`@idempotent` on a write of a viewset: the one mechanism of the product, for any endpoint."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import idempotency, rowsecurity
from accounts.api.authentication import acting, eyes
from accounts.fingerprints import fingerprint
from accounts.keys import Service
from accounts.models import StoredAnswer, User

KEPT_HEADERS = ("Location", "ETag", "X-Event-Recorded")
Answer = Response | HttpResponse
Visible = Callable[[Any, Request, dict[str, Any]], None]


def idempotent(
    *,
    still_visible: Visible | None = None,
    body: Callable[[Request], Any] | None = None,
    waits: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Answer]]:
    """Answer a repeated key with the first answer's bytes.

    `still_visible(view, request, kwargs)` raises the refusal of its own when the object of a stored answer is out
    of the caller's sight or its consent is gone; `body` gives what a multipart request is compared by. An action that
    `waits` for an outside system is given `once`, in which it writes when the waiting is over.
    """

    def decorate(handler: Callable[..., Any]) -> Callable[..., Answer]:
        @wraps(handler)
        def answer(view: Any, request: Request, **kwargs: Any) -> Answer:
            if not waits and "Idempotency-Key" not in request.headers:
                return handler(view, request, **kwargs)
            who = acting(request)

            def again(stored: StoredAnswer) -> HttpResponse:
                if still_visible and stored.response_payload:
                    with _whole_request(eyes(who)) if waits else nullcontext():
                        still_visible(view, request, kwargs)
                headers = {**stored.response_headers, "Idempotency-Replayed": "true"}
                return _bytes(stored.status or 200, stored.response_payload or "", headers)

            once = Once(eyes(who), _keyed(request, who, body), again)
            if not waits:
                return once(lambda: handler(view, request, **kwargs))
            known = once.known()
            return again(known) if known else handler(view, request, once=once, **kwargs)

        return answer

    return decorate


@dataclass(frozen=True)
class Keyed:
    """A request under a key, and what it is compared by."""

    scope: idempotency.Scope
    fingerprint: str


@dataclass(frozen=True)
class Once:
    """The one transaction in which a keyed request writes, with the caller's eyes."""

    eyes: rowsecurity.Viewer
    keyed: Keyed | None
    again: Callable[[StoredAnswer], HttpResponse]

    def known(self) -> StoredAnswer | None:
        """What was answered already, asked before there is anything to write."""
        if self.keyed is None:
            return None
        with _whole_request(self.eyes):
            return idempotency.stored(**vars(self.keyed), now=timezone.now())

    def __call__(self, write: Callable[[], Response]) -> Answer:
        with _whole_request(self.eyes):
            if self.keyed is None:
                return write()
            stored = idempotency.claim(**vars(self.keyed), now=timezone.now())
            if stored is None:
                return _first(self.keyed.scope, write())
        return self.again(stored)


def _keyed(request: Request, who: User | Service, body: Callable[[Request], Any] | None) -> Keyed | None:
    key = request.headers.get("Idempotency-Key")
    if key is None or who.tenant_id is None:  # a caller who names no institution is refused there
        return None
    scope = idempotency.scope(
        tenant_id=who.tenant_id, actor=who.actor, route=f"{request.method} {request.path.rstrip('/')}", key=key
    )
    return Keyed(scope, fingerprint(body(request) if body else (request.data or None)))


@contextmanager
def _whole_request(eyes: rowsecurity.Viewer) -> Iterator[None]:
    """The request's transaction; an action that otherwise opens short ones runs in one when it has a key."""
    if rowsecurity.viewer() == eyes:
        with transaction.atomic():
            yield
    else:
        with rowsecurity.viewing(eyes):
            yield


def _first(scope: idempotency.Scope, response: Response) -> Answer:
    if not 200 <= response.status_code < 300:
        transaction.set_rollback(True)  # the claim goes with the write, the key stays free
        return response
    payload = "" if response.data is None else JSONRenderer().render(response.data).decode()
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    idempotency.store(scope=scope, status=response.status_code, headers=headers, payload=payload)
    return _bytes(response.status_code, payload, headers)


def _bytes(status: int, payload: str, headers: dict[str, str]) -> HttpResponse:
    """Rendered once: the first answer and its replay are the same bytes."""
    content_type = "application/json" if payload else None
    return HttpResponse(payload, status=status, content_type=content_type, headers=headers)
