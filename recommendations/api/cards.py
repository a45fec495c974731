"""The cards API: content of an institution, written by staff and services, read by them, never by consumers."""

import time
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from accounts import limits, origin
from accounts.api.authentication import SignedIn, acting
from accounts.api.idempotent import idempotent
from accounts.api.ifmatch import expected
from accounts.api.paging import Page, uuid_of
from accounts.api.permissions import Allowed, HasScope
from accounts.keys import Scope as KeyScope
from accounts.limits import Scope, Use
from recommendations import cards, inventory, uses
from recommendations.api import cardmetrics, cardqueries
from recommendations.api import cardshapes as shapes
from recommendations.api.tenancy import NamedByHeader, agreed, tenant_of
from recommendations.cards import InvalidCard
from recommendations.fields import Flaw, Flawed
from recommendations.models import Card
from recommendations.models.cards import CardType
from recommendations.uses import CardNotFound

READS = Allowed("recommendations.see_cards") | HasScope(KeyScope.CARDS_READ) | HasScope(KeyScope.CARDS_WRITE)
WRITES = Allowed("recommendations.write_cards") | HasScope(KeyScope.CARDS_WRITE)
USES = Allowed("recommendations.see_cards") | HasScope(KeyScope.CARDS_WRITE)
MAY = {
    **dict.fromkeys(["create", "batch", "partial_update", "destroy", "restore"], WRITES),
    "use": USES,
}  # everything else is a read
LIMITS = {
    **dict.fromkeys(["create", "partial_update", "destroy", "restore"], Scope.CARDS_WRITE),
    "batch": Scope.CARDS_BATCH,
    "retrieve_many": Scope.CARDS_RETRIEVE,
    "use": Scope.CARDS_USAGE,
}  # everything else is in the group of reads

ID = OpenApiParameter("card_id", OpenApiTypes.UUID, OpenApiParameter.PATH)
DAYS = [OpenApiParameter("from", OpenApiTypes.DATE), OpenApiParameter("to", OpenApiTypes.DATE)]
OUR_TENANT = OpenApiParameter("X-Tenant-ID", OpenApiTypes.UUID, OpenApiParameter.HEADER)
IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description='`"<version>"`')
SESSION = OpenApiParameter("X-Session-ID", str, OpenApiParameter.HEADER)


class GroupLimit(BaseThrottle):
    """So many a minute for each institution and group of routes; without Redis everybody is admitted."""

    def allow_request(self, request: Request, view: Any) -> bool:
        use = Use(LIMITS.get(view.action, Scope.CARDS_READ), str(view.tenant_id))
        request._request.rate = limits.admit(use)  # type: ignore[attr-defined]
        return True


def _still_there(view: "CardViewSet", request: Request, named: dict[str, Any]) -> None:
    cards.find(tenant_id=view.tenant_id, card_id=_id(named["card_id"]))


