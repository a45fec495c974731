"""Which web addresses may be opened for somebody else: absolute, plain, and of a machine that everybody can reach."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urljoin, urlsplit

PORTS = {"http": 80, "https": 443}
LONGEST = 2_048
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|\d+)\.?", re.IGNORECASE)
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")


class NotAllowed(ValueError):
    """Such an address is opened for nobody."""


@dataclass(frozen=True)
class Address:
    """One that may be asked for; whether its machine may be reached is known once its name is resolved."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def told(self) -> str:
        """How a report names it: by its host, and a host without a name not at all."""
        last = self.host.rstrip(".").rpartition(".")[2]
        return "an address" if ":" in self.host or _NUMBER.fullmatch(last) else self.host


def parsed(url: str) -> Address:
    if len(url) > LONGEST or _ODD.search(url):
        raise NotAllowed
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode() if ":" not in (parts.hostname or "") else parts.hostname
    except ValueError:  # a port that is none, a bracket that is open, a name that is too long
        raise NotAllowed from None
    if not host or parts.scheme not in PORTS or "@" in parts.netloc or "%" in host:
        raise NotAllowed
    if (port or PORTS[parts.scheme]) not in PORTS.values():
        raise NotAllowed
    path = parts.path or "/"
    target = f"{path}?{parts.query}" if parts.query else path
    if not target.isascii():
        raise NotAllowed
    return Address(parts.scheme, host, port or PORTS[parts.scheme], target)


def onward(of: str, location: str) -> str:
    """Where a redirect leads."""
    try:
        return urljoin(of, location)
    except ValueError:
        raise NotAllowed from None


def public(address: str) -> bool:
    """Reachable from everywhere; an address inside of another one is judged for it."""
    try:
        return _public(ip_address(address))
    except ValueError:
        return False


def _public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and (inside := _inside(address)):
        return _public(inside)
    site_local = isinstance(address, IPv6Address) and address.is_site_local
    return address.is_global and not (address.is_multicast or address.is_reserved or site_local)


def _inside(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64 or address in _COMPATIBLE:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
