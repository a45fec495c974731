"""What staff may do with rules: all of them read, senior operators and admins write."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.roles import Level, Role


class SeniorWrites(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        if not user.is_authenticated or not user.is_staff:
            return False
        return request.method in SAFE_METHODS or user.role == Role.ADMIN or user.level == Level.SENIOR
