"""`@opens` on a read of a viewset: staff who were shown one person's data leave a row about it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from accounts import access, origin
from accounts.api.authentication import caller

Answer = TypeVar("Answer", bound=HttpResponse)


def opened(request: Request, whom: UUID, section: str, **about: Any) -> None:
    access.opened(
        by=caller(request), whom=whom, section=section, now=timezone.now(), origin=origin.of(request._request), **about
    )


def opens(section: str) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """The person is the `user_id` of the path. A refusal showed nothing and leaves none."""

    def decorate(handler: Callable[..., Answer]) -> Callable[..., Answer]:
        @wraps(handler)
        def answer(view: Any, request: Request, **named: Any) -> Answer:
            response = handler(view, request, **named)
            if not caller(request).is_consumer:
                opened(request, UUID(named["user_id"]), section)
            return response

        return answer

    return decorate
