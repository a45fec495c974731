"""`@idempotent` on a write of a viewset: the one mechanism of the product, for any endpoint."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import idempotency, rowsecurity
from accounts.api.authentication import acting
from accounts.fingerprints import fingerprint
from accounts.keys import Service
from accounts.models import User

KEPT_HEADERS = ("Location", "ETag", "X-Event-Recorded")
Handler = Callable[..., Response]
Visible = Callable[[Any, Request, dict[str, Any]], None]


def idempotent(
    *, still_visible: Visible | None = None, body: Callable[[Request], Any] | None = None
) -> Callable[[Handler], Callable[..., Response | HttpResponse]]:
    """Answer a repeated key with the first answer's bytes.

    `still_visible(view, request, kwargs)` raises the refusal of its own when the object of a stored answer is out
    of the caller's sight or its consent is gone; `body` gives what a multipart request is compared by.
    """

    def decorate(handler: Handler) -> Callable[..., Response | HttpResponse]:
        @wraps(handler)
        def answer(view: Any, request: Request, **kwargs: Any) -> Response | HttpResponse:
            key = request.headers.get("Idempotency-Key")
            if key is None:
                return handler(view, request, **kwargs)
            who = acting(request)
            if who.tenant_id is None:
                return handler(view, request, **kwargs)  # it names no institution, and is refused there
            scope = idempotency.scope(
                tenant_id=who.tenant_id,
                actor=who.actor,
                route=f"{request.method} {request.path.rstrip('/')}",
                key=key,
            )
            sent = body(request) if body else (request.data or None)
            with _whole_request(_eyes(who)):
                stored = idempotency.claim(scope=scope, fingerprint=fingerprint(sent), now=timezone.now())
                if stored is None:
                    return _first(scope, handler(view, request, **kwargs))
            if still_visible and stored.response_payload:
                still_visible(view, request, kwargs)
            return _again(stored.status or 200, stored.response_payload or "", stored.response_headers)

        return answer

    return decorate


@contextmanager
def _whole_request(eyes: rowsecurity.Viewer) -> Iterator[None]:
    """The request's transaction; an action that otherwise opens short ones runs in one when it has a key."""
    if rowsecurity.viewer() == eyes:
        with transaction.atomic():
            yield
    else:
        with rowsecurity.viewing(eyes):
            yield


def _eyes(who: User | Service) -> rowsecurity.Viewer:
    return rowsecurity.of(who) if isinstance(who, User) else rowsecurity.service(who.tenant_id, who.actor)


def _first(scope: idempotency.Scope, response: Response) -> Response | HttpResponse:
    if not 200 <= response.status_code < 300:
        transaction.set_rollback(True)  # the claim goes with the write, the key stays free
        return response
    payload = "" if response.data is None else JSONRenderer().render(response.data).decode()
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    idempotency.store(scope=scope, status=response.status_code, headers=headers, payload=payload)
    return _bytes(response.status_code, payload, headers)


def _again(status: int, payload: str, headers: dict[str, str]) -> HttpResponse:
    return _bytes(status, payload, {**headers, "Idempotency-Replayed": "true"})


def _bytes(status: int, payload: str, headers: dict[str, str]) -> HttpResponse:
    """Rendered once: the first answer and its replay are the same bytes."""
    content_type = "application/json" if payload else None
    return HttpResponse(payload, status=status, content_type=content_type, headers=headers)
