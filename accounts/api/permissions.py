"""Who may do what, before it is asked whose object it is."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class Consumer(BasePermission):
    """Only people themselves; staff have their own routes."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_authenticated and request.user.is_consumer)
