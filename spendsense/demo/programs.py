"""The programs of one demo: each has a log, ends with the demo, and is missed when it dies."""

import http.client
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from spendsense.devstack import DevstackError, until
from spendsense.devstack.home import PROJECT, cannot_write
from spendsense.devstack.launch import lifeline

STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Child:
    """One program, known to the person by its name and its log."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]

    def check(self) -> None:
        """Raise a sentence when the program has ended."""
        code = self.process.poll()
        if code is not None:
            raise DevstackError(f"{self.name} ended (exit code {code}); what it said is in {self.log}.")


@contextmanager
def child(
    name: str, command: Sequence[str], *, log: Path, output: Path, env: Mapping[str, str], cwd: Path
) -> Iterator[Child]:
    """Run `command` for as long as the block lasts; what it prints goes to `output`, the rest to `log`."""
    try:
        with log.open("ab") as complaints, output.open("ab") as printed:
            complaints.truncate(0)
            printed.truncate(0)
            process = subprocess.Popen(
                [*lifeline(signal.SIGTERM), *command],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=complaints,
                start_new_session=True,  # Ctrl-C is for us: we end our children in order
            )
    except OSError as error:
        raise DevstackError(cannot_write(log, error)) from error
    try:
        yield Child(name, log, process)
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@dataclass(frozen=True)
class Programs:
    """The programs of one demo, each with its log; one that dies ends the demo with its name."""

    log: Path
    env: Mapping[str, str]
    lives: ExitStack
    running: list[Child] = field(default_factory=list)

    def keep(self, name: str, words: str, **env: str) -> None:
        """Start a Python program that runs until the demo ends."""
        log = self.log / f"{name}.log"
        program = self._python(name, words, log=log, output=log, env={**self.env, **env})
        self.running.append(self.lives.enter_context(program))

    def manage(self, title: str, words: str) -> str:
        """Run one management command as one calm line, and return what it printed."""
        name = words.split()[0]
        log, output = self.log / f"{name}.log", self.log / f"{name}.out"
        with step(title):
            if self._run(words, log, output):
                lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
                said = lines[-1].strip() if lines else "nothing"
                raise DevstackError(f"{title} failed; it said: {said} (all of it is in {log})")
        return output.read_text()

    def wait(self, *, until_ready: str = "", seconds: float = math.inf) -> None:
        """Wait for a URL to answer 200, or for ever, while every program lives."""

        def over() -> bool:
            self.check()
            return bool(until_ready) and _answers(until_ready)

        if not until(over, seconds=seconds, every=0.1):
            raise DevstackError(f"{until_ready} was not ready in {seconds:.0f} s; the logs are in {self.log}.")

    def check(self) -> None:
        for program in self.running:
            program.check()

    def _run(self, words: str, log: Path, output: Path) -> int:
        with self._python(words, f"manage.py {words}", log=log, output=output, env=self.env) as command:

            def over() -> bool:
                self.check()
                return command.process.poll() is not None

            until(over, seconds=math.inf)
            return command.process.wait()

    def _python(
        self, name: str, words: str, *, log: Path, output: Path, env: Mapping[str, str]
    ) -> AbstractContextManager[Child]:
        return child(name, [sys.executable, *words.split()], log=log, output=output, env=env, cwd=PROJECT)


@contextmanager
def step(title: str) -> Iterator[None]:
    print(f"{title} ...", end=" ", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print("stopped", flush=True)
        raise
    print(f"{time.monotonic() - began:.1f} s", flush=True)


def _answers(url: str) -> bool:
    """Asked without urllib, which would ask a proxy that the environment names."""
    address, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", f"/{path}")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
