"""The embedded PostgreSQL and Valkey of `demo` and `test`: start what is missing, stop what was started."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from .given import check_given
from .home import DevstackError, Home, is_locked, locked, until
from .postgres import Postgres
from .valkey import Valkey

__all__ = [
    "DevstackError",
    "Home",
    "Stack",
    "down",
    "locked",
    "running",
    "status",
    "throwaway_home",
    "until",
    "up",
]

BUSY = "Another process ({pid}) is starting or stopping the services of this home: wait for it, then try again."


@dataclass(frozen=True)
class Stack:
    """The services of a home as they stand after `up`: what children need to know, and what we started."""

    home: Home
    environment: dict[str, str]
    started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def stop(self) -> None:
        """Stop what this stack started and nothing else."""
        ours = [name for name, process in self.started.items() if process.poll() is None]
        if ours:
            with locked(self.home.path / "lock", seconds=120, busy=BUSY):
                _stop(self.home, *ours)
        for process in self.started.values():
            process.wait()


def up(home: Home, environ: Mapping[str, str], *, throwaway: bool = False, bound: bool = False) -> Stack:
    """Start what `environ` does not already give; `bound` services end when this process dies."""
    check_given(environ)
    services = _wanted(home, environ)
    if not services:
        return Stack(home, {})
    home.make()
    environment: dict[str, str] = {}
    started: dict[str, subprocess.Popen[bytes]] = {}
    with locked(home.path / "lock", seconds=120, busy=BUSY):
        try:
            for name, service in services.items():
                process = service.start(environ, throwaway=throwaway, bound=bound)
                environment |= service.environment()
                if process is not None:
                    started[name] = process
        except BaseException:
            _stop(home, *started)
            raise
    return Stack(home, environment, started)


def down(home: Home) -> None:
    """Stop the services of this home, whoever started them."""
    if home.run.is_dir():
        with locked(home.path / "lock", seconds=120, busy=BUSY):
            _stop(home, "postgres", "valkey")


def status(home: Home) -> dict[str, int | None]:
    """The process number of each service, or None where it does not run."""
    services: dict[str, Postgres | Valkey] = {"postgres": Postgres(home), "valkey": Valkey(home)}
    return {name: service.pid() if service.server.lives() else None for name, service in services.items()}


@contextmanager
def running(home: Home, environ: Mapping[str, str], *, throwaway: bool = False) -> Iterator[Stack]:
    """The services for as long as the block runs; what served before it serves after it."""
    stack = up(home, environ, throwaway=throwaway, bound=True)
    try:
        yield stack
    finally:
        stack.stop()


@contextmanager
def throwaway_home() -> Iterator[Home]:
    """A home for one run. One that a killed run left behind is cleared away by the next."""
    _sweep()
    path = Path(tempfile.mkdtemp(prefix="spendsense-new-"))
    with locked(path / "owner", seconds=0, busy=BUSY):
        # Renamed when its lock is held, so that no sweep can meet a home which only looks abandoned.
        home = Home(path.rename(path.with_name(path.name.replace("-new-", "-throwaway-"))))
        try:
            yield home
        finally:
            _discard(home)


def _sweep() -> None:
    for path in Path(tempfile.gettempdir()).glob("spendsense-throwaway-*"):
        with suppress(OSError):
            if path.lstat().st_uid == os.geteuid() and not path.is_symlink() and not is_locked(path / "owner"):
                _discard(Home(path))


def _discard(home: Home) -> None:
    down(home)
    if home.sockets != home.run:
        shutil.rmtree(home.sockets, ignore_errors=True)
    shutil.rmtree(home.path, ignore_errors=True)


def _wanted(home: Home, environ: Mapping[str, str]) -> dict[str, Postgres | Valkey]:
    services: dict[str, Postgres | Valkey] = {}
    if not (environ.get("DATABASE_URL") or environ.get("DATABASE_SECRET")):
        services["postgres"] = Postgres(home)
    if not environ.get("REDIS_URL"):
        services["valkey"] = Valkey(home)
    return services


def _stop(home: Home, *names: str) -> None:
    if "valkey" in names:
        Valkey(home).stop()
    if "postgres" in names:
        Postgres(home).stop()
