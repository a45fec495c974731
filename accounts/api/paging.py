"""Lists as the whole API gives them: items, the true total, limit and offset."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.refusals import NotThere

FARTHEST = 2**31 - 1  # beyond what any list holds, and within what PostgreSQL counts


class Page(serializers.Serializer[Any]):
    limit = serializers.IntegerField(min_value=1, max_value=100, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=FARTHEST, default=0)


def page_of(request: Request, rows: QuerySet[Any], show: Callable[[Any], Any], page: type[Page] = Page) -> Response:
    asked = page(data=request.query_params)
    asked.is_valid(raise_exception=True)
    limit, offset = asked.validated_data["limit"], asked.validated_data["offset"]
    items = [show(row) for row in rows[offset : offset + limit]]
    return Response({"items": items, "total": rows.count(), "limit": limit, "offset": offset})


def uuid_of(text: str, otherwise: type[NotThere]) -> UUID:
    """An id from a path; a malformed one is as unknown as any other."""
    try:
        return UUID(text)
    except ValueError:
        raise otherwise from None
