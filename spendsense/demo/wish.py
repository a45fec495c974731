"""What the person asked the demo for, and what it refuses before it starts anything."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass

from spendsense.devstack import DevstackError

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Wish:
    """What the person asked for by environment variables."""

    port: int
    users: int
    once: bool

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Wish":
        if environ.get("SPENDSENSE_ENV", "demo") != "demo":
            raise DevstackError(
                f"SPENDSENSE_ENV is {environ['SPENDSENSE_ENV']} here, and the demo writes invented people "
                "into its database: unset it to run the demo."
            )
        if environ.get("DATABASE_SECRET"):
            raise DevstackError("DATABASE_SECRET names a production database: unset it to run the demo.")
        if environ.get("DATABASE_URL") and not environ.get("DATABASE_OWNER_URL"):
            raise DevstackError(
                "DATABASE_URL is set without DATABASE_OWNER_URL: set that too, to the role that owns the "
                "database and migrates it, or unset both to use the embedded PostgreSQL."
            )
        port, users = _number(environ, "PORT", 8000), _number(environ, "DEMO_USERS", 300)
        if not 0 < port < 65536:
            raise DevstackError(f"PORT is {port}: set it to a number from 1 to 65535.")
        return cls(port, users, environ.get("DEMO_ONCE") == "1")


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit()):
        raise DevstackError(f"{name} is {text!r}: set it to a whole number, such as {default}.")
    return int(text)


def refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DevstackError(
                f"Port {port} of {HOST} cannot be used ({error.strerror}): stop what uses it, or set PORT."
            ) from error
