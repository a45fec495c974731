"""How an item came about: its trace with its moves, and the trace made again."""

import time
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import caller
from accounts.api.idempotent import idempotent
from accounts.api.opening import opened
from accounts.api.permissions import Allowed
from accounts.audit import Action
from operators import tracebook
from operators.api import decisionshapes as shapes
from operators.api.decisions import ID, SEES, item_id, still_there
from recommendations import traces


class TraceViewSet(viewsets.ViewSet):
    permission_classes = [Allowed(SEES)]
    lookup_url_kwarg = "id"

    @extend_schema(parameters=[ID], responses=shapes.TraceOut)
    @action(detail=True, methods=["get"])
    def trace(self, request: Request, id: str) -> Response:
        kept = tracebook.kept(item_id=item_id(id))
        told = {"trace": kept.trace, "moves": shapes.MoveOut(kept.moves, many=True).data}
        self._shown(request, kept.item.user_id, kept.item.pk)
        return Response(told)

    @extend_schema(
        parameters=[ID], request=None, responses=shapes.ReplayOut, operation_id="operator_recommendations_replay"
    )
    @action(detail=True, methods=["post"], url_path="trace/replay")
    @idempotent(still_visible=still_there)
    def replay(self, request: Request, id: str) -> Response:
        begun = time.perf_counter()
        kept = tracebook.kept(item_id=item_id(id))
        (again,) = traces.replay(recommendation_ids=[kept.item.pk], tenant_id=caller(request).tenant_id)
        took = round((time.perf_counter() - begun) * 1000)
        self._shown(request, kept.item.user_id, kept.item.pk)
        return Response(shapes.ReplayOut(vars(again) | {"duration_ms": took}).data)

    def _shown(self, request: Request, whom: UUID, item: UUID) -> None:
        opened(request, whom, "trace", action=Action.VIEW_TRACE, recommendation_id=item)
