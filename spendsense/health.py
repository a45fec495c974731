"""Whether the process lives, whether the product can serve, and its numbers for those who may see them."""

import os
from collections.abc import Callable
from functools import cache
from ipaddress import ip_address

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess

from accounts import origin
from accounts import parts as depended_on
from accounts.models.access import Scope
from spendsense import problems

SERVICE = "spendsense"


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    return JsonResponse(
        {
            "status": "healthy",
            "service": SERVICE,
            "version": settings.VERSION,
            "environment": settings.ENVIRONMENT,
        }
    )


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """503 only where nothing can be served; without cache, broker or storage the rest still is."""
    parts = {
        "database": _state(_database, DatabaseError),
        "migrations": _state(_migrations, DatabaseError, good="applied", bad="unapplied"),
        **depended_on.states(),
    }
    away = [name for name, state in parts.items() if state in ("away", "unapplied")]
    fatal = [name for name in away if name in ("database", "migrations")]
    answer: dict[str, object] = {"status": "ready", "service": SERVICE, **parts}
    if fatal:
        answer |= {"status": "not_ready", "reason": fatal[0]}
    elif away:
        answer["degraded"] = away
    return JsonResponse(answer, status=503 if fatal else 200)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for the scrape network, for admins and for services whose key may read it."""
    if not (_of_scrape_network(request) or _of_admin(request) or _of_service(request)):
        return problems.respond(_refusal(request), request)
    registry: CollectorRegistry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _of_scrape_network(request: HttpRequest) -> bool:
    address = origin.client_address(request)
    return bool(address) and any(ip_address(address) in network for network in settings.METRICS_NETWORKS)


def _of_admin(request: HttpRequest) -> bool:
    known = getattr(request, "known", None)
    return bool(known and known.complete and known.user.has_perm("accounts.see_metrics"))


def _of_service(request: HttpRequest) -> bool:
    service = getattr(request, "service", None)
    return bool(service and Scope.METRICS_READ in service.scopes)


def _refusal(request: HttpRequest) -> problems.Problem:
    known = getattr(request, "known", None)
    if known and not known.complete:
        return problems.SECOND_FACTOR
    if known or getattr(request, "service", None):
        return problems.NOT_ALLOWED
    return problems.TOKEN_INVALID if getattr(request, "bearer", False) else problems.SIGN_IN_FIRST


def _state(probe: Callable[[], None], *away: type[Exception], good: str = "connected", bad: str = "away") -> str:
    try:
        probe()
    except _Unapplied:
        return bad
    except away:
        return "away"
    return good


class _Unapplied(Exception):
    pass


def _database() -> None:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT 1")


def _migrations() -> None:
    _applied()


@cache  # migrations are never taken back under a running process; a failure raises and is not kept
def _applied() -> None:
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _Unapplied
