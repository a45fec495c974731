"""The wire to web pages that a caller names: off unless opened, and never to a machine that only we can reach."""

import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Timer

from django.conf import settings

from accounts.refusals import Unacceptable, Unavailable
from personas.portraits import pages
from personas.portraits.addresses import PORTS, Address, NotAllowed, onward, parsed, public

MOST_URLS, MOST_REDIRECTS = 10, 3
SECONDS_IN_ALL = 10.0
PAGE_BYTES = 1 << 20
KINDS = ("text/html", "text/plain")


class UrlFetchDisabled(Unacceptable):
    code = "URL_FETCH_DISABLED"
    sentence = "Pages are not fetched here. Send their text."


class UrlNotAllowed(Unacceptable):
    sentence = "Use 1 to 10 absolute http or https addresses, on port 80 or 443, without a name or password."


class UrlFetchFailed(Unavailable):
    code = "URL_FETCH_FAILED"
    sentence = "None of the pages could be read."


class Unread(Exception):
    """Why one page is not read, in a word."""


@dataclass(frozen=True)
class Page:
    host: str
    text: str = ""
    reason: str | None = None


def fetch(urls: Sequence[str], *, limit: int) -> str:
    """What the pages say, under their hosts, and which could not be read; outside of any transaction."""
    if not settings.PERSON_URL_FETCH:
        raise UrlFetchDisabled
    if not 1 <= len(urls) <= MOST_URLS:
        raise UrlNotAllowed
    try:
        addresses = [parsed(url) for url in urls]
    except NotAllowed:
        raise UrlNotAllowed from None
    read = _all(list(zip(urls, addresses, strict=True)))
    if all(page.reason for page in read):
        raise UrlFetchFailed(pages=[{"host": page.host, "reason": page.reason} for page in read])
    failed = [f"Not read: {page.host} ({page.reason})" for page in read if page.reason]
    said = [f"From {page.host}:\n{page.text}" for page in read if not page.reason]
    return "\n\n".join([*failed, *said])[:limit]


def _all(asked: Sequence[tuple[str, Address]]) -> list[Page]:
    """At once; a name server may be waited for by nobody but its thread."""
    until = time.monotonic() + SECONDS_IN_ALL
    pool = ThreadPoolExecutor(len(asked), thread_name_prefix="fetching")
    waiting = [pool.submit(_page, url, address, until) for url, address in asked]
    read = []
    for (_, address), future in zip(asked, waiting, strict=True):
        try:
            read.append(future.result(max(until - time.monotonic(), 0)))
        except TimeoutError:
            read.append(Page(address.told, reason="too_slow"))
    pool.shutdown(wait=False, cancel_futures=True)
    return read


def _page(url: str, first: Address, until: float) -> Page:
    try:
        text = _followed(url, first, until)
        return Page(first.told, text) if time.monotonic() < until else Page(first.told, reason="too_slow")
    except Unread as unread:
        return Page(first.told, reason=str(unread))
    except NotAllowed:
        return Page(first.told, reason="address_not_allowed")
    except TimeoutError:
        return Page(first.told, reason="too_slow")
    except (OSError, HTTPException, ValueError):
        return Page(first.told, reason="too_slow" if time.monotonic() >= until else "unreachable")


def _followed(url: str, address: Address, until: float) -> str:
    for _ in range(1 + MOST_REDIRECTS):
        with _answered(address, until) as answer:
            if answer.status in (301, 302, 303, 307, 308):
                url = onward(url, answer.headers.get("Location") or "")
                address = parsed(url)
                continue
            return _text(answer)
    raise Unread("too_many_redirects")


@contextmanager
def _answered(address: Address, until: float) -> Iterator[HTTPResponse]:
    """Connected to the address that was judged, under the name that was asked for, for no longer than is left."""
    judged = _resolved(address)
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    with socket.create_connection((judged, address.port), timeout=left) as plain, plain.dup() as line:
        # A limit of the socket's begins anew with every byte.
        watch = Timer(max(until - time.monotonic(), 0), _hung_up, [line])
        watch.daemon = True
        connection = HTTPConnection(address.host, address.port)
        try:
            watch.start()
            connection.sock = _spoken_to(plain, address)
            connection.request("GET", address.target, headers=_headers(address))
            yield connection.getresponse()
        finally:
            watch.cancel()
            connection.close()


def _resolved(address: Address) -> str:
    """Once, and all that the name stands for must be public: the next one might be what we connect to."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unread("unreachable") from None
    judged = [str(one[4][0]) for one in found]
    if not judged or not all(map(public, judged)):
        raise NotAllowed
    return judged[0]


def _spoken_to(plain: socket.socket, address: Address) -> socket.socket:
    if address.scheme == "http":
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=address.host)


def _headers(address: Address) -> dict[str, str]:
    host = f"[{address.host}]" if ":" in address.host else address.host
    return {
        "Host": host if address.port == PORTS[address.scheme] else f"{host}:{address.port}",
        "User-Agent": f"SpendSense/{settings.VERSION}",
        "Accept": ", ".join(KINDS),
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def _text(answer: HTTPResponse) -> str:
    if answer.status != 200:
        raise Unread(f"answered_{answer.status}")
    headers: Message[str, str] = answer.headers
    if headers.get_content_type() not in KINDS or headers.get("Content-Encoding", "identity") != "identity":
        raise Unread("not_text")
    body = answer.read(PAGE_BYTES + 1)
    if len(body) > PAGE_BYTES:
        raise Unread("too_large")
    text = pages.decoded(body, headers.get_content_charset())
    said = pages.read(text) if headers.get_content_type() == "text/html" else pages.cleaned(text)
    if not said:
        raise Unread("no_text")
    return said


def _hung_up(line: socket.socket) -> None:
    with suppress(OSError):  # it has ended by itself
        line.shutdown(socket.SHUT_RDWR)
