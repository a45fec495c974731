"""How a service process starts and ends: as whom, in whose life, and how it is known to be alive."""

import errno
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .home import DevstackError, Home, cannot_write, is_locked, locked, until

START_SECONDS = 120.0  # crash recovery replays the log since the last checkpoint before it answers
STOP_SECONDS = 30.0
NO_SPACE = "No space left on device"


@dataclass(frozen=True)
class Identity:
    """As whom a server runs: the words before its command, and the user its files must belong to."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None


@cache
def unprivileged() -> Identity:
    """PostgreSQL refuses root and the nameless: they lend it a mapped user, and files keep their owner.

    Containers often forbid new user namespaces; there the server runs as the account `nobody`, and its
    data directory is given to that account.
    """
    if os.geteuid() != 0 and _has_a_name(os.geteuid()):
        return Identity()
    mapped = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
    if _works(mapped):
        return Identity(mapped)
    if os.geteuid() != 0:
        return Identity()  # initdb says what it misses
    with suppress(KeyError):
        nobody = pwd.getpwnam("nobody")
        switch = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
        if _works(switch):
            return Identity(switch, nobody.pw_uid)
    raise DevstackError(
        "PostgreSQL does not run as root, and neither unshare nor setpriv may lend it another user: "
        "start this as an ordinary user, or set DATABASE_URL to a server that runs already."
    )


@cache
def lifeline(stop: signal.Signals) -> tuple[str, ...]:
    """Words before a command that make the kernel send it `stop` when its parent dies, where that exists."""
    words = ("setpriv", "--pdeathsig", stop.name.removeprefix("SIG"), "--")
    return words if _works(words) else ()


def works_in(pid: int, directory: Path) -> bool:
    """Whether `pid` is a process of `directory` still: its number may belong to somebody else by now."""
    if not Path("/proc/self/cwd").exists():
        return True  # no way to ask here
    with suppress(OSError):
        return Path(f"/proc/{pid}/cwd").samefile(directory)
    return False


def _has_a_name(uid: int) -> bool:
    try:
        return bool(pwd.getpwuid(uid).pw_name)
    except KeyError:
        return False


def _works(prefix: Sequence[str]) -> bool:
    return shutil.which(prefix[0]) is not None and not subprocess.run([*prefix, "true"], capture_output=True).returncode


def why_not_started(name: str, home: Home, said: str, log: Path | None = None) -> str:
    if NO_SPACE in said:
        return cannot_write(home.path, OSError(errno.ENOSPC, NO_SPACE))
    where = f" (all of it is in {log})" if log else ""
    return f"{name} could not start in {home.path}; it said: {said}{where}"


@dataclass(frozen=True)
class Server:
    """One server of a home. It inherits a lock that the kernel holds until its last process is gone."""

    home: Home
    name: str

    @property
    def lock(self) -> Path:
        return self.home.run / f"{self.name}.lock"

    @property
    def log(self) -> Path:
        return self.home.log / f"{self.name}.log"

    def lives(self) -> bool:
        return is_locked(self.lock)

    def start(
        self, command: Sequence[str], *, ready: Callable[[], bool], env: dict[str, str]
    ) -> subprocess.Popen[bytes]:
        """Start `command` and return when it is ready to serve."""
        busy = f"{self.name} of {self.home.path} is still ending: try again in a moment."
        with locked(self.lock, seconds=STOP_SECONDS, busy=busy) as alive:
            try:
                with self.log.open("wb") as log:
                    process = subprocess.Popen(
                        command,
                        env=env,
                        cwd=self.home.path,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,  # Ctrl-C is for us: we end our servers in order
                        pass_fds=(alive,),
                    )
            except OSError as error:
                raise DevstackError(cannot_write(self.log, error)) from error
        try:
            answered = until(lambda: process.poll() is not None or ready(), seconds=START_SECONDS)
        except BaseException:
            self._abandon(process)
            raise
        if process.poll() is not None or not answered:
            self._abandon(process)
            raise DevstackError(self._why())
        return process

    def _abandon(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()

    def _why(self) -> str:
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        telling = [line for line in lines if any(sign in line for sign in ("FATAL", "PANIC", NO_SPACE))]
        return why_not_started(self.name, self.home, (telling or lines or ["nothing"])[-1], self.log)

    def stop(self, pid: int | None, *signals: signal.Signals) -> None:
        """End the server with the first of `signals` it obeys."""
        for number in signals:
            if pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            if until(lambda: not self.lives(), seconds=STOP_SECONDS):
                return
        raise DevstackError(f"{self.name} of {self.home.path} (process {pid}) does not stop: end it by hand.")
