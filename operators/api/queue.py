"""The queue over HTTP: its items, who holds which, its numbers, and acts on many of them."""

from typing import Any
from uuid import uuid4

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import origin
from accounts.api.authentication import caller
from accounts.api.idempotent import idempotent
from accounts.api.permissions import Allowed
from operators import bulk, generating, queue, workload
from operators.api import reviewshapes as shapes
from operators.bulk import Deed
from operators.wanted import Sort, Standing, Wanted

SEES = "operators.see_queue"
DOES = {"bulk": bulk.PERMISSION, "generate": generating.PERMISSION}


def _staff(request: Request) -> dict[str, Any]:
    """Who acts, when, and from where."""
    return {"by": caller(request), "now": timezone.now(), "origin": origin.of(request._request)}


class QueueViewSet(viewsets.ViewSet):
    """One bad id never fails the others."""

    def get_permissions(self) -> list[BasePermission]:
        return [Allowed(DOES.get(self.action, SEES))()]

    @extend_schema(parameters=[shapes.Listing], responses=shapes.QueuePage, operation_id="operator_recommendations")
    def list(self, request: Request) -> Response:
        sent = shapes.Listing(data=request.query_params)
        sent.is_valid(raise_exception=True)
        asked = dict(sent.validated_data)
        limit, offset, order = asked.pop("limit"), asked.pop("offset"), asked.pop("order")
        asked |= {"status": Standing(asked["status"]), "sort": Sort(asked["sort"]), "descending": order == "desc"}
        found = queue.page(by=caller(request), asked=Wanted(**asked), now=timezone.now(), limit=limit, offset=offset)
        shown = {"items": found.items, "total": found.total, "limit": limit, "offset": offset}
        return Response(shapes.QueuePage(shown).data)

    @extend_schema(request=shapes.Many, responses=shapes.ManyOut, operation_id="operator_recommendations_bulk")
    @action(detail=False, methods=["post"])
    @idempotent()
    def bulk(self, request: Request) -> Response:
        sent = shapes.Many(data=request.data)
        sent.is_valid(raise_exception=True)
        deed = Deed(sent.validated_data["action"])
        done = bulk.do(
            deed=deed,
            item_ids=sent.validated_data["recommendation_ids"],
            said=sent.validated_data["reason" if deed is Deed.REJECT else "notes"],
            batch_id=uuid4(),
            **_staff(request),
        )
        return Response(
            shapes.ManyOut(
                {
                    "action": done.deed,
                    "batch_id": done.batch_id,
                    "total": done.total,
                    "succeeded": len(done.succeeded),
                    "failed": len(done.failed),
                    "succeeded_ids": done.succeeded,
                    "failed_items": [
                        {"recommendation_id": one.asked, "code": one.code, "detail": one.detail} for one in done.failed
                    ],
                }
            ).data
        )

    @extend_schema(
        request=shapes.People, responses=shapes.ConsideredOut, operation_id="operator_recommendations_generate"
    )
    @action(detail=False, methods=["post"])
    @idempotent()
    def generate(self, request: Request) -> Response:
        sent = shapes.People(data=request.data)
        sent.is_valid(raise_exception=True)
        found = generating.generate(user_ids=sent.validated_data["user_ids"], **_staff(request))
        failed = sum(bool(one.error) for one in found)
        results = [vars(one) | {"error": one.error or None} for one in found]
        told = {"total": len(found), "succeeded": len(found) - failed, "failed": failed, "results": results}
        return Response(shapes.ConsideredOut(told).data)


class DeskViewSet(viewsets.ViewSet):
    """What a page of the queue asks for every few seconds."""

    permission_classes = (Allowed(SEES),)

    @extend_schema(responses=shapes.ClaimsOut, operation_id="operator_claims")
    @action(detail=False, methods=["get"])
    def claims(self, request: Request) -> Response:
        held = queue.holds(by=caller(request), now=timezone.now())
        return Response(shapes.ClaimsOut({"items": held, "total": len(held)}).data)

    @extend_schema(responses=shapes.StatsOut, operation_id="operator_stats")
    @action(detail=False, methods=["get"])
    def stats(self, request: Request) -> Response:
        return Response(shapes.StatsOut(workload.stats(by=caller(request), now=timezone.now())).data)
