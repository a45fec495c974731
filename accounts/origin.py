"""Where a request came from: its address, its program, and the id to follow it by."""

from dataclasses import dataclass
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


@dataclass(frozen=True)
class Origin:
    ip_address: str | None = None
    user_agent: str = ""
    request_id: str = ""


NOWHERE = Origin()  # commands, and acts that nobody outside asked for


def of(request: HttpRequest) -> Origin:
    return Origin(
        client_address(request) or None,
        request.headers.get("User-Agent", "").replace("\x00", "")[:255],
        getattr(request, "request_id", ""),
    )


def client_address(request: HttpRequest) -> str:
    """The caller's address, counted back over the proxies we trust; a free header is never believed."""
    proxies = settings.TRUSTED_PROXIES
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    counted = hops[-proxies] if proxies and len(hops) >= proxies else str(request.META["REMOTE_ADDR"])
    try:
        return str(ip_address(counted))
    except ValueError:  # a socket file has no address, and a careless proxy may forward a word
        return ""
