"""How a test signs in through the real routes, from an address of its choice."""

from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from rest_framework.test import APIClient

from accounts import people, rowsecurity
from accounts.models import SecurityEvent, User
from accounts.tests import factories


class QuickArgon2(Argon2PasswordHasher):
    """The hash of the product with the least work, and how often it was asked for."""

    time_cost, memory_cost, parallelism = 1, 8, 1
    hashed = 0

    def encode(self, password: str, salt: str) -> str:
        QuickArgon2.hashed += 1
        return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        QuickArgon2.hashed += 1
        return super().verify(password, encoded)


APP = "/api/auth/app/v1"
PASSWORD = "Long-enough-2026!"
WRONG = "Wrong-password-1!"


def enrol(email: str, password: str | None = PASSWORD, **fields: Any) -> User:
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        tenant = factories.TenantFactory(slug=fields.pop("slug", "default"))
        user = people.enrol(tenant=tenant, email=email, password=password)
        User.objects.filter(pk=user.pk).update(**fields)
        user.refresh_from_db()
    return user


def post(route: str, sent: dict[str, Any], address: str = "192.0.2.1", session: str | None = None) -> Any:
    headers = {"X-Session-Token": session} if session else {}
    client = APIClient(raise_request_exception=False, REMOTE_ADDR=address)
    return client.post(f"{APP}/{route}", sent, format="json", headers=headers)


def login(email: str, password: str = WRONG, address: str = "192.0.2.1") -> Any:
    return post("auth/login", {"email": email, "password": password}, address)


def session_of(answer: Any) -> str:
    return answer.json()["meta"]["session_token"]


def events() -> list[tuple[str, Any, dict[str, Any]]]:
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(SecurityEvent.objects.order_by("at").values_list("kind", "user_id", "detail"))