class CardViewSet(viewsets.GenericViewSet[Card]):
    authentication_classes = [SignedIn, NamedByHeader]
    throttle_classes = [GroupLimit]
    serializer_class = shapes.CardOut
    queryset = Card.objects.none()
    filter_backends = []
    lookup_url_kwarg = "card_id"
    tenant_id: UUID
    began = 0.0

    # -- around every action

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        self.began = time.perf_counter()
        return super().initialize_request(request, *args, **kwargs)

    def get_permissions(self) -> list[Any]:
        return [MAY.get(self.action, READS)()]

    def check_permissions(self, request: Request) -> None:
        """First whether this caller may, then for whom it speaks."""
        super().check_permissions(request)
        self.tenant_id = tenant_of(request)
        if request.method not in SAFE_METHODS:
            agreed(request.data, self.tenant_id)

    def handle_exception(self, exc: Exception) -> Response:
        return super().handle_exception(InvalidCard.of(exc.flaws) if isinstance(exc, Flawed) else exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        answer = super().finalize_response(request, response, *args, **kwargs)
        took = time.perf_counter() - self.began
        answer["X-Execution-Time-Ms"] = str(round(took * 1000))
        if request.method not in SAFE_METHODS and self.action != "retrieve_many":
            answer["X-Idempotency-Cache"] = "HIT" if "Idempotency-Replayed" in answer else "MISS"
        cardmetrics.answered(request._request, self.action, answer, took)
        return answer

    # -- cards

    @extend_schema(
        parameters=[
            OUR_TENANT,
            OpenApiParameter("card_type", str, enum=CardType.values()),
            OpenApiParameter("is_active", bool, default=True),
            OpenApiParameter("source_session_id", OpenApiTypes.UUID),
            OpenApiParameter("tag", str, many=True, description="All of them must stand."),
            OpenApiParameter("q", str, description="Stands in title, description or content."),
            OpenApiParameter("page", int, default=1),
            OpenApiParameter("page_size", int, default=20),
        ],
        responses=shapes.CardList,
    )
    def list(self, request: Request) -> Response:
        asked = cardqueries.listing(request.query_params)
        page, size = asked.pop("page"), asked.pop("page_size")
        rows = inventory.found(tenant_id=self.tenant_id, **asked)
        shown = shapes.CardOut(rows[(page - 1) * size : page * size], many=True).data
        return Response({"cards": shown, "total": rows.count(), "page": page, "page_size": size})

    @extend_schema(parameters=[OUR_TENANT], request=shapes.CreateCard, responses={201: shapes.CardOut})
    @idempotent()
    def create(self, request: Request) -> Response:
        card = cards.create(item=request.data, **self._asked(request))
        return self._card(card, 201, Location=f"/api/v1/cards/{card.pk}")

    @extend_schema(parameters=[OUR_TENANT], request=shapes.CardBatch, responses={201: shapes.CardBatchOut})
    @action(detail=False, methods=["post"])
    @idempotent()
    def batch(self, request: Request) -> Response:
        body = request.data
        if not isinstance(body, dict) or ("cards" in body) == ("company_snapshot" in body):
            raise Flawed([Flaw("body", "EITHER_OR", "Send either cards or company_snapshot.")])
        if "cards" in body:
            result = cards.create_batch(items=cardqueries.items(body), **self._asked(request))
        else:
            result = cards.create_snapshot(body=body, **self._asked(request))
        cardmetrics.deduplicated(result.deduplicated)
        shown = shapes.CardOut(result.cards, many=True).data
        told = {"cards": shown, "created_count": result.created, "deduplicated_count": result.deduplicated}
        return Response(told, 201)

    @extend_schema(
        parameters=[OUR_TENANT],
        request=shapes.CardRetrieval,
        responses=shapes.RetrievedCards,
        operation_id="v1_cards_retrieve_many",
    )
    @action(detail=False, methods=["post"], url_path="retrieve")
    def retrieve_many(self, request: Request) -> Response:
        asked = cardqueries.asked_for(request.data)
        known = inventory.named(tenant_id=self.tenant_id, card_ids=asked)
        missing = [card_id for card_id in asked if card_id not in known]
        found = [known[card_id] for card_id in asked if card_id in known]
        told = {
            "cards": shapes.CardOut(found, many=True).data,
            "total": len(found),
            "page": 1,
            "page_size": len(asked),
            "missing_ids": missing,
        }
        return Response(told, headers={"X-Partial-Result": "true" if missing else "false"})

    @extend_schema(parameters=[ID, OUR_TENANT], responses=shapes.CardOut)
    def retrieve(self, request: Request, card_id: str) -> Response:
        return self._card(cards.find(tenant_id=self.tenant_id, card_id=_id(card_id)))

    @extend_schema(parameters=[ID, OUR_TENANT, IF_MATCH], request=shapes.CardChange, responses=shapes.CardOut)
    @idempotent(still_visible=_still_there)
    def partial_update(self, request: Request, card_id: str) -> Response:
        known, versions = _id(card_id), expected(request)
        return self._card(cards.change(card_id=known, fields=request.data, expected=versions, **self._asked(request)))

    @extend_schema(parameters=[ID, OUR_TENANT, IF_MATCH], responses={204: None})
    @idempotent()
    def destroy(self, request: Request, card_id: str) -> Response:
        cards.remove(card_id=_id(card_id), expected=expected(request), **self._asked(request))
        return Response(status=204)

    @extend_schema(parameters=[ID, OUR_TENANT], request=None, responses=shapes.CardOut)
    @action(detail=True, methods=["post"])
    @idempotent(still_visible=_still_there)
    def restore(self, request: Request, card_id: str) -> Response:
        return self._card(cards.restore(card_id=_id(card_id), **self._asked(request)))

    # -- versions

    @extend_schema(parameters=[ID, OUR_TENANT, Page], responses=shapes.CardVersionPage)
    @action(detail=True, methods=["get"])
    def versions(self, request: Request, card_id: str) -> Response:
        rows = inventory.versions(tenant_id=self.tenant_id, card_id=_id(card_id))
        return self._page(request, rows, shapes.CardVersionOut)

    @extend_schema(
        parameters=[ID, OUR_TENANT, OpenApiParameter("version", int, OpenApiParameter.PATH)],
        responses=shapes.CardVersionOut,
        operation_id="v1_cards_version",
    )
    @action(detail=True, methods=["get"], url_path=r"versions/(?P<version>[^/.]+)")
    def version(self, request: Request, card_id: str, version: str) -> Response:
        known = _id(card_id)
        if not (version.isascii() and version.isdecimal() and len(version) < 10):
            raise CardNotFound("This version of the card was not found.")
        return Response(
            shapes.CardVersionOut(inventory.version(tenant_id=self.tenant_id, card_id=known, version=int(version))).data
        )

    # -- use

    @extend_schema(
        parameters=[ID, OUR_TENANT, *DAYS, Page], responses=shapes.CardUsePage, operation_id="v1_cards_usage"
    )
    @action(detail=True, methods=["get"], url_path="usage")
    def uses(self, request: Request, card_id: str) -> Response:
        since, until = cardqueries.days(request.query_params)
        rows = inventory.uses(tenant_id=self.tenant_id, card_id=_id(card_id), since=since, until=until)
        return self._page(request, rows, shapes.CardUseOut)

    @extend_schema(
        parameters=[ID, OUR_TENANT, SESSION],
        request=shapes.NewCardUse,
        responses=shapes.UsedCard,
        operation_id="v1_cards_use",
    )
    @uses.mapping.post
    @idempotent(still_visible=_still_there)
    def use(self, request: Request, card_id: str) -> Response:
        known = _id(card_id)
        said = cardqueries.use(request.data, request.headers.get("X-Session-ID"))
        began = time.perf_counter()
        counted = uses.use(
            tenant_id=self.tenant_id,
            card_id=known,
            now=timezone.now(),
            trace_id=origin.of(request._request).request_id,
            **said,
        )
        cardmetrics.use_ms.observe((time.perf_counter() - began) * 1000)
        if counted.recorded:
            cardmetrics.used(counted.card_type, said["workflow_type"])
        told = {
            "card_id": known,
            "usage_count": counted.usage_count,
            "unique_usage_count": counted.unique_usage_count,
            "last_used_at": counted.last_used_at,
            "event_recorded": counted.recorded,
        }
        return Response(told, headers={"X-Event-Recorded": "true" if counted.recorded else "false"})

    @extend_schema(
        parameters=[OUR_TENANT, *DAYS, OpenApiParameter("group_by", str, enum=[*inventory.GROUPS])],
        responses=shapes.CardUseSummary,
        operation_id="v1_cards_usage_summary",
    )
    @action(detail=False, methods=["get"], url_path="usage/summary")
    def summary(self, request: Request) -> Response:
        asked = cardqueries.summary(request.query_params, timezone.now().date())
        return Response(inventory.summary(tenant_id=self.tenant_id, **asked))

    # -- inside

    def _asked(self, request: Request) -> dict[str, Any]:
        """Whose act it is, when, and from where."""
        return {
            "tenant_id": self.tenant_id,
            "by": acting(request).actor,
            "now": timezone.now(),
            "origin": origin.of(request._request),
        }

    def _card(self, card: Card, status: int = 200, **headers: str) -> Response:
        return Response(shapes.CardOut(card).data, status, headers={"ETag": f'"{card.version}"', **headers})

    def _page(self, request: Request, rows: QuerySet[Any], show: Any) -> Response:
        limit, offset = cardqueries.paged(request.query_params)
        items = show(rows[offset : offset + limit], many=True).data
        return Response({"items": items, "total": rows.count(), "limit": limit, "offset": offset})


def _id(text: str) -> UUID:
    return uuid_of(text, CardNotFound)
