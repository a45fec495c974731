"""A person's own accounts and transactions, consent or not."""

import base64
import binascii
import json
from datetime import date
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Q, QuerySet
from django.db.models.functions import Abs
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import shapes
from accounts.api.authentication import caller
from accounts.api.files import theirs
from accounts.api.opening import opens
from accounts.api.paging import Page, page_of
from accounts.api.permissions import Allowed, Consumer
from accounts.models import Account, Transaction, User

USER_ID = OpenApiParameter("user_id", str, OpenApiParameter.PATH)

DAY = "%Y-%m-%d"  # and never a guess between day and month
CENTS = {"max_digits": 14, "decimal_places": 2}
YES_OR_NO = [("true", "true"), ("false", "false")]


class AccountPage(serializers.Serializer[Any]):
    items = shapes.AccountOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class AccountViewSet(viewsets.ViewSet):
    permission_classes = [Consumer]

    @extend_schema(parameters=[Page], responses=AccountPage)
    def list(self, request: Request) -> Response:
        return _accounts(request, caller(request))


class AccountsOfViewSet(viewsets.ViewSet):
    """The accounts of a consenting person, for the staff of their institution."""

    permission_classes = [Allowed("accounts.open_files")]
    lookup_url_kwarg = "user_id"

    @extend_schema(parameters=[USER_ID, Page], responses=AccountPage, operation_id="operator_users_accounts")
    @action(detail=True, methods=["get"])
    @opens("accounts")
    def accounts(self, request: Request, user_id: str) -> Response:
        return _accounts(request, theirs(request, user_id))


def _accounts(request: Request, user: User) -> Response:
    rows = Account.objects.filter(user=user).select_related("liability").order_by("type", "name", "id")
    return page_of(request, rows, lambda account: shapes.AccountOut(account).data)


class TransactionFilters(django_filters.FilterSet):
    start = django_filters.DateFilter("date", "gte", input_formats=[DAY])
    end = django_filters.DateFilter("date", "lte", input_formats=[DAY])
    category = django_filters.CharFilter(method="in_either_category")
    merchant = django_filters.CharFilter("merchant", "icontains", max_length=255)
    account_id = django_filters.UUIDFilter("account_id")
    min_amount = django_filters.NumberFilter("magnitude", "gte", min_value=0, **CENTS)
    max_amount = django_filters.NumberFilter("magnitude", "lte", min_value=0, **CENTS)
    direction = django_filters.ChoiceFilter(choices=[("in", "in"), ("out", "out")], method="flowing")
    pending = django_filters.TypedChoiceFilter(choices=YES_OR_NO, coerce={"true": True, "false": False}.get)

    def in_either_category(self, rows: QuerySet[Transaction], name: str, value: str) -> QuerySet[Transaction]:
        return rows.filter(Q(category_primary__iexact=value) | Q(category_detailed__iexact=value))

    def flowing(self, rows: QuerySet[Transaction], name: str, value: str) -> QuerySet[Transaction]:
        return rows.filter(amount__gt=0) if value == "in" else rows.filter(amount__lt=0)


class Slice(serializers.Serializer[Any]):
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)
    cursor = serializers.CharField(required=False, max_length=200)

    def validate_cursor(self, text: str) -> tuple[date, UUID]:
        try:
            day, row = json.loads(base64.urlsafe_b64decode(text.encode()))
            return date.fromisoformat(day), UUID(row)
        except (binascii.Error, ValueError, TypeError, AttributeError) as unreadable:
            raise ValidationError("Take the cursor from next_cursor as it stands.", "invalid_cursor") from unreadable


class TransactionPage(serializers.Serializer[Any]):
    items = shapes.TransactionOut(many=True)
    limit = serializers.IntegerField()
    next_cursor = serializers.CharField(allow_null=True)


class TransactionViewSet(viewsets.GenericViewSet[Transaction]):
    """A keyset, so that pages neither repeat nor skip rows while data arrives; there is no total."""

    permission_classes = [Consumer]
    filterset_class = TransactionFilters
    serializer_class = shapes.TransactionOut
    queryset = Transaction.objects.none()

    def get_queryset(self) -> QuerySet[Transaction]:
        return _rows(caller(self.request))

    @extend_schema(parameters=[Slice], responses=TransactionPage)
    def list(self, request: Request) -> Response:
        return self.page(request)

    def page(self, request: Request) -> Response:
        asked = Slice(data=request.query_params)
        asked.is_valid(raise_exception=True)
        rows, limit = self.filter_queryset(self.get_queryset()), asked.validated_data["limit"]
        if after := asked.validated_data.get("cursor"):
            day, row = after
            # The first condition says nothing new: it lets the index begin where the page begins.
            rows = rows.filter(date__lte=day).filter(Q(date__lt=day) | Q(id__lt=row))
        page = list(rows[: limit + 1])
        return Response(
            {
                "items": shapes.TransactionOut(page[:limit], many=True).data,
                "limit": limit,
                "next_cursor": _cursor(page[limit - 1]) if len(page) > limit else None,
            }
        )


class TransactionsOfViewSet(TransactionViewSet):
    """The same of a consenting person, for the staff of their institution."""

    permission_classes = [Allowed("accounts.open_files")]

    def get_queryset(self) -> QuerySet[Transaction]:
        return _rows(theirs(self.request, self.kwargs["user_id"]))

    @extend_schema(parameters=[USER_ID, Slice], responses=TransactionPage, operation_id="operator_users_transactions")
    @opens("transactions")
    def list(self, request: Request, user_id: str) -> Response:
        return self.page(request)


def _rows(user: User) -> QuerySet[Transaction]:
    return Transaction.objects.filter(user=user).annotate(magnitude=Abs("amount")).order_by("-date", "-id")


def _cursor(last: Transaction) -> str:
    return base64.urlsafe_b64encode(json.dumps([last.date.isoformat(), str(last.id)]).encode()).decode()
