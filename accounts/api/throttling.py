"""The general limit of the API: a count an hour per caller in Redis; without Redis everybody is admitted."""

from typing import TYPE_CHECKING, cast

from django.conf import settings
from django_redis import get_redis_connection
from prometheus_client import Counter
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.origin import client_address

if TYPE_CHECKING:  # the view module reads this class from the settings while it is being imported
    from rest_framework.views import APIView

HOUR = 3600
unavailable = Counter("rate_limiter_unavailable_total", "Requests admitted because the limiter was away")


class GeneralLimit(BaseThrottle):
    def allow_request(self, request: Request, view: "APIView") -> bool:
        who = request.user.user_id if request.user.is_authenticated else client_address(request._request)
        limit = settings.API_REQUESTS_PER_HOUR
        try:
            count, self.left = spend(f"{settings.CACHE_PREFIX}ratelimit:api:{who}", HOUR)
        except RedisError:
            unavailable.inc()
            return True
        request._request.rate = (limit, max(0, limit - count), self.left)  # type: ignore[attr-defined]
        return count <= limit

    def wait(self) -> float:
        return self.left


def spend(key: str, seconds: int) -> tuple[int, int]:
    """One more use of a key, and the seconds until its window ends; one round trip."""
    pipe = get_redis_connection("default").pipeline()
    pipe.set(key, 0, ex=seconds, nx=True).incr(key).ttl(key)
    _, count, left = pipe.execute()
    return cast(int, count), max(1, cast(int, left))
