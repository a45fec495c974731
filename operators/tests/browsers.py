"""How staff sit before the console in a real browser: the site served, a page of a browser of its own, a sign-in."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

PASSWORD = "Look-around-2026!"
ADA = "ada@example.test"


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """The product writes its own line."""


@contextmanager
def serving() -> Iterator[str]:
    with ThreadedWSGIServer(("127.0.0.1", 0), Quiet) as server:
        server.set_app(get_wsgi_application())
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


Opening = Callable[..., tuple[Any, list[str]]]


def opening(chromium: Any, site: str) -> Opening:
    """A page in a browser of its own, and the list of what its console complained about."""

    def open_page(**options: Any) -> tuple[Any, list[str]]:
        page = chromium.new_context(base_url=site, **options).new_page()
        complaints: list[str] = []
        page.on(
            "console",
            lambda said: complaints.append(f"{page.url}: {said.text}") if said.type == "error" else None,
        )
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        return page, complaints

    return open_page


def give_password(page: Any, email: str = ADA) -> None:
    page.goto("/admin/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def sign_in(page: Any, secret: str, email: str = ADA) -> None:
    give_password(page, email)
    page.get_by_label("Code").fill(code(secret))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Overview").wait_for()
