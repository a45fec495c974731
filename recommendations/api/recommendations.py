"""A reader's own items: the page, the item, and what they do with it."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import caller
from accounts.api.idempotent import idempotent
from accounts.api.paging import uuid_of
from accounts.api.permissions import Consumer
from recommendations import feed, feedback
from recommendations.api import shapes
from recommendations.feed import RecommendationNotFound
from recommendations.whynot import why_not

ID = OpenApiParameter("recommendation_id", str, OpenApiParameter.PATH)


def _still_told(view: Any, request: Request, kwargs: dict[str, Any]) -> None:
    """A repeated answer about an item that is out of sight is not given."""
    found = feed.told(user=caller(request), today=timezone.now().date())
    found.item(_id(kwargs["recommendation_id"]))


class RecommendationViewSet(viewsets.ViewSet):
    """What is pending, in doubt, taken back or somebody else's is not there."""

    permission_classes = [Consumer]
    lookup_url_kwarg = "recommendation_id"

    @extend_schema(parameters=[shapes.Listing], responses=shapes.FeedOut)
    def list(self, request: Request) -> Response:
        asked = shapes.Listing(data=request.query_params)
        asked.is_valid(raise_exception=True)
        user, now = caller(request), timezone.now()
        found = feed.told(user=user, today=now.date())
        page = found.page(**asked.validated_data)
        return Response(
            {
                "items": feedback.serve(user=user, found=found, items=page.items, now=now),
                "total": page.total,
                "limit": asked.validated_data["limit"],
                "offset": asked.validated_data["offset"],
                "persona": found.persona,
                "as_of": found.as_of,
                "stale": found.stale,
                "consent": found.consent,
            }
        )

    @extend_schema(parameters=[ID], responses=shapes.ItemOut)
    def retrieve(self, request: Request, recommendation_id: str) -> Response:
        user, now = caller(request), timezone.now()
        found = feed.told(user=user, today=now.date())
        asked = [found.item(_id(recommendation_id))]
        shown = feedback.serve(user=user, found=found, items=asked, now=now)
        if not shown:
            raise RecommendationNotFound
        return Response(shown[0])

    @extend_schema(parameters=[shapes.Key], responses=shapes.WhyNotOut, operation_id="recommendations_why_not")
    @action(detail=False, methods=["get"], url_path="why-not")
    def why_not(self, request: Request) -> Response:
        asked = shapes.Key(data=request.query_params)
        asked.is_valid(raise_exception=True)
        told = why_not(user=caller(request), key=asked.validated_data["key"], now=timezone.now())
        return Response(shapes.WhyNotOut(told).data)

    @extend_schema(parameters=[ID], request=None, responses=shapes.SeenOut)
    @action(detail=True, methods=["post"])
    @idempotent(still_visible=_still_told)
    def seen(self, request: Request, recommendation_id: str) -> Response:
        marked = feedback.seen(user=caller(request), item_id=_id(recommendation_id), now=timezone.now())
        return Response(shapes.SeenOut({"recommendation_id": recommendation_id, **vars(marked)}).data)

    @extend_schema(parameters=[ID], request=None, responses=shapes.ClickOut)
    @action(detail=True, methods=["post"])
    @idempotent(still_visible=_still_told)
    def click(self, request: Request, recommendation_id: str) -> Response:
        item = feedback.click(user=caller(request), item_id=_id(recommendation_id), now=timezone.now())
        partner = item.presentation.get("partner") or {}
        shown = {
            "recommendation_id": item.pk,
            "clicked": item.clicked,
            "clicked_at": item.clicked_at,
            "destination_url": partner.get("external_url"),
        }
        return Response(shapes.ClickOut(shown).data)

    @extend_schema(
        parameters=[ID],
        request=shapes.Said,
        responses={201: shapes.FeedbackOut, 200: shapes.FeedbackOut},
        operation_id="recommendations_feedback",
    )
    @action(detail=True, methods=["post"])
    @idempotent(still_visible=_still_told)
    def feedback(self, request: Request, recommendation_id: str) -> Response:
        said = shapes.Said(data=request.data)
        said.is_valid(raise_exception=True)
        given, first = feedback.answer(
            user=caller(request), item_id=_id(recommendation_id), said=said.validated_data, now=timezone.now()
        )
        return Response(shapes.FeedbackOut(given).data, 201 if first else 200)

    @extend_schema(parameters=[ID], responses={204: None}, operation_id="recommendations_feedback_withdraw")
    @feedback.mapping.delete
    @idempotent()
    def withdraw(self, request: Request, recommendation_id: str) -> Response:
        feedback.withdraw(user=caller(request), item_id=_id(recommendation_id))
        return Response(status=204)


def _id(text: str) -> UUID:
    return uuid_of(text, RecommendationNotFound)
