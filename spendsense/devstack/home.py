"""Where the embedded services live: their directories, their private sockets, and the locks on them."""

import errno
import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

LONGEST_SOCKET_PATH = 107  # sun_path on Linux holds 108 bytes, the last of them zero
LONGEST_SOCKET_NAME = ".s.PGSQL.5432.lock"
PROJECT = Path(__file__).resolve().parents[2]


class DevstackError(Exception):
    """One sentence for the person at the terminal: what was wrong, where, what to do."""


@dataclass(frozen=True)
class Home:
    """A directory that holds one PostgreSQL cluster, one Valkey and what they write."""

    path: Path

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Home":
        return cls(Path(environ.get("SPENDSENSE_HOME") or PROJECT / ".spendsense").absolute())

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def pgdata(self) -> Path:
        return self.path / "pgdata"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def sockets(self) -> Path:
        """`run/`, or a short directory named after this home where a socket cannot be made in there."""
        name = f"spendsense-{hashlib.sha256(os.fsencode(self.path)).hexdigest()[:12]}"
        shortest = Path("/tmp") / name  # noqa: S108 - made 0700, and refused unless it is ours alone
        candidates = (self.run, Path(tempfile.gettempdir()) / name)
        return next((path for path in candidates if _can_hold_sockets(path)), shortest)

    def make(self) -> None:
        """Create what is missing; a socket directory that somebody else could have prepared is refused."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for directory in (self.run, self.log, self.valkey, self.sockets):
                directory.mkdir(mode=0o700, exist_ok=True)
            self._probe()
        except OSError as error:
            raise DevstackError(cannot_write(self.path, error)) from error
        if self.sockets != self.run:
            self._refuse_a_prepared_one(self.sockets)

    def _refuse_a_prepared_one(self, sockets: Path) -> None:
        ours = {os.geteuid(), *([self.pgdata.stat().st_uid] if self.pgdata.exists() else ())}
        if sockets.is_symlink() or sockets.stat().st_uid not in ours or sockets.stat().st_mode & 0o077:
            raise DevstackError(
                f"{sockets} would hold the private sockets but is not ours alone: remove it, "
                "or set SPENDSENSE_HOME to a directory with a shorter path."
            )

    def _probe(self) -> None:
        """Write a block before any service does: a full disk is told here, not by a server half-way."""
        probe = self.run / "probe"
        try:
            probe.write_bytes(b"\0" * 65536)
        finally:
            probe.unlink(missing_ok=True)


def _can_hold_sockets(directory: Path) -> bool:
    comma = b"," in os.fsencode(directory)  # separates hosts, for PostgreSQL, in the best quoted address
    return not comma and len(os.fsencode(directory / LONGEST_SOCKET_NAME)) <= LONGEST_SOCKET_PATH


def cannot_write(path: Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f"The disk that holds {path} is full: free some space or set SPENDSENSE_HOME to another disk."
    reason = os.strerror(error.errno) if error.errno else str(error)
    return f"Cannot write to {path} ({reason}): set SPENDSENSE_HOME to a directory you may write to."


@contextmanager
def locked(path: Path, *, seconds: float, busy: str) -> Iterator[int]:
    """Hold `path` against every other process, waiting at most `seconds`; `busy` says why not, with {pid}."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DevstackError(cannot_write(path, error)) from error
    try:
        if not until(lambda: _try_lock(descriptor), seconds=seconds):
            pid = os.pread(descriptor, 20, 0).decode().strip() or "unknown"
            raise DevstackError(busy.format(pid=pid))
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def is_locked(path: Path) -> bool:
    """Whether any process still holds `path`: the kernel forgets the dead, a pid file does not."""
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDWR)
        try:
            # Shared, so that two who ask at the same time do not take each other for the holder.
            return not _try_lock(descriptor, fcntl.LOCK_SH)
        finally:
            os.close(descriptor)
    return False


def _try_lock(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def until(condition: Callable[[], bool], *, seconds: float, every: float = 0.02) -> bool:
    """Whether `condition` came true in time; it is asked at once and then at short intervals."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
