"""What is counted of the cards API, without an id in any label."""

import re

from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

requests = Counter("cards_api_requests_total", "Requests to the cards API", ["method", "endpoint", "status"])
seconds = Histogram("cards_api_request_duration_seconds", "How long they took", ["method", "endpoint"])
operations = Counter("cards_api_operations_total", "What was done to cards", ["operation", "status"])
events = Counter("card_usage_events_total", "Uses that were kept", ["card_type", "workflow_type"])
use_ms = Histogram("cards_usage_write_duration_ms", "Writing one use", buckets=(5, 10, 25, 50, 100, 250, 500, 1000))

METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
WORKFLOWS = {"recommendation_generation", "operator_preview"}
OPERATIONS = {
    "create": "create",
    "batch": "batch",
    "retrieve_many": "retrieve",
    "partial_update": "patch",
    "destroy": "delete",
    "restore": "restore",
}  # actions of the viewset, as they are counted
_NAMED = re.compile(r"\(\?P<(\w+)>[^)]*\)")


def answered(request: HttpRequest, action: str | None, response: HttpResponse, took: float) -> None:
    method = request.method if request.method in METHODS else "other"
    endpoint = _template(request)
    requests.labels(method, endpoint, response.status_code).inc()
    seconds.labels(method, endpoint).observe(took)
    if "Idempotency-Replayed" in response:
        operations.labels("replay", response.status_code).inc()
    elif action in OPERATIONS:
        operations.labels(OPERATIONS[action], response.status_code).inc()


def deduplicated(times: int) -> None:
    operations.labels("dedup", 201).inc(times)


def used(card_type: str, workflow_type: str | None) -> None:
    events.labels(card_type, workflow_type if workflow_type in WORKFLOWS else "other").inc()


def _template(request: HttpRequest) -> str:
    route = request.resolver_match.route if request.resolver_match else ""
    return "/" + _NAMED.sub(r"{\1}", route).replace("^", "").removesuffix("/?$").removesuffix("\\Z").removesuffix("/?")
